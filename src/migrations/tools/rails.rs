//! ActiveRecord, and dbmate, whose table is the same.

use crate::migrations::discover::Found;
use crate::migrations::layout::Type::Text;
use crate::migrations::layout::{Layout, Mark, Part};
use std::collections::HashSet;

const TOOL: &str = "Rails (ActiveRecord)";
/// What a history without metadata is: ActiveRecord has made them since 5.0.
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

/// Only metadata beside it in its schema make a history ActiveRecord's.
pub fn tell_from_dbmate(found: &mut [Found]) {
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
