//! golang-migrate: one row, with the version and whether it was reached.

use crate::migrations::layout::Type::{Bigint, Boolean};
use crate::migrations::layout::{Layout, Mark, Part};
use crate::migrations::tool_tables::{Scene, processes};
use crate::migrations::verdict::{Status, Verdict};

const TOOL: &str = "golang-migrate";

pub const LAYOUTS: &[Layout] = &[Layout {
    shared_names: &["schema_migrations", "schema_version", "schema_versions"],
    columns: &[("dirty", Boolean), ("version", Bigint)],
    reads: &["version", "dirty"],
    ..Layout::new(TOOL, Part::History, Mark::MigrationName)
}];

// What the layout reads.
const VERSION: usize = 0;
const DIRTY: usize = 1;

/// Makes the key of the advisory lock together with a CRC.
const SALT: u64 = 1_486_364_155;

/// The row is dirty from before a migration begins until it has succeeded. No fix: what is right depends on what the migration
/// has left behind, which nobody can read here.
pub fn judge(scene: &Scene) -> Verdict {
    let key = key(&scene.schema, &scene.table, &scene.database);
    let row = scene.history.as_ref().and_then(|history| history.newest(VERSION, |_| true));
    let version = row.and_then(|row| row.text(VERSION)).unwrap_or_default().to_owned();
    if !row.is_some_and(|row| row.is_true(DIRTY)) {
        let version = row.map(|_| version);
        return Verdict::clean(version).lock_key(key);
    }
    let holders = scene.holders(key);
    if !holders.is_empty() {
        let detail = format!("at work on {version}: {} holds golang-migrate's lock {key}", processes(&holders));
        return Verdict::of(Status::InProgress, Some(version), detail);
    }
    let detail = format!(
        "the migration to or from {version} failed or was interrupted; undo by hand what it has done and migrate force V, V \
         being the version that is there then (-1: none), or complete it and migrate force {version}"
    );
    Verdict::of(Status::Dirty, Some(version), detail)
}

/// The key of the advisory lock of golang-migrate 4.15 and later.
fn key(schema: &str, table: &str, database: &str) -> i64 {
    let crc = crc32fast::hash(format!("{schema}\0{table}\0{database}").as_bytes());
    i64::from((u64::from(crc).wrapping_mul(SALT)) as u32)
}
