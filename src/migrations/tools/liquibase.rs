//! Liquibase: a history and a lock, in lower case, or quoted in upper case.

use crate::migrations::layout::Type::{Boolean, Integer, Text, Time};
use crate::migrations::layout::{Layout, Mark, Part};
use crate::migrations::tool_tables::{Row, Scene};
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

// What the history's layout reads.
const ORDER: usize = 0;
const CHANGE_SET: usize = 1;
const AUTHOR: usize = 2;
const FILE: usize = 3;
// And the lock's.
const ID: usize = 0;
const LOCKED: usize = 1;
const GRANTED: usize = 2;
const LOCKED_BY: usize = 3;

/// The lock is a row that stays `locked` if its holder dies. When it was taken it says by the clock of the holder's host.
pub fn judge(scene: &Scene) -> Verdict {
    let version = scene.history.as_ref().and_then(|history| history.newest(ORDER, |_| true)).map(change_set);
    let Some(lock) = &scene.lock else { return Verdict::clean(version) };
    let Some(row) = lock.rows.iter().find(|row| row.is_true(LOCKED)) else { return Verdict::clean(version) };
    let by = row.text(LOCKED_BY).unwrap_or("nobody knows whom");
    let since = scene.since(row, GRANTED).map(|since| format!(" since {since}")).unwrap_or_default();
    let detail = format!("locked by {by}{since}");
    if row.moment(GRANTED).is_some_and(|granted| scene.is_fresh(granted)) {
        return Verdict::locked(version, format!("{detail}; so young that somebody may be at work"));
    }
    let [id, locked, granted, locked_by] = lock.columns.as_slice() else { return Verdict::locked(version, detail) };
    // Another run may have taken the lock by the time that the fix is pasted.
    let is_same = row.text(GRANTED).map(|text| format!(" AND {granted} = {}", literal(text))).unwrap_or_default();
    Verdict::locked(version, detail).or_fix("if it does not run any more, liquibase release-locks").fix(format!(
        "UPDATE {} SET {locked} = FALSE, {granted} = NULL, {locked_by} = NULL WHERE {id} = {}{is_same};",
        lock.name,
        row.integer(ID).unwrap_or(1)
    ))
}

/// As Liquibase prints it.
fn change_set(row: &Row) -> String {
    let part = |column| row.text(column).unwrap_or_default();
    format!("{}::{}::{}", part(FILE), part(CHANGE_SET), part(AUTHOR))
}
