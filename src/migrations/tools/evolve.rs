//! Judges Evolve's history.

use crate::migrations::layout::Type::{Boolean, Integer, Text, Time};
use crate::migrations::layout::{Layout, Mark, Part};
use crate::migrations::tool_tables::{Row, ToolTables};
use crate::migrations::verdict::{Status, Verdict};
use std::collections::HashMap;

const TOOL: &str = "Evolve";

pub const LAYOUTS: &[Layout] = &[Layout {
    shared_names: &["changelog"],
    columns: &[
        ("installed_by", Text),
        ("id", Integer),
        ("type", Integer),
        ("version", Text),
        ("description", Text),
        ("name", Text),
        ("checksum", Text),
        ("installed_on", Time),
        ("success", Boolean),
    ],
    reads: &["id", "version", "name", "installed_on", "success"],
    ..Layout::new(TOOL, Part::History, Mark::Columns)
}];

// The columns that the layout reads.
const ID: usize = 0;
const VERSION: usize = 1;
const NAME: usize = 2;
const INSTALLED: usize = 3;
const SUCCESS: usize = 4;

/// Reports the newest failed attempt. Evolve records a failed attempt but retries the script: a
/// later success of the same script resolves the failure.
pub fn judge(tables: &ToolTables) -> Verdict {
    let Some(history) = &tables.history else { return Verdict::clean(None) };
    let mut successes: HashMap<Option<&str>, Option<i64>> = HashMap::new();
    for row in history.rows.iter().filter(|row| row.is_true(SUCCESS)) {
        let newest = successes.entry(row.text(NAME)).or_default();
        *newest = (*newest).max(row.integer(ID));
    }
    let is_resolved =
        |failed: &Row| successes.get(&failed.text(NAME)).is_some_and(|newest| *newest > failed.integer(ID));
    let version = |row: &Row| row.text(VERSION).or(row.text(NAME)).map(str::to_owned);
    match history.newest(ID, |row| !row.is_true(SUCCESS) && !is_resolved(row)) {
        Some(failed) => {
            let name = failed.text(NAME).unwrap_or_default();
            let since = tables.since(failed, INSTALLED).unwrap_or_default();
            let detail = format!("{name} failed {since}; Evolve retries it on its next run");
            Verdict::of(Status::Failed, version(failed), detail)
        }
        None => Verdict::clean(history.newest(ID, |row| !row.is_null(VERSION)).and_then(version)),
    }
}
