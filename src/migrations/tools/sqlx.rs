//! sqlx.

use crate::migrations::layout::Type::{Bigint, Boolean, Bytes, Text, Time};
use crate::migrations::layout::{Layout, Mark, Part};

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
