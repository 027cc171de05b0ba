//! A table's trigger: there, on the right columns, and firing in every session; or gone where it has nothing to watch.

use super::catalog::{Firing, Functions, Trigger, execute};
use super::{feeds, judge};
use crate::fault::Fault;
use crate::pg::names::{self, QualifiedName, quote_identifier};
use crate::pg::{dependency, settings, transaction};
use crate::sequences::advice;
use crate::sequences::column::Column;
use pgrx::pg_sys::Oid;

const NAME: &str = "pg_flightcheck_guard";
/// While a dump is restored, which may bring a trigger of the first name along: then that one stays.
const NAME_IN_RESTORE: &str = "pg_flightcheck_guard_restore";

/// How long to wait for a table that others are writing, in milliseconds: those who come after us have to wait as well.
const PATIENCE: i32 = 100;

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

/// Sees to it that the table has its trigger if a sequence feeds one of its columns, and none if not.
///
/// Takes ShareRowExclusiveLock on the table if anything has to be changed, AccessExclusiveLock to drop a trigger, kept to the end
/// of the transaction. Needs ownership of the table.
pub fn arm(functions: &Functions, table: Oid) -> Result<Arming, Fault> {
    let Some(name) = names::relation_name(table) else { return Ok(Arming::NothingToWatch) };
    let wanted = watched_columns(table);
    let mut triggers = functions.triggers(Some(table))?;
    let fits = |trigger: &Trigger| trigger.columns == wanted && !wanted.is_empty();
    let kept = triggers.iter().position(|trigger| fits(trigger) && trigger.name == NAME);
    let kept = kept.or_else(|| triggers.iter().position(fits)).map(|index| triggers.remove(index));
    for trigger in triggers {
        drop_trigger(&name, &trigger)?;
    }
    match kept {
        _ if wanted.is_empty() => Ok(Arming::NothingToWatch),
        None => create(functions, table, &name, &wanted).map(|()| Arming::Armed),
        Some(trigger) => match trigger.firing {
            Firing::Always => Ok(Arming::Armed),
            Firing::Off => Ok(Arming::Off),
            Firing::Sometimes => enable(&name, &trigger.name).map(|()| Arming::Rearmed),
        },
    }
}

/// Runs `work`, which changes triggers, without waiting long for anybody.
pub fn without_waiting<T>(work: impl FnOnce() -> T) -> T {
    match settings::lock_timeout() {
        0 => settings::with_setting("lock_timeout", &PATIENCE.to_string(), work),
        _ => work(),
    }
}

/// Drops one of the guard's triggers. AccessExclusiveLock on the table.
pub fn drop_trigger(table: &QualifiedName, trigger: &Trigger) -> Result<(), Fault> {
    execute(&format!("DROP TRIGGER {} ON {}", quote_identifier(&trigger.name), table.quoted()))
}

/// The numbers of the columns that a sequence feeds and whose ids can be compared with its values, in ascending order.
pub fn watched_columns(table: Oid) -> Vec<i16> {
    let feeds = feeds::of(table);
    let is_comparable = |attribute| {
        let column = Column::look_up((table, attribute))?;
        let feed = feeds.iter().find(|feed| feed.attribute == attribute)?;
        let link = judge::link(table, feed).ok()?;
        advice::comparable(&link, &column).ok().map(|_| attribute)
    };
    let mut columns: Vec<i16> = feeds.iter().filter_map(|feed| is_comparable(feed.attribute)).collect();
    columns.sort_unstable();
    columns.dedup();
    columns
}

fn create(functions: &Functions, table: Oid, name: &QualifiedName, columns: &[i16]) -> Result<(), Fault> {
    let trigger = if transaction::is_restoring() { NAME_IN_RESTORE } else { NAME };
    let columns = columns.iter().filter_map(|column| names::column_name(table, *column));
    let columns = columns.map(|column| quote_identifier(&column)).collect::<Vec<_>>().join(", ");
    execute(&format!(
        "CREATE TRIGGER {trigger} AFTER INSERT OR UPDATE OF {columns} ON {} FOR EACH STATEMENT EXECUTE FUNCTION {}()",
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
