//! Defines the verdict on a tool's tables.

use super::layout::Part;
use super::log::ForeignKey;
use crate::locks;
use crate::report::wording;

/// The state of a tool's migrations, as in the column `status`, in the order of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// A migration failed, and the tool refuses to continue.
    Failed,
    /// The same for a tool that does not distinguish a failed migration from an interrupted one.
    Dirty,
    /// The tool's own lock is held.
    Locked,
    /// A session is at work.
    InProgress,
    /// The tables could not be read, or are not as the tool creates them.
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
    /// What a person would do, and what the fix does if there is one.
    Fixed(String),
}

/// The verdict on a tool's tables in one schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub status: Status,
    /// The table that it is about.
    pub part: Part,
    /// The newest version applied, or the one that failed, as the tool prints it.
    pub version: Option<String>,
    /// The clauses of the column `detail`.
    pub clauses: Vec<Clause>,
    pub fix: Option<String>,
    /// Whether a session may still be at work, which the tables do not show.
    pub is_doubtful: bool,
    /// The key of the tool's advisory lock, if the tables determine it.
    pub lock_key: Option<i64>,
    /// The verdict on the lock, if it decides the status.
    pub lock: Option<locks::Status>,
    /// Whether that is an advisory lock.
    pub is_advisory: bool,
    /// The foreign key that rows violate, according to the tool's log.
    pub violated: Option<ForeignKey>,
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
            violated: None,
        }
    }

    pub fn of(status: Status, version: Option<String>, detail: impl Into<String>) -> Verdict {
        Verdict { status, clauses: vec![Clause::Said(detail.into())], ..Verdict::clean(version) }
    }

    /// Returns the verdict that a migration has not finished, on a standby, where its session would
    /// not be seen.
    pub fn unseen(version: Option<String>, what: &str) -> Verdict {
        Verdict::of(Status::Unknown, version, format!("{what}; only the primary knows whether it is still running"))
    }

    /// Returns the verdict that the lock's table shows the lock as held.
    pub fn locked(version: Option<String>, detail: impl Into<String>) -> Verdict {
        Verdict { part: Part::Lock, is_doubtful: true, ..Verdict::of(Status::Locked, version, detail) }
    }

    /// Sets the key of the tool's advisory lock, whose holder is reported although the tables are
    /// in order.
    pub fn lock_key(mut self, key: i64) -> Verdict {
        self.lock_key = Some(key);
        self
    }

    pub fn fix(mut self, fix: impl Into<String>) -> Verdict {
        self.fix = Some(fix.into());
        self
    }

    /// Adds a clause that says what a person would do, which the fix does as well.
    pub fn or_fix(mut self, action: impl Into<String>) -> Verdict {
        self.clauses.push(Clause::Fixed(action.into()));
        self
    }

    /// Removes the fix and adds the reason.
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
        wording::join(clauses)
    }
}
