//! Knex: a history and a lock.

use crate::migrations::found::Found;
use crate::migrations::layout::Type::{Integer, Text, Time};
use crate::migrations::layout::{Layout, Mark, Part};
use crate::migrations::tool_tables::Scene;
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

// What the history's layout reads.
const ID: usize = 0;
const NAME: usize = 1;
// And the lock's.
const IS_LOCKED: usize = 0;

/// The lock is a row that stays 1 if its holder dies. It says neither by whom nor since when; it is only to be seen while
/// migrations run outside one transaction for all, or after they did.
pub fn judge(scene: &Scene) -> Verdict {
    let newest = scene.history.as_ref().and_then(|history| history.newest(ID, |_| true));
    let version = newest.and_then(|row| row.text(NAME)).map(str::to_owned);
    let Some(lock) = &scene.lock else { return Verdict::clean(version) };
    if !lock.rows.iter().any(|row| row.integer(IS_LOCKED).is_some_and(|locked| locked != 0)) {
        return Verdict::clean(version);
    }
    Verdict::locked(version, "locked, nobody knows by whom and since when")
        .or_fix("if no migration runs, knex migrate:unlock")
        .fix(format!("UPDATE {} SET is_locked = 0;", lock.name))
}

/// A lock is named after its history, which tells it from somebody else's two columns.
pub fn drop_others(found: &mut Vec<Found>) {
    let ours = |found: &Found, part| found.tool == TOOL && found.layout.part == part;
    let place = |found: &Found| (found.relation.schema.clone(), found.relation.table.clone());
    let histories: HashSet<(String, String)> =
        found.iter().filter(|found| ours(found, Part::History)).map(place).collect();
    found.retain(|lock| {
        let named =
            || lock.relation.table.strip_suffix("_lock").map(|name| (lock.relation.schema.clone(), name.to_owned()));
        !ours(lock, Part::Lock)
            || lock.relation.table == DEFAULT_LOCK
            || named().is_some_and(|history| histories.contains(&history))
    });
}
