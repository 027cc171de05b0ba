//! Atlas: a row for each file, with how many of its statements have been applied.

use crate::migrations::layout::Type::{Integer, Json, Text, Time};
use crate::migrations::layout::{Layout, Mark, Part};
use crate::migrations::log::ForeignKey;
use crate::migrations::tool_tables::{Row, Scene, gist};
use crate::migrations::verdict::{Status, Verdict};

const TOOL: &str = "Atlas";

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

// What the layout reads.
const VERSION: usize = 0;
const APPLIED: usize = 1;
const TOTAL: usize = 2;
const EXECUTED: usize = 3;
const ERROR: usize = 4;

/// A file that was not applied as a whole stops Atlas where it differs from what it was then; otherwise Atlas goes on after the last
/// statement that worked. What is to be done with it is for people to decide.
pub fn judge(scene: &Scene) -> Verdict {
    // Those whose names begin with a dot are Atlas's own notes.
    let files =
        || Scene::rows(&scene.history).iter().filter(|row| !row.text(VERSION).unwrap_or_default().starts_with('.'));
    let order = |row: &&Row| row.text(VERSION).map(str::to_owned);
    let error = |row: &Row| row.text(ERROR).unwrap_or_default().trim().to_owned();
    let Some(open) =
        files().filter(|row| !error(row).is_empty() || row.integer(APPLIED) < row.integer(TOTAL)).min_by_key(order)
    else {
        let newest = files().max_by_key(order);
        return Verdict::clean(newest.and_then(|row| row.text(VERSION)).map(str::to_owned));
    };
    let (error, since) = (error(open), scene.since(open, EXECUTED).unwrap_or_default());
    let done = format!("{} of its {} statements", open.text(APPLIED).unwrap_or("0"), open.text(TOTAL).unwrap_or("?"));
    let version = open.text(VERSION).map(str::to_owned);
    if error.is_empty() {
        let what = format!("begun {since}, {done} applied");
        if open.moment(EXECUTED).is_some_and(|begun| scene.is_fresh(begun)) {
            return Verdict::of(Status::InProgress, version, format!("{what}; so young that somebody may be at work"));
        }
        let mut verdict = Verdict::of(Status::Dirty, version, format!("{what}; {WAY_OUT}"));
        verdict.is_doubtful = true;
        return verdict;
    }
    let mut verdict =
        Verdict::of(Status::Failed, version, format!("failed {since}, {done} applied: {}; {WAY_OUT}", gist(&error)));
    if let Some(key) = ForeignKey::read(&error) {
        verdict.note(&key.advice());
    }
    verdict
}

const WAY_OUT: &str = "atlas migrate apply goes on after them once the cause is fixed, or atlas migrate set VERSION where the rest was done by hand";
