//! Judges yoyo-migrations' history and its lock.

use super::MAY_BE_RUNNING;
use crate::migrations::layout::Type::{Integer, Text, Time};
use crate::migrations::layout::{Layout, Mark, Part};
use crate::migrations::tool_tables::ToolTables;
use crate::migrations::verdict::Verdict;
use crate::pg::heap_rows::Moment;

const TOOL: &str = "yoyo-migrations";

pub const LAYOUTS: &[Layout] = &[
    Layout {
        own_names: &["_yoyo_migration"],
        columns: &[("migration_hash", Text), ("migration_id", Text), ("applied_at_utc", Time)],
        reads: &["applied_at_utc", "migration_id"],
        ..Layout::new(TOOL, Part::History, Mark::ColumnsAlone)
    },
    Layout {
        own_names: &["yoyo_lock"],
        columns: &[("locked", Integer), ("ctime", Time), ("pid", Integer)],
        reads: &["ctime", "pid"],
        ..Layout::new(TOOL, Part::Lock, Mark::OwnName)
    },
];

// The columns that the history's layout reads.
const APPLIED: usize = 0;
const MIGRATION: usize = 1;
// The columns that the lock's layout reads; times are UTC.
const SINCE: usize = 0;
const PROCESS: usize = 1;

/// Reports the lock. It is a row that remains if its holder dies. It has the process ID but not the
/// name of the host.
pub fn judge(tables: &ToolTables) -> Verdict {
    let newest = tables.history.as_ref().and_then(|history| history.newest(APPLIED, |_| true));
    let version = newest.and_then(|row| row.text(MIGRATION)).map(str::to_owned);
    let Some(lock) = &tables.lock else { return Verdict::clean(version) };
    let Some(row) = lock.rows.first() else { return Verdict::clean(version) };
    let process = row.integer(PROCESS).unwrap_or_default();
    let since = row.text(SINCE).map(|since| format!(" since {since} UTC")).unwrap_or_default();
    let detail = format!("locked by process {process} on the host of yoyo{since}");
    if row.moment(SINCE).is_some_and(|since| tables.is_fresh(Moment { has_zone: true, ..since })) {
        return Verdict::locked(version, format!("{detail}; {MAY_BE_RUNNING}"));
    }
    Verdict::locked(version, detail)
        .or_fix("if that process is no longer running, run yoyo break-lock")
        .fix(format!("DELETE FROM {} WHERE pid = {process};", lock.name))
}
