//! What is said of a tool's tables.

use super::layout::Part;

/// As in the column `state`, in the order of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
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

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            State::Failed => "failed",
            State::Dirty => "dirty",
            State::Locked => "locked",
            State::InProgress => "in progress",
            State::Unknown => "unknown",
            State::Clean => "clean",
        }
    }
}

/// A judge's word on a tool's tables in one schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub state: State,
    /// The table it is about.
    pub part: Part,
    /// The newest version applied, or the one that failed, as the tool prints it.
    pub version: Option<String>,
    pub detail: Option<String>,
    pub fix: Option<String>,
}

impl Verdict {
    pub fn clean(version: Option<String>) -> Verdict {
        Verdict { state: State::Clean, part: Part::History, version, detail: None, fix: None }
    }

    pub fn of(state: State, version: Option<String>, detail: impl Into<String>) -> Verdict {
        Verdict { state, part: Part::History, version, detail: Some(detail.into()), fix: None }
    }

    /// The lock's table says so.
    pub fn locked(version: Option<String>, detail: impl Into<String>) -> Verdict {
        Verdict { part: Part::Lock, ..Verdict::of(State::Locked, version, detail) }
    }

    pub fn fix(mut self, fix: impl Into<String>) -> Verdict {
        self.fix = Some(fix.into());
        self
    }

    /// Adds a clause to the detail.
    pub fn note(&mut self, clause: &str) {
        self.detail = Some(match self.detail.take() {
            Some(detail) => format!("{detail}; {clause}"),
            None => clause.to_owned(),
        });
    }
}
