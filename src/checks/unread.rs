//! Collects what checks could not read because the current user lacks a privilege, and reports it
//! in one row.

use super::finding::{Finding, Severity};
use crate::error::Error;
use crate::pg::access;
use crate::pg::names::quote_identifier;
use crate::report::statements::Statements;
use crate::report::wording::list;
use std::cell::RefCell;

/// The kind of an object that a check would have judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Sequence,
    ForeignKey,
    MigrationHistory,
}

impl Kind {
    fn counted(self, count: usize) -> String {
        let (one, several) = match self {
            Kind::Sequence => ("sequence", "sequences"),
            Kind::ForeignKey => ("foreign key", "foreign keys"),
            Kind::MigrationHistory => ("migration history", "migration histories"),
        };
        format!("{count} {}", if count == 1 { one } else { several })
    }
}

/// The objects that could not be read so far, each with its name as shown.
#[derive(Debug, Default)]
pub struct Unread(RefCell<Vec<(Kind, String)>>);

impl Unread {
    pub fn note(&self, kind: Kind, label: String) {
        self.0.borrow_mut().push((kind, label));
    }

    /// Returns the row that reports it, or `None` if everything could be read.
    pub fn finding(&self) -> Result<Option<Finding>, Error> {
        let noted = self.0.borrow();
        if noted.is_empty() {
            return Ok(None);
        }
        let count = |kind: Kind| noted.iter().filter(|(other, _)| *other == kind).count();
        let kinds = [Kind::Sequence, Kind::ForeignKey, Kind::MigrationHistory].into_iter();
        let counts: Vec<String> =
            kinds.map(|kind| (kind, count(kind))).filter(|(_, n)| *n > 0).map(|(kind, n)| kind.counted(n)).collect();
        let labels: Vec<&str> = noted.iter().map(|(_, label)| label.as_str()).collect();
        let not_judged = list("not judged:", &labels);
        Ok(Some(Finding {
            severity: Severity::Warning,
            check_name: "unreadable",
            object: format!("role {}", quote_identifier(&access::current_user())),
            detail: format!("lacks privileges to judge {}; {not_judged}", counts.join(", ")),
            fix: Some(Statements::new()?.grant_reading()),
        }))
    }
}
