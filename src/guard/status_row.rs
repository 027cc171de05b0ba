//! Defines the rows that the guard's functions return.

use crate::pg::names::{self, QualifiedName};
use pgrx::pg_sys::Oid;

/// The values of the column `status`, in the order of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    Disarmed,
    /// Another session's lock, or an error, kept it from being read.
    Unknown,
    NotGuardable,
    Armed,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Disarmed => "disarmed",
            Status::Unknown => "unknown",
            Status::NotGuardable => "not_guardable",
            Status::Armed => "armed",
        }
    }
}

/// A row about a column that a sequence feeds, or without a table about how new tables are armed.
#[derive(Clone, Debug)]
pub struct StatusRow {
    pub status: Status,
    pub table: Option<Oid>,
    pub sequence: Option<Oid>,
    /// Why the table has this status.
    pub reason: Option<String>,
    /// The statement or action that changes the status.
    pub remedy: Option<String>,
    /// The sort key.
    pub name: Option<QualifiedName>,
}

impl StatusRow {
    pub fn general(status: Status, reason: impl Into<String>) -> StatusRow {
        StatusRow { status, table: None, sequence: None, reason: Some(reason.into()), remedy: None, name: None }
    }

    pub fn of_table(status: Status, table: Oid, reason: Option<String>) -> StatusRow {
        StatusRow {
            status,
            table: Some(table),
            sequence: None,
            reason,
            remedy: None,
            name: names::relation_name(table),
        }
    }

    pub fn remedy(self, remedy: impl Into<String>) -> StatusRow {
        StatusRow { remedy: Some(remedy.into()), ..self }
    }

    /// Returns the value of the column `detail`.
    pub fn detail(&self) -> Option<String> {
        let parts = [self.reason.as_deref(), self.remedy.as_deref()].into_iter().flatten().collect::<Vec<_>>();
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

/// Sorts rows into the order in which they are shown.
pub fn sort(rows: &mut [StatusRow]) {
    let order = |row: &StatusRow| row.table.map(|_| row.status);
    rows.sort_by(|one, other| (order(one), &one.name).cmp(&(order(other), &other.name)));
}
