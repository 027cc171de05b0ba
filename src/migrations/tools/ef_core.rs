//! EF Core.

use crate::migrations::layout::Type::Text;
use crate::migrations::layout::{Layout, Mark, Part};

const TOOL: &str = "EF Core";

pub const LAYOUTS: &[Layout] = &[
    Layout {
        own_names: &["__EFMigrationsHistory"],
        columns: &[("MigrationId", Text), ("ProductVersion", Text)],
        reads: &["MigrationId"],
        ..Layout::new(TOOL, Part::History, Mark::Columns)
    },
    Layout {
        own_names: &["__ef_migrations_history"],
        columns: &[("migration_id", Text), ("product_version", Text)],
        reads: &["migration_id"],
        ..Layout::new(TOOL, Part::History, Mark::Columns)
    },
];
