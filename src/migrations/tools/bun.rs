//! Judges bun's history and its lock.

use super::HAS_NO_HOLDER;
use crate::migrations::layout::Type::{Integer, Text, Time};
use crate::migrations::layout::{Layout, Mark, Part};
use crate::migrations::tool_tables::ToolTables;
use crate::migrations::verdict::Verdict;
use crate::report::quoting::literal;

const TOOL: &str = "bun";

pub const LAYOUTS: &[Layout] = &[
    Layout {
        own_names: &["bun_migrations"],
        columns: &[("migrated_at", Time), ("id", Integer), ("name", Text), ("group_id", Integer)],
        reads: &["id", "name"],
        ..Layout::new(TOOL, Part::History, Mark::ColumnsAlone)
    },
    Layout {
        own_names: &["bun_migration_locks"],
        columns: &[("id", Integer), ("table_name", Text)],
        reads: &["id", "table_name"],
        ..Layout::new(TOOL, Part::Lock, Mark::OwnName)
    },
];

// The columns that the history's layout reads.
const ID: usize = 0;
const NAME: usize = 1;
// A column that the lock's layout reads.
const LOCKED_TABLE: usize = 1;

/// Reports the lock. It is a row that names the history; the row remains if its holder dies.
pub fn judge(tables: &ToolTables) -> Verdict {
    let newest = tables.history.as_ref().and_then(|history| history.newest(ID, |_| true));
    let version = newest.and_then(|row| row.text(NAME)).map(str::to_owned);
    let Some(lock) = &tables.lock else { return Verdict::clean(version) };
    let Some(table) = lock.rows.first().and_then(|row| row.text(LOCKED_TABLE)) else { return Verdict::clean(version) };
    Verdict::locked(version, format!("{table} is locked; {HAS_NO_HOLDER}"))
        .or_fix("if no migration is running, call Migrator.Unlock (the unlock command of many programs)")
        .fix(format!("DELETE FROM {} WHERE table_name = {};", lock.name, literal(table)))
}
