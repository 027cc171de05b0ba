//! Judges Flyway's history.

use crate::migrations::layout::Type::{Boolean, Integer, Text, Time};
use crate::migrations::layout::{Layout, Mark, Part};
use crate::migrations::tool_tables::{MAX_NAMED_ROWS, Row, ToolTables};
use crate::migrations::verdict::{Status, Verdict};
use std::collections::HashMap;

const TOOL: &str = "Flyway";

pub const LAYOUTS: &[Layout] = &[Layout {
    own_names: &["flyway_schema_history"],
    shared_names: &["schema_version"],
    columns: &[
        ("installed_rank", Integer),
        ("version", Text),
        ("description", Text),
        ("type", Text),
        ("script", Text),
        ("installed_on", Time),
        ("success", Boolean),
    ],
    reads: &["installed_rank", "version", "description", "type", "script", "installed_on", "success"],
    ..Layout::new(TOOL, Part::History, Mark::Columns)
}];

// The columns that the layout reads.
const RANK: usize = 0;
const VERSION: usize = 1;
const DESCRIPTION: usize = 2;
const TYPE: usize = 3;
const SCRIPT: usize = 4;
const INSTALLED: usize = 5;
const SUCCESS: usize = 6;

/// Reports rows without success, which stop Flyway until `repair` removes them. On PostgreSQL only
/// a migration that ran outside a transaction leaves such a row: otherwise the row is rolled back
/// together with the migration.
pub fn judge(tables: &ToolTables) -> Verdict {
    let Some(history) = &tables.history else { return Verdict::clean(None) };
    let mut failed: Vec<&Row> = history.rows.iter().filter(|row| !row.is_true(SUCCESS)).collect();
    failed.sort_by_key(|row| row.integer(RANK));
    let Some(first) = failed.first() else { return Verdict::clean(current(&history.rows)) };
    let what = match first.text(VERSION) {
        Some(version) => version.to_owned(),
        None => first.text(DESCRIPTION).unwrap_or_default().to_owned(),
    };
    let (others, remedy) = match failed.len() - 1 {
        0 => (String::new(), "undo its changes by hand, then run flyway repair to remove its row"),
        count => (
            format!("; so did {count} more"),
            "undo their changes by hand, then run flyway repair to remove their rows",
        ),
    };
    let detail = format!(
        "{} failed {}{others}",
        first.text(SCRIPT).unwrap_or_default(),
        tables.since(first, INSTALLED).unwrap_or_default(),
    );
    let ranks: Vec<String> =
        failed.iter().take(MAX_NAMED_ROWS).filter_map(|row| row.integer(RANK)).map(|rank| rank.to_string()).collect();
    let verdict = Verdict::of(Status::Failed, Some(what), detail).or_fix(remedy);
    if ranks.is_empty() {
        return verdict;
    }
    verdict.fix(format!(
        "DELETE FROM {} WHERE installed_rank IN ({}) AND success IS NOT TRUE;",
        history.name,
        ranks.join(", ")
    ))
}

/// Returns the version that was applied last and was neither undone nor marked as deleted.
fn current(rows: &[Row]) -> Option<String> {
    let mut rows: Vec<&Row> = rows.iter().filter(|row| !row.is_null(VERSION)).collect();
    rows.sort_by_key(|row| row.integer(RANK));
    let mut applied: HashMap<&str, Option<i64>> = HashMap::new();
    for row in rows {
        let version = row.text(VERSION).unwrap_or_default();
        let kind = row.text(TYPE).unwrap_or_default();
        if kind == "DELETE" || kind.starts_with("UNDO") {
            applied.remove(version);
        } else {
            applied.insert(version, row.integer(RANK));
        }
    }
    applied.into_iter().max_by_key(|(_, rank)| *rank).map(|(version, _)| version.to_owned())
}
