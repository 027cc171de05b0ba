//! Judges EF Core's history.

use crate::migrations::layout::Type::Text;
use crate::migrations::layout::{Layout, Mark, Part};
use crate::migrations::tool_tables::ToolTables;
use crate::migrations::verdict::Verdict;

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

const MIGRATION: usize = 0;

/// Returns the newest version: the history records only applied migrations. EF Core 9 and later
/// lock the table itself while they migrate.
pub fn judge(tables: &ToolTables) -> Verdict {
    let newest = tables.history.as_ref().and_then(|history| history.newest(MIGRATION, |_| true));
    Verdict::clean(newest.and_then(|row| row.text(MIGRATION)).map(str::to_owned))
}
