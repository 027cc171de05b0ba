//! A table's trigger: there, and firing in every session; or gone where it has nothing to watch.

use super::catalog::{Firing, Functions, Trigger, execute};
use super::{feeds, judge};
use crate::fault::Fault;
use crate::pg::lockers::{self, Claim};
use crate::pg::names::{self, QualifiedName, quote_identifier};
use crate::pg::{dependency, settings, transaction};
use crate::sequences::advice;
use crate::sequences::column::Column;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::Oid;
use std::time::Duration;

const NAME: &str = "pg_flightcheck_guard";
/// While a dump is restored, which may bring a trigger of the first name along: then that one stays.
const NAME_IN_RESTORE: &str = "pg_flightcheck_guard_restore";

/// For how long to look again whether a busy table is free, unless `lock_timeout` is set: then we queue for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    None,
    Short,
}

impl Patience {
    const STEP: Duration = Duration::from_millis(5);

    fn claim(self, table: Oid, claim: Claim) -> Result<(), Fault> {
        let further_tries = match self {
            Patience::None => 0,
            Patience::Short if settings::has_lock_timeout() => return Ok(()),
            Patience::Short => 20,
        };
        if lockers::claim(table, claim) {
            return Ok(());
        }
        for _ in 0..further_tries {
            pgrx::check_for_interrupts!();
            std::thread::sleep(Self::STEP);
            if lockers::claim(table, claim) {
                return Ok(());
            }
        }
        Err(Fault::new(PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE, "others hold a lock on it"))
    }
}

/// What became of a table's trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arming {
    /// It was there as it should be, or it has been made.
    Armed,
    /// It was there, but did not fire in every session: so ENABLE TRIGGER ALL leaves it.
    Rearmed,
    /// Somebody has switched it off, and it was left so.
    Off,
    /// No column to watch.
    NothingToWatch,
}

/// Sees to it that the table has its trigger if a sequence feeds one of its columns, and none if not. A new one is called
/// `new_name`.
///
/// Takes ShareRowExclusiveLock on the table if anything has to be changed, AccessExclusiveLock to drop a trigger, kept to the end
/// of the transaction. Needs ownership of the table.
pub fn arm(functions: &Functions, table: Oid, new_name: &str, patience: Patience) -> Result<Arming, Fault> {
    let Some(name) = names::relation_name(table) else { return Ok(Arming::NothingToWatch) };
    let mut triggers = functions.triggers(Some(table))?;
    let is_watched = is_watched(table);
    let kept = is_watched.then(|| triggers.iter().position(|trigger| trigger.name == NAME).unwrap_or(0));
    let kept = kept.filter(|index| *index < triggers.len()).map(|index| triggers.remove(index));
    for trigger in triggers {
        drop_trigger(&name, &trigger, patience)?;
    }
    let change =
        |work: &dyn Fn() -> Result<(), Fault>| patience.claim(table, Claim::ShareRowExclusive).and_then(|()| work());
    match kept {
        None if !is_watched => Ok(Arming::NothingToWatch),
        None => change(&|| create(functions, table, &name, new_name)).map(|()| Arming::Armed),
        Some(trigger) => match trigger.firing {
            Firing::Always => Ok(Arming::Armed),
            Firing::Off => Ok(Arming::Off),
            Firing::Sometimes => change(&|| enable(&name, &trigger.name)).map(|()| Arming::Rearmed),
        },
    }
}

/// What a new trigger is called in this session.
pub fn trigger_name() -> &'static str {
    if transaction::is_restoring() { NAME_IN_RESTORE } else { NAME }
}

/// Drops one of the guard's triggers. AccessExclusiveLock on the table.
pub fn drop_trigger(table: &QualifiedName, trigger: &Trigger, patience: Patience) -> Result<(), Fault> {
    patience.claim(trigger.table, Claim::AccessExclusive)?;
    execute(&format!("DROP TRIGGER {} ON {}", quote_identifier(&trigger.name), table.quoted()))
}

/// Whether a sequence feeds one of the table's columns whose ids can be compared with its values.
pub fn is_watched(table: Oid) -> bool {
    feeds::of(table).iter().any(|feed| {
        let column = Column::look_up((table, feed.attribute));
        let link = judge::link(table, feed).ok();
        column.zip(link).is_some_and(|(column, link)| advice::comparable(&link, &column).is_ok())
    })
}

/// The trigger fires for every UPDATE and looks itself whether a fed column was set: a trigger on named columns would keep
/// them from being dropped, or from getting a wider type.
fn create(functions: &Functions, table: Oid, name: &QualifiedName, trigger: &str) -> Result<(), Fault> {
    execute(&format!(
        "CREATE TRIGGER {trigger} AFTER INSERT OR UPDATE ON {} FOR EACH STATEMENT EXECUTE FUNCTION {}()",
        name.quoted(),
        functions.qualified("seq_guard_note")
    ))?;
    enable(name, trigger)?;
    for trigger in functions.triggers(Some(table))? {
        dependency::trigger_goes_with_extension(trigger.oid);
    }
    Ok(())
}

fn enable(table: &QualifiedName, trigger: &str) -> Result<(), Fault> {
    execute(&format!("ALTER TABLE {} ENABLE ALWAYS TRIGGER {}", table.quoted(), quote_identifier(trigger)))
}
