//! yoyo-migrations: a history and a lock.

use crate::migrations::layout::Type::{Integer, Text, Time};
use crate::migrations::layout::{Layout, Mark, Part};
use crate::migrations::tool_tables::Scene;
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

// What the history's layout reads.
const APPLIED: usize = 0;
const MIGRATION: usize = 1;
// And the lock's; times are UTC.
const SINCE: usize = 0;
const PROCESS: usize = 1;

/// The lock is a row that stays if its holder dies. It has the number of the process, not the host's name.
pub fn judge(scene: &Scene) -> Verdict {
    let newest = scene.history.as_ref().and_then(|history| history.newest(APPLIED, |_| true));
    let version = newest.and_then(|row| row.text(MIGRATION)).map(str::to_owned);
    let Some(lock) = &scene.lock else { return Verdict::clean(version) };
    let Some(row) = lock.rows.first() else { return Verdict::clean(version) };
    let process = row.integer(PROCESS).unwrap_or_default();
    let since = row.text(SINCE).map(|since| format!(" since {since} UTC")).unwrap_or_default();
    let detail = format!("locked by process {process} of the host that yoyo was started on{since}");
    if row.moment(SINCE).is_some_and(|since| scene.is_fresh(Moment { has_zone: true, ..since })) {
        return Verdict::locked(version, format!("{detail}; so young that somebody may be at work"));
    }
    Verdict::locked(version, detail)
        .or_fix("if it does not run any more, yoyo break-lock")
        .fix(format!("DELETE FROM {} WHERE pid = {process};", lock.name))
}
