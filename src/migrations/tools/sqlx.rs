//! Judges sqlx's history.

use crate::migrations::layout::Type::{Bigint, Boolean, Bytes, Text, Time};
use crate::migrations::layout::{Layout, Mark, Part};
use crate::migrations::tool_tables::{Row, ToolTables, processes};
use crate::migrations::verdict::{Status, Verdict};

const TOOL: &str = "sqlx";

pub const LAYOUTS: &[Layout] = &[Layout {
    own_names: &["_sqlx_migrations"],
    columns: &[
        ("execution_time", Bigint),
        ("version", Bigint),
        ("description", Text),
        ("installed_on", Time),
        ("success", Boolean),
        ("checksum", Bytes),
    ],
    reads: &["version", "description", "installed_on", "success"],
    ..Layout::new(TOOL, Part::History, Mark::Columns)
}];

// The columns that the layout reads.
const VERSION: usize = 0;
const DESCRIPTION: usize = 1;
const INSTALLED: usize = 2;
const SUCCESS: usize = 3;

/// Factor that sqlx multiplies a CRC by to get the key of its advisory lock.
const SALT: i64 = 0x3d32_ad9e;

/// Reports a row without success, which stops sqlx until it is removed ("migration … is partially
/// applied; fix and remove row"). Recent versions do not leave one on PostgreSQL: they insert the
/// row once the migration has succeeded.
pub fn judge(tables: &ToolTables) -> Verdict {
    let Some(history) = &tables.history else { return Verdict::clean(None) };
    let version = |row: &Row| row.text(VERSION).unwrap_or_default().to_owned();
    let failed = history.rows.iter().filter(|row| !row.is_true(SUCCESS)).min_by_key(|row| row.integer(VERSION));
    let key = SALT * i64::from(crc32fast::hash(tables.database.as_bytes()));
    let Some(failed) = failed else {
        let verdict = Verdict::clean(history.newest(VERSION, |_| true).map(version));
        return verdict.lock_key(key);
    };
    let what = format!(
        "{} ({}) was started {} and has not finished",
        version(failed),
        failed.text(DESCRIPTION).unwrap_or_default(),
        tables.since(failed, INSTALLED).unwrap_or_default()
    );
    let holders = tables.holders(key);
    if !holders.is_empty() {
        let detail = format!("{what}, and {} holds sqlx's lock {key}", processes(&holders));
        return Verdict::of(Status::InProgress, Some(version(failed)), detail);
    }
    if tables.is_standby {
        return Verdict::unseen(Some(version(failed)), &what);
    }
    let verdict =
        Verdict::of(Status::Failed, Some(version(failed)), what).or_fix("undo its changes by hand and delete its row");
    match failed.integer(VERSION) {
        Some(version) => {
            verdict.fix(format!("DELETE FROM {} WHERE version = {version} AND success IS NOT TRUE;", history.name))
        }
        None => verdict,
    }
}
