//! Collects what checks could not read because the current user lacks a privilege, and reports it
//! in one row.

use super::finding::{Finding, Severity, UNREADABLE};
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
    Function,
    MigrationHistory,
    /// A lock whose session is hidden.
    AdvisoryLock,
}

impl Kind {
    fn counted(self, count: usize) -> String {
        let (one, several) = match self {
            Kind::Sequence => ("sequence", "sequences"),
            Kind::ForeignKey => ("foreign key", "foreign keys"),
            Kind::Function => ("function", "functions"),
            Kind::MigrationHistory => ("migration history", "migration histories"),
            Kind::AdvisoryLock => ("advisory lock", "advisory locks"),
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

    /// Returns how many objects have been noted.
    pub fn count(&self) -> usize {
        self.0.borrow().len()
    }

    /// Returns the names of the objects that were noted after the first `count` ones.
    pub fn labels_since(&self, count: usize) -> Vec<String> {
        self.0.borrow().iter().skip(count).map(|(_, label)| label.clone()).collect()
    }

    /// Returns the row that reports it, or `None` if everything could be read.
    pub fn finding(&self) -> Result<Option<Finding>, Error> {
        let noted = self.0.borrow();
        if noted.is_empty() {
            return Ok(None);
        }
        let count = |kind: Kind| noted.iter().filter(|(other, _)| *other == kind).count();
        let kinds =
            [Kind::Sequence, Kind::ForeignKey, Kind::Function, Kind::MigrationHistory, Kind::AdvisoryLock].into_iter();
        let counts: Vec<String> =
            kinds.map(|kind| (kind, count(kind))).filter(|(_, n)| *n > 0).map(|(kind, n)| kind.counted(n)).collect();
        let labels: Vec<&str> = noted.iter().map(|(_, label)| label.as_str()).collect();
        let not_judged = list("not judged:", &labels);
        let statements = Statements::new()?;
        let fix = match count(Kind::AdvisoryLock) {
            0 => statements.grant_reading(),
            locks if locks == noted.len() => statements.grant_stats(),
            _ => statements.grant_monitoring(),
        };
        Ok(Some(Finding {
            severity: Severity::Warning,
            check_name: UNREADABLE,
            object: format!("role {}", quote_identifier(&access::current_user())),
            detail: format!("lacks privileges to judge {}; {not_judged}", counts.join(", ")),
            fix: Some(fix),
        }))
    }
}
