//! Prisma Migrate: a row for each attempt.

use crate::migrations::layout::Type::{Integer, Text, Time};
use crate::migrations::layout::{Layout, Mark, Part};

const TOOL: &str = "Prisma Migrate";

pub const LAYOUTS: &[Layout] = &[Layout {
    own_names: &["_prisma_migrations"],
    columns: &[
        ("applied_steps_count", Integer),
        ("id", Text),
        ("migration_name", Text),
        ("started_at", Time),
        ("finished_at", Time),
        ("rolled_back_at", Time),
        ("logs", Text),
    ],
    reads: &["id", "migration_name", "started_at", "finished_at", "rolled_back_at", "logs"],
    ..Layout::new(TOOL, Part::History, Mark::Columns)
}];
