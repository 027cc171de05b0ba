//! Runs the checks one after the other.

use super::finding::{CHECK_FAILED, Finding, Severity};
use super::fold::fold;
use super::list::{CHECKS, Check};
use super::target::Target;
use crate::error::Error;
use crate::pg::{lock_budget, settings};
use crate::report::dropped::look_twice;
use crate::report::progress::Progress;
use crate::report::table_locks::within_budget;
use crate::report::wording;

/// Returns the findings of all checks, worst first. A check that fails becomes a finding, and the
/// others still run. Waits for locks for five seconds altogether, or for lock_timeout.
pub fn run(target: &Target<'_>) -> Vec<Finding> {
    within_budget(|| run_all(target))
}

fn run_all(target: &Target<'_>) -> Vec<Finding> {
    let checks: Vec<&Check> = CHECKS.iter().collect();
    let mut findings = Vec::new();
    for outcome in outcomes(target, &checks) {
        match outcome.result {
            Ok(found) => findings.extend(found),
            Err(error) => findings.push(failed(outcome.check.name, &error)),
        }
    }
    findings.extend(unreadable(target));
    if target.is_folded {
        findings = fold(findings, target).unwrap_or_else(|error| vec![failed("all", &error)]);
    }
    // A stable sort keeps the order that a check gives its findings.
    findings.sort_by_key(|finding| finding.severity);
    findings
}

/// What a check has returned.
pub struct Outcome {
    pub check: &'static Check,
    pub result: Result<Vec<Finding>, Error>,
    /// The objects that it could not read because the current user lacks a privilege.
    pub unread: Vec<String>,
}

/// Runs these checks. One that fails does not stop the others.
pub fn outcomes(target: &Target<'_>, checks: &[&'static Check]) -> Vec<Outcome> {
    let mut progress = Progress::new("checks", checks.len());
    let run = |check: &&'static Check| {
        progress.step();
        let before = target.unread.count();
        let found = run_one(check, target);
        if let Err(error) = &found {
            lock_budget::note(error);
        }
        let result = found.map(|found| found.into_iter().map(Finding::printable).collect());
        Outcome { check, result, unread: target.unread.labels_since(before) }
    };
    checks.iter().map(run).collect()
}

/// Returns the finding on what the checks could not read, if there is any.
pub fn unreadable(target: &Target<'_>) -> Option<Finding> {
    match target.unread.finding() {
        Ok(found) => found.map(Finding::printable),
        Err(error) => Some(failed("unreadable", &error)),
    }
}

/// Runs the check. The lock timeout also applies to locks that the server acquires to print an
/// expression. Runs the check a second time if a function of the server fails because a relation
/// has been dropped since the query read its row.
fn run_one(check: &Check, target: &Target<'_>) -> Result<Vec<Finding>, Error> {
    look_twice(|| settings::without_jit(|| lock_budget::with_lock_timeout(|| (check.run)(target))))
}

/// Returns the finding that a check could not run.
pub fn failed(check: &str, error: &Error) -> Finding {
    Finding {
        severity: Severity::Error,
        check_name: CHECK_FAILED,
        object: format!("check {check}"),
        detail: format!("it could not run: {}", wording::error(error)),
        fix: None,
    }
}
