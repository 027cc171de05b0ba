//! Raises the first error that a script would raise.

use super::finding::{Finding, Severity};
use super::read::precheck;
use crate::error::Error;
use crate::pg::raised;
use crate::report::statements::Statements;
use pgrx::PgSqlErrorCode as Code;

/// How many of the other findings DETAIL shows.
const SHOWN: usize = 5;

/// Fails if a statement of the script would fail, or with `unknown_too` if only a rehearsal can
/// tell whether it does.
pub fn assert(text: &str, as_role: Option<&str>, mode: Option<&str>, unknown_too: bool) -> Result<(), Error> {
    let findings = precheck(text, as_role, mode)?;
    let is_refused = |finding: &&Finding| match finding.severity {
        Severity::Error => true,
        Severity::Unknown => unknown_too,
        Severity::Warning | Severity::Info => false,
    };
    let refused: Vec<&Finding> = findings.iter().filter(is_refused).collect();
    let Some((first, others)) = refused.split_first() else { return Ok(()) };
    let place = place(first).map(|place| format!("{place}: ")).unwrap_or_default();
    let mut error = Error::new(code(first), format!("{place}{}", first.detail));
    if !others.is_empty() {
        error = error.detail(in_short(others));
    }
    let call = Statements::new()?.precheck_script();
    Err(error.hint(format!("Run {call} with the same arguments, which shows all findings.")))
}

/// Returns the error's own SQLSTATE, so that a caller sees what the migration would have raised.
fn code(finding: &Finding) -> Code {
    match (finding.severity, &finding.sqlstate) {
        (Severity::Error, Some(sqlstate)) => raised::code(sqlstate),
        _ => Code::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
    }
}

fn place(finding: &Finding) -> Option<String> {
    match (finding.place.statement, finding.place.line) {
        (Some(statement), Some(line)) => Some(format!("statement {statement} (line {line})")),
        (Some(statement), None) => Some(format!("statement {statement}")),
        (None, line) => line.map(|line| format!("line {line}")),
    }
}

fn in_short(findings: &[&Finding]) -> String {
    let one = |finding: &&Finding| {
        let place = place(finding).unwrap_or_else(|| "the script".to_owned());
        let state = finding.sqlstate.as_ref().map(|state| format!(", {state}")).unwrap_or_default();
        format!("{place} {} ({}{state})", finding.check, finding.severity.as_str())
    };
    let shown: Vec<String> = findings.iter().take(SHOWN).map(one).collect();
    let more = match findings.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    format!("There are further findings: {}{more}.", shown.join(", "))
}
