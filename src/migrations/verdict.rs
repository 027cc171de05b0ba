//! What is said of a tool's tables.

use super::layout::Part;
use crate::locks;

/// As in the column `state`, in the order of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// A migration failed, and the tool refuses to go on.
    Failed,
    /// As `Failed`, by a tool that does not tell a failed migration from one that was interrupted.
    Dirty,
    /// The tool's own lock is taken.
    Locked,
    /// Somebody is at it.
    InProgress,
    /// The tables could not be read, or are not as the tool makes them.
    Unknown,
    Clean,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Failed => "failed",
            Status::Dirty => "dirty",
            Status::Locked => "locked",
            Status::InProgress => "in_progress",
            Status::Unknown => "unknown",
            Status::Clean => "clean",
        }
    }
}

/// A clause of a verdict's detail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clause {
    Said(String),
    /// What people would do, and what the fix does as long as there is one.
    Fixed(String),
}

/// A judge's word on a tool's tables in one schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub status: Status,
    /// The table it is about.
    pub part: Part,
    /// The newest version applied, or the one that failed, as the tool prints it.
    pub version: Option<String>,
    /// What the column `detail` says, clause by clause.
    pub clauses: Vec<Clause>,
    pub fix: Option<String>,
    /// The tables alone do not tell whether somebody is still at work.
    pub is_doubtful: bool,
    /// The key of the tool's advisory lock, where its tables tell it.
    pub lock_key: Option<i64>,
    /// What is wrong with the lock, if the state says only that it is taken.
    pub lock: Option<locks::Status>,
    /// It is an advisory lock.
    pub is_advisory: bool,
}

impl Verdict {
    pub fn clean(version: Option<String>) -> Verdict {
        Verdict {
            status: Status::Clean,
            part: Part::History,
            version,
            clauses: Vec::new(),
            fix: None,
            is_doubtful: false,
            lock_key: None,
            lock: None,
            is_advisory: false,
        }
    }

    pub fn of(status: Status, version: Option<String>, detail: impl Into<String>) -> Verdict {
        Verdict { status, clauses: vec![Clause::Said(detail.into())], ..Verdict::clean(version) }
    }

    /// The lock's table says so.
    pub fn locked(version: Option<String>, detail: impl Into<String>) -> Verdict {
        Verdict { part: Part::Lock, is_doubtful: true, ..Verdict::of(Status::Locked, version, detail) }
    }

    /// Names the key of the tool's advisory lock: who holds it is said, although the tables are in order.
    pub fn lock_key(mut self, key: i64) -> Verdict {
        self.lock_key = Some(key);
        self
    }

    pub fn fix(mut self, fix: impl Into<String>) -> Verdict {
        self.fix = Some(fix.into());
        self
    }

    /// Adds what people would do, which the fix does as well.
    pub fn or_fix(mut self, action: impl Into<String>) -> Verdict {
        self.clauses.push(Clause::Fixed(action.into()));
        self
    }

    /// Takes the fix back and says why.
    pub fn withhold_fix(&mut self, why: &str) {
        self.fix = None;
        self.note(why);
    }

    /// Adds a clause to the detail.
    pub fn note(&mut self, clause: &str) {
        self.clauses.push(Clause::Said(clause.to_owned()));
    }

    /// Returns the clauses as one text; `None` if there is nothing to say.
    pub fn detail(&self) -> Option<String> {
        let clauses = self.clauses.iter().map(|clause| match clause {
            Clause::Fixed(action) if self.fix.is_some() => format!("{action}, as the fix does"),
            Clause::Fixed(text) | Clause::Said(text) => text.clone(),
        });
        (!self.clauses.is_empty()).then(|| clauses.collect::<Vec<_>>().join("; "))
    }
}
