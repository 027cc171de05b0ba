//! Maintains a table's trigger: creates it and makes it fire in every session, or drops it where
//! the table has nothing to watch.

use super::catalog::{Firing, Functions, LEFT_OUT, Trigger, execute};
use super::{fed_columns, judge};
use crate::error::Error;
use crate::pg::names::{self, QualifiedName, quote_identifier};
use crate::pg::statement_trigger::{self, Fires};
use crate::pg::table_lock::{self, Claim};
use crate::pg::{dependency, settings, transaction};
use crate::sequences::column::Column;
use crate::sequences::comparable::comparable;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::Oid;
use std::time::Duration;

const NAME: &str = "pg_flightcheck_guard";
/// The trigger's name while a dump is restored: the dump may contain a trigger with the first name,
/// which then stays.
const NAME_IN_RESTORE: &str = "pg_flightcheck_guard_restore";

/// How long to retry for a lock that another session holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    None,
    /// For 0.1 s.
    Retries,
    /// The same, but if `lock_timeout` is set, the call queues for the lock instead.
    Short,
}

impl Patience {
    const STEP: Duration = Duration::from_millis(5);

    fn claim(self, table: Oid, claim: Claim) -> Result<(), Error> {
        let further_tries = match self {
            Patience::None => 0,
            Patience::Short if settings::has_lock_timeout() => return Ok(()),
            Patience::Retries | Patience::Short => 20,
        };
        if table_lock::claim(table, claim) {
            return Ok(());
        }
        for _ in 0..further_tries {
            crate::pg::memory::step();
            std::thread::sleep(Self::STEP);
            if table_lock::claim(table, claim) {
                return Ok(());
            }
        }
        Err(Error::new(PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE, "could not obtain the lock"))
    }
}

/// The outcome for a table's trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arming {
    /// The trigger was already as it should be.
    Unchanged,
    /// The trigger was created.
    Armed,
    /// The trigger did not fire in every session and now does, so that ENABLE TRIGGER ALL no longer
    /// changes it.
    Rearmed,
    /// The trigger is disabled, and was left so.
    Off,
    /// The trigger that marks the table as left out was created or disabled.
    LeftOut,
    /// The table has no column to watch.
    NothingToWatch,
}

/// Creates or enables the table's trigger if a sequence feeds one of its columns, and drops it if
/// none does. A new trigger is called `new_name`. A table that is left out stays left out, even if
/// it has no such column for a while.
///
/// Locks: AccessShareLock on the table; ShareRowExclusiveLock if anything has to change,
/// AccessExclusiveLock to drop a trigger; to the end of the transaction. Privileges: ownership of
/// the table.
pub fn arm(functions: &Functions, table: Oid, new_name: &str, patience: Patience) -> Result<Arming, Error> {
    let Some(name) = names::relation_name(table) else { return Ok(Arming::NothingToWatch) };
    // During a restore, the dump's trigger replaces the restore's, and this may be the last command
    // for the table. Another job of pg_restore holds a lock for a moment when it sets the table's
    // sequence.
    let drops = match patience {
        Patience::None if new_name == NAME_IN_RESTORE => Patience::Retries,
        patience => patience,
    };
    let (kept, needs_trigger) = keep_one(functions, table, &name, patience, drops)?;
    let claim = || patience.claim(table, Claim::ShareRowExclusive);
    match kept {
        None if !needs_trigger => Ok(Arming::NothingToWatch),
        None => {
            claim()?;
            create(functions, table, new_name, Fires::Always).map(|()| Arming::Armed)
        }
        Some(trigger) if trigger.is_left_out() => switch_off(&trigger, patience),
        Some(trigger) => match trigger.firing {
            Firing::Always => Ok(Arming::Unchanged),
            Firing::Off => Ok(Arming::Off),
            Firing::Sometimes => {
                claim()?;
                statement_trigger::set_fires(table, &trigger.name, Fires::Always).map(|()| Arming::Rearmed)
            }
        },
    }
}

