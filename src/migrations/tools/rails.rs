//! Judges the histories of ActiveRecord and of dbmate, whose table is the same.

use crate::migrations::found::Found;
use crate::migrations::layout::Type::Text;
use crate::migrations::layout::{Layout, Mark, Part};
use crate::migrations::tool_tables::ToolTables;
use crate::migrations::verdict::Verdict;
use std::collections::HashSet;

const TOOL: &str = "Rails (ActiveRecord)";
/// Name of the tool of a history without metadata, which ActiveRecord has created since 5.0.
const EITHER: &str = "Rails (ActiveRecord) or dbmate";

pub const LAYOUTS: &[Layout] = &[
    Layout {
        shared_names: &["schema_migrations"],
        columns: &[("version", Text)],
        reads: &["version"],
        ..Layout::new(TOOL, Part::History, Mark::SharedName)
    },
    Layout {
        own_names: &["ar_internal_metadata"],
        columns: &[("key", Text), ("value", Text)],
        reads: &["key", "value"],
        ..Layout::new(TOOL, Part::Metadata, Mark::OwnName)
    },
];

/// Renames the tool of histories without a metadata table in the same schema: only those with one
/// are certainly ActiveRecord's.
// The type is that of `Judge::revise`.
#[allow(clippy::ptr_arg)]
pub fn tell_from_dbmate(found: &mut Vec<Found>) {
    let schemas: HashSet<String> = found
        .iter()
        .filter(|found| found.tool == TOOL && found.layout.part == Part::Metadata)
        .map(|found| found.relation.schema.clone())
        .collect();
    for found in found.iter_mut().filter(|found| found.tool == TOOL && found.layout.part == Part::History) {
        if !schemas.contains(&found.relation.schema) {
            found.tool = EITHER;
        }
    }
}

const VERSION: usize = 0;
// The columns that the metadata's layout reads.
const KEY: usize = 0;
const VALUE: usize = 1;

/// Returns the newest version, with the environment as a remark: the history records only applied
/// migrations.
pub fn judge(tables: &ToolTables) -> Verdict {
    let newest = tables.history.as_ref().and_then(|history| history.newest(VERSION, |_| true));
    let mut verdict = Verdict::clean(newest.and_then(|row| row.text(VERSION)).map(str::to_owned));
    let environment = ToolTables::rows(&tables.metadata).iter().find(|row| row.text(KEY) == Some("environment"));
    if let Some(environment) = environment.and_then(|row| row.text(VALUE)) {
        verdict.note(&format!("environment: {environment}"));
    }
    verdict
}
