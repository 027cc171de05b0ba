//! Judges Liquibase's history and its lock. Their names are in lower case, or quoted in upper case.

use super::MAY_BE_RUNNING;
use crate::migrations::layout::Type::{Boolean, Integer, Text, Time};
use crate::migrations::layout::{Layout, Mark, Part};
use crate::migrations::tool_tables::{Row, ToolTables};
use crate::migrations::verdict::Verdict;
use crate::report::quoting::literal;

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

// The columns that the history's layout reads.
const ORDER: usize = 0;
const CHANGE_SET: usize = 1;
const AUTHOR: usize = 2;
const FILE: usize = 3;
// The columns that the lock's layout reads.
const ID: usize = 0;
const LOCKED: usize = 1;
const GRANTED: usize = 2;
const LOCKED_BY: usize = 3;

/// Reports the lock. It is a row that remains `locked` if its holder dies. Its time comes from the
/// clock of the holder's host.
pub fn judge(tables: &ToolTables) -> Verdict {
    let version = tables.history.as_ref().and_then(|history| history.newest(ORDER, |_| true)).map(change_set);
    let Some(lock) = &tables.lock else { return Verdict::clean(version) };
    let Some(row) = lock.rows.iter().find(|row| row.is_true(LOCKED)) else { return Verdict::clean(version) };
    let by = row.text(LOCKED_BY).unwrap_or("an unknown holder");
    let since = tables.since(row, GRANTED).map(|since| format!(" since {since}")).unwrap_or_default();
    let detail = format!("locked by {by}{since}");
    if row.moment(GRANTED).is_some_and(|granted| tables.is_fresh(granted)) {
        return Verdict::locked(version, format!("{detail}; {MAY_BE_RUNNING}"));
    }
    let [id, locked, granted, locked_by] = lock.columns.as_slice() else { return Verdict::locked(version, detail) };
    // Another run may have acquired the lock by the time that the fix is executed.
    let is_same = row.text(GRANTED).map(|text| format!(" AND {granted} = {}", literal(text))).unwrap_or_default();
    Verdict::locked(version, detail).or_fix("if that process is no longer running, run liquibase release-locks").fix(
        format!(
            "UPDATE {} SET {locked} = FALSE, {granted} = NULL, {locked_by} = NULL WHERE {id} = {}{is_same};",
            lock.name,
            row.integer(ID).unwrap_or(1)
        ),
    )
}

/// Returns the change set as Liquibase prints it.
fn change_set(row: &Row) -> String {
    let part = |column| row.text(column).unwrap_or_default();
    format!("{}::{}::{}", part(FILE), part(CHANGE_SET), part(AUTHOR))
}
