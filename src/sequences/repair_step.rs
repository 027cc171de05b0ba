//! Records the result of a repair, step by step.

use super::outcome::Outcome;
use crate::error::Error;
use crate::report::wording::{self, Clause};
use pgrx::pg_sys::Oid;

/// The result of one look at the columns.
pub struct Step {
    pub outcome: Outcome,
    pub old_next: Option<i64>,
    pub new_next: Option<i64>,
    pub table: Option<Oid>,
    pub notes: Vec<Clause>,
}

impl Step {
    pub fn skipped(next: Option<i64>, reason: impl Into<Clause>) -> Step {
        Step::all_skipped(next, vec![reason.into()])
    }

    pub fn all_skipped(next: Option<i64>, notes: Vec<Clause>) -> Step {
        Step { outcome: Outcome::Skipped, old_next: next, new_next: next, table: None, notes }
    }

    pub fn unchanged(next: Option<i64>) -> Step {
        Step { outcome: Outcome::Unchanged, old_next: next, new_next: next, table: None, notes: vec![] }
    }

    /// Merges two looks: the position before the first and the one after the second.
    pub fn join(mut self, second: Step) -> Step {
        match (self.outcome, second.outcome) {
            (Outcome::Advanced, Outcome::Advanced) => Step { old_next: self.old_next, ..second },
            (Outcome::Advanced, _) => {
                self.notes = if second.notes.is_empty() { self.notes } else { second.notes };
                self
            }
            _ => second,
        }
    }

    /// Adds why ids may still be in the way.
    pub fn incomplete(mut self, reasons: Vec<Clause>) -> Step {
        if self.outcome == Outcome::Unchanged {
            self.outcome = Outcome::Skipped;
        }
        self.notes.extend(reasons);
        self
    }

    /// Keeps what was done before the fence failed.
    pub fn unfenced(self, error: &Error) -> Step {
        self.incomplete(vec![format!("not fenced: {}", wording::error(error)).into()])
    }
}
