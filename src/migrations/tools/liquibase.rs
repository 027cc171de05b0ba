//! Liquibase: a history and a lock, in lower case, or quoted in upper case.

use crate::migrations::layout::Type::{Boolean, Integer, Text, Time};
use crate::migrations::layout::{Layout, Mark, Part};

const TOOL: &str = "Liquibase";

pub const LAYOUTS: &[Layout] = &[
    Layout {
        own_names: &["databasechangelog"],
        columns: &[
            ("orderexecuted", Integer),
            ("id", Text),
            ("author", Text),
            ("filename", Text),
            ("dateexecuted", Time),
            ("exectype", Text),
        ],
        reads: &["orderexecuted", "id", "author", "filename"],
        ..Layout::new(TOOL, Part::History, Mark::Columns)
    },
    Layout {
        own_names: &["DATABASECHANGELOG"],
        columns: &[
            ("ORDEREXECUTED", Integer),
            ("ID", Text),
            ("AUTHOR", Text),
            ("FILENAME", Text),
            ("DATEEXECUTED", Time),
            ("EXECTYPE", Text),
        ],
        reads: &["ORDEREXECUTED", "ID", "AUTHOR", "FILENAME"],
        ..Layout::new(TOOL, Part::History, Mark::Columns)
    },
    Layout {
        own_names: &["databasechangeloglock"],
        columns: &[("lockgranted", Time), ("id", Integer), ("locked", Boolean), ("lockedby", Text)],
        reads: &["id", "locked", "lockgranted", "lockedby"],
        ..Layout::new(TOOL, Part::Lock, Mark::Columns)
    },
    Layout {
        own_names: &["DATABASECHANGELOGLOCK"],
        columns: &[("LOCKGRANTED", Time), ("ID", Integer), ("LOCKED", Boolean), ("LOCKEDBY", Text)],
        reads: &["ID", "LOCKED", "LOCKGRANTED", "LOCKEDBY"],
        ..Layout::new(TOOL, Part::Lock, Mark::Columns)
    },
];
