//! Judges Atlas's history: one row for each file, with the number of its statements that have been
//! applied.

use super::MAY_BE_RUNNING;
use crate::migrations::layout::Type::{Integer, Json, Text, Time};
use crate::migrations::layout::{Layout, Mark, Part};
use crate::migrations::log::ForeignKey;
use crate::migrations::tool_tables::{Row, ToolTables, gist};
use crate::migrations::verdict::{Status, Verdict};

const TOOL: &str = "Atlas";
const REMEDY: &str =
    "once the cause is fixed, run atlas migrate apply, or atlas migrate set VERSION if the rest was applied by hand";

pub const LAYOUTS: &[Layout] = &[Layout {
    own_names: &["atlas_schema_revisions"],
    columns: &[
        ("partial_hashes", Json),
        ("operator_version", Text),
        ("version", Text),
        ("description", Text),
        ("type", Integer),
        ("applied", Integer),
        ("total", Integer),
        ("executed_at", Time),
        ("execution_time", Integer),
        ("error", Text),
        ("error_stmt", Text),
        ("hash", Text),
    ],
    reads: &["version", "applied", "total", "executed_at", "error"],
    ..Layout::new(TOOL, Part::History, Mark::Columns)
}];

// The columns that the layout reads.
const VERSION: usize = 0;
const APPLIED: usize = 1;
const TOTAL: usize = 2;
const EXECUTED: usize = 3;
const ERROR: usize = 4;

/// Reports the first file that was not applied as a whole. Atlas continues after the file's last
/// applied statement, unless the applied part of the file has been edited since. There is no fix:
/// the tables do not tell how much of the rest was applied by hand.
pub fn judge(tables: &ToolTables) -> Verdict {
    // Rows whose version begins with a dot hold Atlas's own data.
    let files = || {
        ToolTables::rows(&tables.history).iter().filter(|row| !row.text(VERSION).unwrap_or_default().starts_with('.'))
    };
    let order = |row: &&Row| row.text(VERSION).map(str::to_owned);
    let error = |row: &Row| row.text(ERROR).unwrap_or_default().trim().to_owned();
    let Some(open) =
        files().filter(|row| !error(row).is_empty() || row.integer(APPLIED) < row.integer(TOTAL)).min_by_key(order)
    else {
        let newest = files().max_by_key(order);
        return Verdict::clean(newest.and_then(|row| row.text(VERSION)).map(str::to_owned));
    };
    let (error, since) = (error(open), tables.since(open, EXECUTED).unwrap_or_default());
    let done = format!("{} of its {} statements", open.text(APPLIED).unwrap_or("0"), open.text(TOTAL).unwrap_or("?"));
    let version = open.text(VERSION).map(str::to_owned);
    if error.is_empty() {
        let what = format!("started {since}, {done} applied");
        if open.moment(EXECUTED).is_some_and(|started| tables.is_fresh(started)) {
            return Verdict::of(Status::InProgress, version, format!("{what}; {MAY_BE_RUNNING}"));
        }
        let mut verdict = Verdict::of(Status::Dirty, version, format!("{what}; {REMEDY}"));
        verdict.is_doubtful = true;
        return verdict;
    }
    let mut verdict =
        Verdict::of(Status::Failed, version, format!("failed {since}, {done} applied: {}; {REMEDY}", gist(&error)));
    verdict.violated = ForeignKey::read(&error);
    verdict
}
