//! Evolve.

use crate::migrations::layout::Type::{Boolean, Integer, Text, Time};
use crate::migrations::layout::{Layout, Mark, Part};

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
