//! bun: a history and a lock.

use crate::migrations::layout::Type::{Integer, Text, Time};
use crate::migrations::layout::{Layout, Mark, Part};

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
