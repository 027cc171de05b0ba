//! goose: a history, and a lock if it is told to use a table.

use crate::migrations::layout::Type::{Bigint, Boolean, Integer, Text, Time};
use crate::migrations::layout::{Layout, Mark, Part};

const TOOL: &str = "goose";

pub const LAYOUTS: &[Layout] = &[
    Layout {
        own_names: &["goose_db_version"],
        columns: &[("is_applied", Boolean), ("id", Integer), ("version_id", Bigint), ("tstamp", Time)],
        reads: &["id", "version_id", "is_applied"],
        ..Layout::new(TOOL, Part::History, Mark::Columns)
    },
    Layout {
        own_names: &["goose_lock"],
        columns: &[
            ("lease_expires_at", Time),
            ("lock_id", Bigint),
            ("locked", Boolean),
            ("locked_at", Time),
            ("locked_by", Text),
        ],
        reads: &["lock_id", "locked", "locked_at", "locked_by", "lease_expires_at"],
        ..Layout::new(TOOL, Part::Lock, Mark::Columns)
    },
];
