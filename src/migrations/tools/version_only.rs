//! Judges tools whose history only records which migrations have been applied.
//!
//! The first column that a layout reads orders the rows, and the others make up the version as the
//! tool prints it. If a layout reads a single column, it is both.

use crate::migrations::layout::Type::{Bigint, Integer, Text, Texts, Time, Varchar};
use crate::migrations::layout::{Layout, Mark, Part};
use crate::migrations::tool_tables::{Row, ToolTables};
use crate::migrations::verdict::Verdict;

pub const LAYOUTS: &[Layout] = &[
    Layout {
        shared_names: &["schema_migrations"],
        columns: &[("version", Bigint), ("inserted_at", Time)],
        reads: &["version"],
        ..Layout::new("Ecto", Part::History, Mark::MigrationName)
    },
    Layout {
        own_names: &["django_migrations"],
        columns: &[("app", Text), ("id", Integer), ("name", Text), ("applied", Time)],
        reads: &["id", "app", "name"],
        ..Layout::new("Django", Part::History, Mark::OwnName)
    },
    Layout {
        own_names: &["pgmigrations"],
        columns: &[("run_on", Time), ("id", Integer), ("name", Text)],
        reads: &["id", "name"],
        ..Layout::new("node-pg-migrate", Part::History, Mark::MigrationName)
    },
    Layout {
        own_names: &["SequelizeMeta"],
        columns: &[("name", Text)],
        reads: &["name"],
        ..Layout::new("Sequelize", Part::History, Mark::OwnName)
    },
    // Drizzle since 1.0; only some of its releases have the version number.
    Layout {
        own_names: &["__drizzle_migrations"],
        columns: &[
            ("applied_at", Time),
            ("id", Integer),
            ("hash", Text),
            ("created_at", Bigint),
            ("name", Text),
            ("version", Integer),
        ],
        reads: &["created_at", "name"],
        ..Layout::new("Drizzle", Part::History, Mark::MigrationName)
    },
    Layout {
        own_names: &["__drizzle_migrations"],
        columns: &[("applied_at", Time), ("id", Integer), ("hash", Text), ("created_at", Bigint), ("name", Text)],
        reads: &["created_at", "name"],
        ..Layout::new("Drizzle", Part::History, Mark::MigrationName)
    },
    Layout {
        own_names: &["__drizzle_migrations"],
        columns: &[("id", Integer), ("hash", Text), ("created_at", Bigint)],
        reads: &["created_at"],
        ..Layout::new("Drizzle", Part::History, Mark::MigrationName)
    },
    Layout {
        shared_names: &["migrations"],
        columns: &[("id", Integer), ("timestamp", Bigint), ("name", Text)],
        reads: &["timestamp", "name"],
        ..Layout::new("TypeORM", Part::History, Mark::MigrationName)
    },
    Layout {
        own_names: &["kysely_migration"],
        columns: &[("name", Text), ("timestamp", Text)],
        reads: &["timestamp", "name"],
        ..Layout::new("Kysely", Part::History, Mark::MigrationName)
    },
    Layout {
        own_names: &["mikro_orm_migrations"],
        columns: &[("id", Integer), ("name", Text), ("executed_at", Time)],
        reads: &["id", "name"],
        ..Layout::new("MikroORM", Part::History, Mark::OwnName)
    },
    Layout {
        shared_names: &["migrations"],
        columns: &[("id", Integer), ("name", Text), ("hash", Text), ("executed_at", Time)],
        reads: &["id", "name"],
        ..Layout::new("postgres-migrations", Part::History, Mark::MigrationName)
    },
    Layout {
        columns: &[("previous_hash", Text), ("hash", Text), ("filename", Text), ("date", Time)],
        reads: &["filename"],
        ..Layout::new("graphile-migrate", Part::History, Mark::ColumnsAlone)
    },
    Layout {
        shared_names: &["changes"],
        columns: &[
            ("planner_email", Text),
            ("script_hash", Text),
            ("change", Text),
            ("project", Text),
            ("committed_at", Time),
        ],
        reads: &["committed_at", "project", "change"],
        ..Layout::new("Sqitch", Part::History, Mark::Columns)
    },
    Layout {
        own_names: &["__diesel_schema_migrations"],
        columns: &[("version", Text), ("run_on", Time)],
        reads: &["version"],
        ..Layout::new("Diesel", Part::History, Mark::OwnName)
    },
    Layout {
        own_names: &["refinery_schema_history"],
        columns: &[("version", Integer), ("name", Text), ("applied_on", Text), ("checksum", Text)],
        reads: &["version"],
        ..Layout::new("refinery", Part::History, Mark::OwnName)
    },
    Layout {
        own_names: &["seaql_migrations"],
        columns: &[("version", Text), ("applied_at", Bigint)],
        reads: &["version"],
        ..Layout::new("SeaORM", Part::History, Mark::OwnName)
    },
    Layout {
        shared_names: &["migrations"],
        columns: &[("id", Integer), ("migration", Text), ("batch", Integer)],
        reads: &["id", "migration"],
        ..Layout::new("Laravel", Part::History, Mark::MigrationName)
    },
    Layout {
        own_names: &["doctrine_migration_versions"],
        columns: &[("version", Text), ("executed_at", Time), ("execution_time", Integer)],
        reads: &["version"],
        ..Layout::new("Doctrine", Part::History, Mark::OwnName)
    },
    Layout {
        own_names: &["phinxlog"],
        columns: &[("version", Bigint), ("migration_name", Text), ("start_time", Time), ("end_time", Time)],
        reads: &["version"],
        ..Layout::new("Phinx", Part::History, Mark::OwnName)
    },
    Layout {
        shared_names: &["schema_migrations"],
        columns: &[("statements", Texts), ("version", Text), ("name", Text)],
        reads: &["version"],
        ..Layout::new("Supabase CLI", Part::History, Mark::Columns)
    },
];

pub const HEADS: &[Layout] = &[
    Layout {
        own_names: &["alembic_version"],
        columns: &[("version_num", Varchar(32))],
        reads: &["version_num"],
        ..Layout::new("Alembic", Part::History, Mark::ColumnsAlone)
    },
    // Projects with descriptive revision ids make the column wider.
    Layout {
        own_names: &["alembic_version"],
        columns: &[("version_num", Text)],
        reads: &["version_num"],
        ..Layout::new("Alembic", Part::History, Mark::NameWith(&["alembic", "version"]))
    },
];

/// Returns the version that was applied last.
pub fn judge(tables: &ToolTables) -> Verdict {
    let newest = tables.history.as_ref().and_then(|history| history.newest(0, |_| true));
    Verdict::clean(newest.map(version))
}

/// Returns the versions of all rows. Alembic keeps only the heads; there are several if the history
/// branches.
pub fn judge_heads(tables: &ToolTables) -> Verdict {
    let mut heads: Vec<&str> = ToolTables::rows(&tables.history).iter().filter_map(|row| row.text(0)).collect();
    heads.sort_unstable();
    Verdict::clean((!heads.is_empty()).then(|| heads.join(", ")))
}

fn version(row: &Row) -> String {
    let parts: Vec<&str> = row.0.iter().map(|cell| cell.as_ref().map_or("", |cell| cell.text.as_str())).collect();
    match parts.as_slice() {
        [_, rest @ ..] if rest.iter().any(|part| !part.is_empty()) => rest.join("."),
        whole => whole.concat(),
    }
}
