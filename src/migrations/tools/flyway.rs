//! Flyway.

use crate::migrations::layout::Type::{Boolean, Integer, Text, Time};
use crate::migrations::layout::{Layout, Mark, Part};

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
