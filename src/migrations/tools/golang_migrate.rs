//! Judges golang-migrate's history: a single row with the version and a flag that is set until the
//! migration to or from it has succeeded.

use crate::migrations::layout::Type::{Bigint, Boolean};
use crate::migrations::layout::{Layout, Mark, Part};
use crate::migrations::tool_tables::{ToolTables, processes};
use crate::migrations::verdict::{Status, Verdict};

const TOOL: &str = "golang-migrate";

pub const LAYOUTS: &[Layout] = &[Layout {
    shared_names: &["schema_migrations", "schema_version", "schema_versions"],
    columns: &[("dirty", Boolean), ("version", Bigint)],
    reads: &["version", "dirty"],
    ..Layout::new(TOOL, Part::History, Mark::MigrationName)
}];

// The columns that the layout reads.
const VERSION: usize = 0;
const DIRTY: usize = 1;

/// Factor that golang-migrate multiplies a CRC by to get the key of its advisory lock.
const SALT: u64 = 1_486_364_155;

/// Reports a dirty row. The row is dirty from before a migration starts until it has succeeded.
/// There is no fix: the right one depends on what the migration has left behind, which the history
/// does not record.
pub fn judge(tables: &ToolTables) -> Verdict {
    let key = key(&tables.schema, &tables.table, &tables.database);
    let row = tables.history.as_ref().and_then(|history| history.newest(VERSION, |_| true));
    let version = row.and_then(|row| row.text(VERSION)).unwrap_or_default().to_owned();
    if !row.is_some_and(|row| row.is_true(DIRTY)) {
        let version = row.map(|_| version);
        return Verdict::clean(version).lock_key(key);
    }
    let holders = tables.holders(key);
    if !holders.is_empty() {
        let detail =
            format!("migrating to or from {version}: {} holds golang-migrate's lock {key}", processes(&holders));
        return Verdict::of(Status::InProgress, Some(version), detail);
    }
    if tables.is_standby {
        let what = format!("the migration to or from {version} has started and not succeeded");
        return Verdict::unseen(Some(version), &what);
    }
    let detail = format!(
        "the migration to or from {version} failed or was interrupted; undo its changes by hand and run migrate force V, \
         where V is the version before it (-1 if there is none), or complete it and run migrate force {version}"
    );
    Verdict::of(Status::Dirty, Some(version), detail)
}

/// Returns the key of the advisory lock of golang-migrate 4.15 and later.
fn key(schema: &str, table: &str, database: &str) -> i64 {
    let crc = crc32fast::hash(format!("{schema}\0{table}\0{database}").as_bytes());
    i64::from((u64::from(crc).wrapping_mul(SALT)) as u32)
}
