//! Defines what the page shows of a script.

use super::holds::Hold;
use crate::checks::page::text::counted;
use crate::precheck::Severity;
use crate::rehearsal::{Row, Status};
use std::time::Duration;

/// A script, with what precheck says of it and what happened when it was rehearsed.
pub struct Script {
    /// The role that was given.
    pub role: Option<String>,
    /// Whether one transaction wraps the script.
    pub is_wrapped: bool,
    pub statements: Vec<Statement>,
    /// What concerns the script as a whole.
    pub findings: Vec<Finding>,
    /// The locks that precheck expects.
    pub planned: TimeLine,
    pub rehearsal: Option<Rehearsal>,
}

/// A statement, or a line that psql runs itself.
#[derive(Default)]
pub struct Statement {
    /// `None` for a line of psql's.
    pub number: Option<i32>,
    pub line: i32,
    pub command: Option<String>,
    /// The text, or its beginning.
    pub text: String,
    /// How many bytes of it are left out.
    pub omitted: usize,
    /// Worst first.
    pub findings: Vec<Finding>,
    /// The rows of its rehearsal.
    pub runs: Vec<Row>,
}

/// A row of migration_precheck.
pub struct Finding {
    pub severity: Severity,
    pub check: &'static str,
    pub object: Option<String>,
    pub sqlstate: Option<String>,
    pub detail: String,
    /// `None` if there are statements that cannot be shown.
    pub safer: Option<Vec<String>>,
}

pub struct Rehearsal {
    /// The row of the rehearsal as a whole.
    pub last: Row,
    /// Rows that are about no statement of the script.
    pub others: Vec<Row>,
    pub measured: TimeLine,
}

/// The locks of a script on relations that exist already.
#[derive(Default)]
pub struct TimeLine {
    /// The numbers of the statements, in their order.
    pub numbers: Vec<i32>,
    /// When each of them ends, from the script's start; without a measurement, each one takes a
    /// second.
    pub ends: Vec<Duration>,
    pub is_measured: bool,
    /// The relations, those with the strongest locks first.
    pub lanes: Vec<Lane>,
    /// Statements that may lock relations which are not known.
    pub unknown: Vec<i32>,
    /// Statements that were rehearsed without CONCURRENTLY, and lock less in the real run.
    pub differing: Vec<i32>,
}

/// The locks on one relation.
pub struct Lane {
    pub name: String,
    pub holds: Vec<Hold>,
    /// The statements that read all rows, and how many.
    pub reads: Vec<(i32, Option<u64>)>,
    /// The statements that write a new file.
    pub rewrites: Vec<i32>,
}

/// Returns what a row of a rehearsal means for the real run.
pub fn severity(run: &Row) -> Severity {
    match run.status {
        Status::Failed => Severity::Error,
        Status::NotRehearsed => Severity::Unknown,
        Status::Ok | Status::NotReached => Severity::Info,
    }
}

impl Statement {
    /// Returns the worst of its findings and its rehearsal.
    pub fn worst(&self) -> Severity {
        let findings = self.findings.iter().map(|finding| finding.severity);
        // A line of psql's is not part of the rehearsal.
        let runs = self.runs.iter().filter(|_| self.number.is_some()).map(severity);
        findings.chain(runs).min().unwrap_or(Severity::Info)
    }

    /// Whether the rehearsal did not come to it, or left it out.
    fn has_not_run(&self) -> bool {
        !self.runs.iter().any(|run| matches!(run.status, Status::Ok | Status::Failed))
    }

    fn has(&self, severity: Severity) -> bool {
        self.findings.iter().any(|finding| finding.severity == severity)
    }
}

impl Script {
    /// Returns the number of statements, without psql's own lines.
    pub fn count(&self) -> usize {
        self.statements.iter().filter(|statement| statement.number.is_some()).count()
    }

    /// Returns how many statements fail, by precheck or in the rehearsal.
    pub fn failing(&self) -> usize {
        self.statements.iter().filter(|statement| statement.worst() == Severity::Error).count()
    }

    /// Returns for how many statements precheck cannot tell whether they fail.
    pub fn unknown(&self) -> usize {
        let of_script = self.findings.iter().filter(|finding| finding.severity == Severity::Unknown).count();
        let is_unknown = |statement: &&Statement| !statement.has(Severity::Error) && statement.has(Severity::Unknown);
        self.statements.iter().filter(is_unknown).count() + of_script
    }

    /// Returns how many statements are left of which only a run can tell whether they fail.
    pub fn left(&self) -> usize {
        let is_left = |statement: &&Statement| statement.number.is_some() && statement.has_not_run();
        match self.rehearsal {
            Some(_) => self.statements.iter().filter(is_left).count(),
            None => self.unknown(),
        }
    }

    /// Returns what is not known of it, in a sentence.
    pub fn not_known(&self) -> Option<String> {
        let left = self.left();
        let statements = counted(left, "statement", "statements");
        let takes = "this takes rehearse => true, on a copy of the database.";
        match &self.rehearsal {
            None if left == 0 => Some(format!("The script was not rehearsed: {takes}")),
            None if left == 1 => Some(format!("Whether 1 statement of the script fails is not known: {takes}")),
            None => Some(format!("Whether {statements} of the script fail is not known: {takes}")),
            Some(_) if left == 0 => None,
            Some(_) => Some(format!("{statements} of the script did not run in the rehearsal.")),
        }
    }

    /// Whether something is left that only a run can tell.
    pub fn is_incomplete(&self) -> bool {
        match &self.rehearsal {
            Some(rehearsal) => rehearsal.last.status == Status::NotRehearsed,
            None => self.unknown() > 0,
        }
    }
}

impl Rehearsal {
    /// Whether each statement ran as in the real run.
    pub fn is_complete(&self) -> bool {
        self.last.status == Status::Ok && self.measured.differing.is_empty()
    }
}
