//! What the event trigger does: arms and disarms the tables that a command has made or altered.

use super::arm::{Arming, arm};
use super::catalog::{Functions, Trigger};
use super::event_trigger::{self, Guarded};
use super::pending::Mark;
use super::{arm as arming, report, session};
use crate::fault::Fault;
use crate::pg::{names, subtransaction};
use crate::sequences::discover::required;
use pgrx::Spi;
use pgrx::pg_sys::Oid;
use std::cell::Cell;
use std::collections::HashSet;

const ALTERED_TABLES: &str = include_str!("../../sql/queries/altered_tables.sql");

thread_local! {
    /// The commands that arming consists of are commands themselves.
    static IS_BUSY: Cell<bool> = const { Cell::new(false) };
}

/// Ends the time in which commands are our own, however it ends.
struct Busy;

impl Busy {
    fn begin() -> Option<Busy> {
        (!IS_BUSY.replace(true)).then(|| Busy)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        IS_BUSY.set(false);
    }
}

/// Runs `work` so that its commands are not answered by the event trigger.
pub fn quietly<T>(work: impl FnOnce() -> T) -> T {
    let _busy = Busy::begin();
    work()
}

/// A command has ended. Nothing that goes wrong here is more than a warning: it must not undo the command.
pub fn command_done(tag: &str) {
    let Some(_busy) = Busy::begin() else { return };
    let outcome = subtransaction::attempt(|| match tag {
        "DROP OWNED" | "DROP SEQUENCE" => disarm_unfed(),
        _ => arm_altered(tag),
    });
    if let Err(fault) = outcome {
        report::warn(report::trouble("could not look after the guard's triggers", &fault));
    }
}

fn arm_altered(tag: &str) -> Result<(), Fault> {
    let functions = Functions::look_up()?;
    let mut tables: Vec<Oid> = subtransaction::discard(|| {
        Spi::connect(|client| {
            let rows = client.select(ALTERED_TABLES, None, &[functions.note.into()])?;
            rows.map(|row| required(&row, 1)).collect()
        })
    })?;
    let mut has_trigger = HashSet::new();
    for table in &tables {
        has_trigger.extend(functions.triggers(Some(*table))?.first().map(|trigger| trigger.table));
    }
    tables.retain(|table| has_trigger.contains(table) || arming::is_watched(*table));
    if tables.is_empty() {
        return Ok(());
    }
    functions.refuse_unusable()?;
    event_trigger::tie_to_extension(&functions)?;
    let guarded = Guarded::look_up(&functions)?;
    for table in tables {
        if guarded.covers(table) || has_trigger.contains(&table) {
            look_after(&functions, table, tag);
        }
    }
    Ok(())
}

fn look_after(functions: &Functions, table: Oid, tag: &str) {
    match subtransaction::attempt(|| arming::without_waiting(|| arm(functions, table))) {
        // What was loaded while its triggers were off, nobody has seen.
        Ok(Arming::Rearmed) if tag == "ALTER TABLE" => {
            session::note(table, Mark::Written);
            session::note(table, Mark::Unwatched);
        }
        Ok(_) => {}
        Err(fault) => {
            let name = names::relation_name(table).map(|name| name.quoted()).unwrap_or_default();
            report::warn(report::trouble(&format!("could not arm the guard on table {name}"), &fault));
        }
    }
}

/// Takes the triggers off the tables whose defaults have gone with a sequence.
fn disarm_unfed() -> Result<(), Fault> {
    let functions = Functions::look_up()?;
    let is_unfed = |trigger: &&Trigger| !arming::is_watched(trigger.table);
    for trigger in functions.triggers(None)?.iter().filter(is_unfed) {
        look_after(&functions, trigger.table, "");
    }
    Ok(())
}
