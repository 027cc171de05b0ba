//! goose: a history, and a lock if it is told to use a table.

use crate::migrations::layout::Type::{Bigint, Boolean, Integer, Text, Time};
use crate::migrations::layout::{Layout, Mark, Part};
use crate::migrations::tool_tables::{Row, Scene};
use crate::migrations::verdict::Verdict;
use std::collections::HashSet;

const TOOL: &str = "goose";

pub const LAYOUTS: &[Layout] = &[
    Layout {
        own_names: &["goose_db_version"],
        columns: &[("is_applied", Boolean), ("id", Integer), ("version_id", Bigint), ("tstamp", Time)],
        reads: &["id", "version_id", "is_applied"],
        ..Layout::new(TOOL, Part::History, Mark::Columns)
    },
    Layout {
        own_names: &["goose_lock"],
        columns: &[
            ("lease_expires_at", Time),
            ("lock_id", Bigint),
            ("locked", Boolean),
            ("locked_at", Time),
            ("locked_by", Text),
        ],
        reads: &["lock_id", "locked", "locked_at", "locked_by", "lease_expires_at"],
        ..Layout::new(TOOL, Part::Lock, Mark::Columns)
    },
];

// What the history's layout reads.
const ID: usize = 0;
const VERSION: usize = 1;
const IS_APPLIED: usize = 2;
// And the lock's.
const LOCKED: usize = 1;
const LOCKED_AT: usize = 2;
const LOCKED_BY: usize = 3;
const EXPIRES: usize = 4;

/// The lock is a lease that its holder renews every few seconds, and that goose takes over by itself once it has expired: never
/// anything to repair.
pub fn judge(scene: &Scene) -> Verdict {
    let version = current(Scene::rows(&scene.history));
    let Some(row) = Scene::rows(&scene.lock).iter().find(|row| row.is_true(LOCKED)) else {
        return Verdict::clean(version);
    };
    let by = row.text(LOCKED_BY).unwrap_or("nobody knows whom");
    if row.moment(EXPIRES).is_some_and(|expires| expires.utc >= scene.now) {
        let since = scene.since(row, LOCKED_AT).map(|since| format!(" since {since}")).unwrap_or_default();
        let detail = format!(
            "locked by {by}{since}, who renews it; if that process is dead, goose goes on by itself within 30 s"
        );
        return Verdict::locked(version, detail);
    }
    let mut verdict = Verdict::clean(version);
    verdict.note(&format!("{by} left its lock behind, which has expired: goose takes it over by itself"));
    verdict
}

/// As goose finds it: the newest row's version, unless that was taken back.
fn current(rows: &[Row]) -> Option<String> {
    let mut rows: Vec<&Row> = rows.iter().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.integer(ID)));
    let mut taken_back: HashSet<&str> = HashSet::new();
    for row in rows {
        let version = row.text(VERSION).unwrap_or_default();
        if taken_back.contains(version) {
            continue;
        }
        if row.is_true(IS_APPLIED) {
            return Some(version.to_owned());
        }
        taken_back.insert(version);
    }
    None
}
