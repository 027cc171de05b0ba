//! Knex: a history and a lock.

use crate::migrations::layout::Type::{Integer, Text, Time};
use crate::migrations::layout::{Layout, Mark, Part};

const TOOL: &str = "Knex";

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
        own_names: &["knex_migrations_lock"],
        columns: &[("is_locked", Integer)],
        reads: &["is_locked"],
        ..Layout::new(TOOL, Part::Lock, Mark::OwnName)
    },
];
