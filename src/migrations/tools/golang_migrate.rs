//! golang-migrate: one row, with the version and whether it was reached.

use crate::migrations::layout::Type::{Bigint, Boolean};
use crate::migrations::layout::{Layout, Mark, Part};

const TOOL: &str = "golang-migrate";

pub const LAYOUTS: &[Layout] = &[Layout {
    shared_names: &["schema_migrations"],
    columns: &[("dirty", Boolean), ("version", Bigint)],
    reads: &["version", "dirty"],
    ..Layout::new(TOOL, Part::History, Mark::ColumnsAlone)
}];