/// Gives the table a trigger that marks it as left out, in place of the one it may have.
///
/// Locks and privileges: as `arm`; AccessExclusiveLock if the table was armed.
pub fn leave_out(functions: &Functions, table: Oid, patience: Patience) -> Result<Arming, Error> {
    let Some(name) = names::relation_name(table) else { return Ok(Arming::NothingToWatch) };
    let (kept, needs_trigger) = keep_one(functions, table, &name, patience, patience)?;
    match kept {
        Some(trigger) if trigger.is_left_out() => return switch_off(&trigger, patience),
        Some(trigger) => drop_trigger(&name, &trigger, patience)?,
        None if !needs_trigger => return Ok(Arming::NothingToWatch),
        None => patience.claim(table, Claim::ShareRowExclusive)?,
    }
    create(functions, table, LEFT_OUT, Fires::Never).map(|()| Arming::LeftOut)
}

/// Drops all of the guard's triggers on the table except the one to keep: the mark of a table that
/// is left out, or a trigger that is needed. Returns that trigger, and whether one is needed.
/// `drops` is the patience for a lock that a drop needs.
fn keep_one(
    functions: &Functions,
    table: Oid,
    name: &QualifiedName,
    patience: Patience,
    drops: Patience,
) -> Result<(Option<Trigger>, bool), Error> {
    patience.claim(table, Claim::AccessShare)?;
    let mut triggers = functions.triggers_of(table);
    let needs_trigger = needs_trigger(table);
    // A trigger that marks the table as left out takes precedence, then the one with the usual
    // name.
    triggers.sort_by_key(|trigger| (!trigger.is_left_out(), trigger.name != NAME));
    let keeps = needs_trigger || triggers.first().is_some_and(Trigger::is_left_out);
    let superfluous = triggers.split_off(triggers.len().min(usize::from(keeps)));
    for trigger in superfluous {
        match drop_trigger(name, &trigger, drops) {
            // A second trigger does no harm; the next command drops it.
            Err(error) if is_busy(&error) && patience == Patience::None && !triggers.is_empty() => {}
            outcome => outcome?,
        }
    }
    Ok((triggers.pop(), needs_trigger))
}

/// Whether the table has no trigger, or one that is as it should be.
pub fn is_settled(functions: &Functions, table: Oid) -> bool {
    match functions.triggers_of(table).as_slice() {
        [] => true,
        [trigger] => trigger.is_settled(),
        _ => false,
    }
}

fn is_busy(error: &Error) -> bool {
    error.sqlstate == PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE
}

/// Returns the name of new triggers in this session.
pub fn trigger_name() -> &'static str {
    if transaction::is_restoring() { NAME_IN_RESTORE } else { NAME }
}

/// Drops one of the guard's triggers. Takes AccessExclusiveLock on the table.
pub fn drop_trigger(table: &QualifiedName, trigger: &Trigger, patience: Patience) -> Result<(), Error> {
    patience.claim(trigger.table, Claim::AccessExclusive)?;
    execute(&format!("DROP TRIGGER {} ON {}", quote_identifier(&trigger.name), table.quoted()))
}

/// Whether a sequence feeds one of the table's columns and can be compared with the ids in it.
pub fn needs_trigger(table: Oid) -> bool {
    fed_columns::of(table).iter().any(|feed| {
        let column = Column::look_up((table, feed.attribute));
        let link = judge::link(table, feed).ok();
        column.zip(link).is_some_and(|(column, link)| comparable(&link, &column).is_ok())
    })
}

/// Creates the trigger. It fires for every UPDATE, and its function checks whether a fed column was
/// set: a trigger on named columns would prevent these from being dropped or widened.
fn create(functions: &Functions, table: Oid, trigger: &str, fires: Fires) -> Result<(), Error> {
    functions.check_schema_usage()?;
    let trigger = statement_trigger::create(table, trigger, functions.note, fires)?;
    dependency::record_trigger_dependency(trigger);
    Ok(())
}

/// Disables the trigger of a table that is left out, since ENABLE TRIGGER ALL enables it.
fn switch_off(trigger: &Trigger, patience: Patience) -> Result<Arming, Error> {
    if trigger.firing == Firing::Off {
        return Ok(Arming::Off);
    }
    patience.claim(trigger.table, Claim::ShareRowExclusive)?;
    statement_trigger::set_fires(trigger.table, &trigger.name, Fires::Never).map(|()| Arming::LeftOut)
}
