//! Judges Knex's history and its lock.

use super::HAS_NO_HOLDER;
use crate::migrations::found::Found;
use crate::migrations::layout::Type::{Integer, Text, Time};
use crate::migrations::layout::{Layout, Mark, Part};
use crate::migrations::tool_tables::ToolTables;
use crate::migrations::verdict::Verdict;
use std::collections::HashSet;

const TOOL: &str = "Knex";
const DEFAULT_LOCK: &str = "knex_migrations_lock";

pub const LAYOUTS: &[Layout] = &[
    Layout {
        own_names: &["knex_migrations"],
        columns: &[("migration_time", Time), ("id", Integer), ("name", Text), ("batch", Integer)],
        reads: &["id", "name"],
        ..Layout::new(TOOL, Part::History, Mark::ColumnsAlone)
    },
    Layout {
        columns: &[("is_locked", Integer), ("index", Integer)],
        reads: &["is_locked"],
        ..Layout::new(TOOL, Part::Lock, Mark::ColumnsAlone)
    },
    Layout {
        own_names: &[DEFAULT_LOCK],
        columns: &[("is_locked", Integer)],
        reads: &["is_locked"],
        ..Layout::new(TOOL, Part::Lock, Mark::OwnName)
    },
];

// The columns that the history's layout reads.
const ID: usize = 0;
const NAME: usize = 1;
// The column that the lock's layout reads.
const IS_LOCKED: usize = 0;

/// Reports the lock. It is a row that remains 1 if its holder dies, and that records neither the
/// holder nor a time. It is visible only if the migrations do not all run in one transaction.
pub fn judge(tables: &ToolTables) -> Verdict {
    let newest = tables.history.as_ref().and_then(|history| history.newest(ID, |_| true));
    let version = newest.and_then(|row| row.text(NAME)).map(str::to_owned);
    let Some(lock) = &tables.lock else { return Verdict::clean(version) };
    if !lock.rows.iter().any(|row| row.integer(IS_LOCKED).is_some_and(|locked| locked != 0)) {
        return Verdict::clean(version);
    }
    Verdict::locked(version, format!("locked; {HAS_NO_HOLDER}"))
        .or_fix("if no migration is running, run knex migrate:unlock")
        .fix(format!("UPDATE {} SET is_locked = 0;", lock.name))
}

/// Drops tables that have a lock's two columns but are not Knex's: a lock of Knex's is named after
/// its history.
pub fn drop_others(found: &mut Vec<Found>) {
    let ours = |found: &Found, part| found.tool == TOOL && found.layout.part == part;
    let name = |found: &Found| (found.relation.schema.clone(), found.relation.table.clone());
    let histories: HashSet<(String, String)> =
        found.iter().filter(|found| ours(found, Part::History)).map(name).collect();
    found.retain(|lock| {
        let history =
            || lock.relation.table.strip_suffix("_lock").map(|name| (lock.relation.schema.clone(), name.to_owned()));
        !ours(lock, Part::Lock)
            || lock.relation.table == DEFAULT_LOCK
            || history().is_some_and(|history| histories.contains(&history))
    });
}
