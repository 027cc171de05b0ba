//! Defines the findings of seq_audit.

use super::link::Kind;
use super::verdict::Status;
use crate::pg::names::{self, QualifiedName};
use pgrx::pg_sys::Oid;

/// One row of seq_audit.
#[derive(Clone, Debug)]
pub struct Finding {
    pub status: Status,
    /// `None` for a sequence that no column is known to draw from.
    pub table: Option<Oid>,
    /// The table's name, or the sequence's if there is no table.
    pub name: QualifiedName,
    pub column: Option<String>,
    pub sequence: Option<Oid>,
    pub next_value: Option<i64>,
    pub max_id: Option<i64>,
    pub behind_by: Option<i64>,
    pub inserts_left: Option<i64>,
    pub used_basis_points: Option<u16>,
    pub kind: Kind,
    pub detail: Option<String>,
    pub fix: Option<String>,
    /// How many values the sequence would have to skip to pass every id of the column, if it met
    /// one of them.
    pub values_to_pass: Option<i64>,
    /// Whether the sequence is behind because an active subscription feeds the table.
    pub is_subscriber: bool,
    /// Whether the sequence is behind by a distant collision that seq_resync declines to repair.
    pub is_declined: bool,
    /// Whether a table of the hierarchy could not be judged, whatever the verdict on the others.
    pub is_partly_unknown: bool,
    /// Whether the status is unknown because the current user lacks a privilege.
    pub lacks_privilege: bool,
}

impl Finding {
    pub fn blank(kind: Kind) -> Finding {
        Finding {
            status: Status::Unknown,
            table: None,
            name: QualifiedName { schema: String::new(), name: String::new() },
            column: None,
            sequence: None,
            next_value: None,
            max_id: None,
            behind_by: None,
            inserts_left: None,
            used_basis_points: None,
            kind,
            detail: None,
            fix: None,
            values_to_pass: None,
            is_subscriber: false,
            is_declined: false,
            is_partly_unknown: false,
            lacks_privilege: false,
        }
    }

    /// Returns `schema.table.column`, quoted, for messages.
    pub fn column_label(&self) -> String {
        let column = names::quote_identifier(self.column.as_deref().unwrap_or_default());
        format!("{}.{column}", self.name.quoted())
    }
}
