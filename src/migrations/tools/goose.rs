//! Judges goose's history, and its lock if goose is configured to keep the lock in a table.

use crate::migrations::layout::Type::{Bigint, Boolean, Integer, Text, Time};
use crate::migrations::layout::{Layout, Mark, Part};
use crate::migrations::tool_tables::{Row, ToolTables};
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

// The columns that the history's layout reads.
const ID: usize = 0;
const VERSION: usize = 1;
const IS_APPLIED: usize = 2;
// The columns that the lock's layout reads.
const LOCKED: usize = 1;
const LOCKED_AT: usize = 2;
const LOCKED_BY: usize = 3;
const EXPIRES: usize = 4;

/// Reports the lock. It is a lease that its holder renews every few seconds. Once it has expired,
/// goose takes it over: there is never anything to repair.
pub fn judge(tables: &ToolTables) -> Verdict {
    let version = current(ToolTables::rows(&tables.history));
    let Some(row) = ToolTables::rows(&tables.lock).iter().find(|row| row.is_true(LOCKED)) else {
        return Verdict::clean(version);
    };
    let by = row.text(LOCKED_BY).unwrap_or("an unknown holder");
    if row.moment(EXPIRES).is_some_and(|expires| expires.utc >= tables.now) {
        let since = tables.since(row, LOCKED_AT).map(|since| format!(" since {since}")).unwrap_or_default();
        let detail = format!(
            "locked by {by}{since}, which renews the lock; if that process is dead, goose takes the lock over within 30 s"
        );
        return Verdict::locked(version, detail);
    }
    let mut verdict = Verdict::clean(version);
    verdict.note(&format!("the lock held by {by} has expired: goose takes it over on its next run"));
    verdict
}

/// Returns the version as goose determines it: that of the newest row whose version has not been
/// rolled back.
fn current(rows: &[Row]) -> Option<String> {
    let mut rows: Vec<&Row> = rows.iter().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.integer(ID)));
    let mut rolled_back: HashSet<&str> = HashSet::new();
    for row in rows {
        let version = row.text(VERSION).unwrap_or_default();
        if rolled_back.contains(version) {
            continue;
        }
        if row.is_true(IS_APPLIED) {
            return Some(version.to_owned());
        }
        rolled_back.insert(version);
    }
    None
}
