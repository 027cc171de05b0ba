//! Defines the options of a repair, and its report.

use crate::pg::names::QualifiedName;
use crate::report::wording::Clause;
use pgrx::pg_sys::Oid;

#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub dry_run: bool,
    /// How many ids to keep free beyond the furthest one.
    pub margin: i64,
    /// Whether to wait for the writers in progress and then look again.
    pub fence: bool,
}

/// The values of the column `outcome`, in the order of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    Skipped,
    Advanced,
    WouldAdvance,
    Unchanged,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Skipped => "skipped",
            Outcome::Advanced => "advanced",
            Outcome::WouldAdvance => "would_advance",
            Outcome::Unchanged => "unchanged",
        }
    }
}

/// One row of seq_resync.
#[derive(Clone, Debug)]
pub struct Report {
    pub outcome: Outcome,
    pub sequence: Option<Oid>,
    pub table: Option<Oid>,
    pub old_next: Option<i64>,
    pub new_next: Option<i64>,
    pub detail: Vec<Clause>,
    /// Only for sorting.
    pub name: Option<QualifiedName>,
}
