//! What precheck reports.

use crate::pg::raised;
use pgrx::PgSqlErrorCode;

/// How bad it is, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The statement fails if it is run now.
    Error,
    /// Only a rehearsal can tell whether the statement fails.
    Unknown,
    /// The statement blocks, rewrites, loses or surprises.
    Warning,
    Info,
}

impl Severity {
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Unknown => "unknown",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }
}

/// Where in the script.
#[derive(Clone, Debug, Default)]
pub struct Place {
    pub statement: Option<i32>,
    pub line: Option<i32>,
    pub command: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Finding {
    pub severity: Severity,
    pub place: Place,
    /// What was checked, in snake_case.
    pub check: &'static str,
    pub object: Option<String>,
    pub sqlstate: Option<String>,
    pub detail: String,
    /// Statements that do the same with less risk, each a transaction of its own.
    pub safer: Vec<String>,
}

impl Finding {
    /// Whether it says that the statement may lock relations that are not known: it runs code, or
    /// cannot be read.
    pub fn hides_locks(&self) -> bool {
        const CHECKS: [&str; 11] = [
            "analysis",
            "code",
            "event_trigger",
            "format",
            "function_call",
            "new_function",
            "psql",
            "rules",
            "syntax",
            "trigger_fires",
            "unchecked",
        ];
        self.severity <= Severity::Unknown && CHECKS.contains(&self.check)
    }
}

/// A finding without its place.
#[derive(Clone, Debug)]
pub struct Note {
    pub severity: Severity,
    pub check: &'static str,
    pub object: Option<String>,
    pub sqlstate: Option<String>,
    pub detail: String,
    pub safer: Vec<String>,
}

impl Note {
    fn new(severity: Severity, check: &'static str, detail: impl Into<String>) -> Note {
        Note { severity, check, object: None, sqlstate: None, detail: detail.into(), safer: Vec::new() }
    }

    /// The statement will raise this error.
    pub fn error(check: &'static str, sqlstate: PgSqlErrorCode, detail: impl Into<String>) -> Note {
        Note::new(Severity::Error, check, detail).raising(sqlstate)
    }

    /// Whether the error is that a privilege is missing.
    pub fn lacks_privilege(&self) -> bool {
        self.sqlstate == Some(raised::sqlstate(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE as i32))
    }

    pub fn unknown(check: &'static str, detail: impl Into<String>) -> Note {
        Note::new(Severity::Unknown, check, detail)
    }

    pub fn warning(check: &'static str, detail: impl Into<String>) -> Note {
        Note::new(Severity::Warning, check, detail)
    }

    pub fn info(check: &'static str, detail: impl Into<String>) -> Note {
        Note::new(Severity::Info, check, detail)
    }

    /// Which error the statement raises, if it fails for this reason.
    pub fn raising(mut self, sqlstate: PgSqlErrorCode) -> Note {
        self.sqlstate = Some(raised::sqlstate(sqlstate as i32));
        self
    }

    pub fn on(mut self, object: impl Into<String>) -> Note {
        self.object = Some(object.into());
        self
    }

    pub fn safer(mut self, statements: impl IntoIterator<Item = String>) -> Note {
        self.safer = statements.into_iter().collect();
        self
    }
}
