//! Defines the rows of migration_rehearse.

use crate::pg::rehearsal::observed::{Lock, Relation, Scan};
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Ok,
    Failed,
    NotReached,
    NotRehearsed,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Ok => "ok",
            Status::Failed => "failed",
            Status::NotReached => "not_reached",
            Status::NotRehearsed => "not_rehearsed",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Row {
    pub status: Status,
    pub statement: Option<i32>,
    pub line: Option<i32>,
    pub command: Option<String>,
    pub rows: Option<i64>,
    pub duration: Option<Duration>,
    pub scanned: Option<Vec<Scan>>,
    pub rewritten: Option<Vec<Relation>>,
    pub locks: Option<Vec<Lock>>,
    pub sqlstate: Option<String>,
    pub message: Option<String>,
    pub detail: Vec<String>,
    pub hint: Option<String>,
    pub constraint: Option<String>,
    /// Whether the real run acquires other locks: the statement ran without CONCURRENTLY.
    pub locks_differ: bool,
    /// Whether the transaction's locks are released after it in the real run.
    pub releases: bool,
}

impl Row {
    /// Returns a row with a note in its detail.
    pub fn noted(status: Status, note: impl Into<String>) -> Row {
        Row { detail: vec![note.into()], ..Row::new(status) }
    }

    pub fn new(status: Status) -> Row {
        Row {
            status,
            statement: None,
            line: None,
            command: None,
            rows: None,
            duration: None,
            scanned: None,
            rewritten: None,
            locks: None,
            sqlstate: None,
            message: None,
            detail: Vec::new(),
            hint: None,
            constraint: None,
            locks_differ: false,
            releases: false,
        }
    }
}
