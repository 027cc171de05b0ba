//! yoyo-migrations: a history and a lock.

use crate::migrations::layout::Type::{Integer, Text, Time};
use crate::migrations::layout::{Layout, Mark, Part};

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
