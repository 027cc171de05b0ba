//! Runs the checks one after the other.

use super::finding::{Finding, Severity};
use super::fold::fold;
use super::target::Target;
use super::{
    advisory_locks, collations, constraints, foreign_keys, guard, indexes, lost_defaults, migrations, owners,
    primary_keys, replication_role, schema_changes, sequence_ownership, sequence_privileges, sequences, statistics,
    triggers,
};
use crate::error::Error;
use crate::pg::{lock_budget, settings};
use crate::report::dropped::look_twice;
use crate::report::progress::Progress;
use crate::report::table_locks::within_budget;
use crate::report::wording;

type Check = fn(&Target<'_>) -> Result<Vec<Finding>, Error>;

/// The checks, in the order of their rows within one severity. Checks for blocked sessions come
/// first, since the sessions may no longer be blocked once the other checks have waited for locks.
const CHECKS: &[(&str, Check)] = &[
    ("schema_changes", schema_changes::check),
    ("advisory_locks", advisory_locks::check),
    ("migrations", migrations::check),
    ("sequences", sequences::check),
    ("foreign_keys", foreign_keys::check),
    ("replication_role", replication_role::check),
    ("triggers", triggers::check),
    ("constraints", constraints::check),
    ("indexes", indexes::check),
    ("primary_keys", primary_keys::check),
    ("identity", sequence_ownership::check),
    ("sequence_privileges", sequence_privileges::check),
    ("lost_defaults", lost_defaults::check),
    ("owners", owners::check),
    ("statistics", statistics::check),
    ("collations", collations::check),
    ("guard", guard::check),
];

/// Returns the findings of all checks, worst first. A check that fails becomes a finding, and the
/// others still run. Waits for locks for five seconds altogether, or for lock_timeout.
pub fn run(target: &Target<'_>) -> Vec<Finding> {
    within_budget(|| run_all(target))
}

fn run_all(target: &Target<'_>) -> Vec<Finding> {
    let mut progress = Progress::new("checks", CHECKS.len());
    let mut findings = Vec::new();
    for (name, check) in CHECKS {
        progress.step();
        match run_one(*check, target) {
            Ok(found) => findings.extend(found.into_iter().map(Finding::printable)),
            Err(error) => {
                lock_budget::note(&error);
                findings.push(failed(name, &error));
            }
        }
    }
    match target.unread.finding() {
        Ok(found) => findings.extend(found.map(Finding::printable)),
        Err(error) => findings.push(failed("unreadable", &error)),
    }
    if target.is_folded {
        findings = fold(findings, target).unwrap_or_else(|error| vec![failed("all", &error)]);
    }
    // A stable sort keeps the order that a check gives its findings.
    findings.sort_by_key(|finding| finding.severity);
    findings
}

/// Runs the check. The lock timeout also applies to locks that the server acquires to print an
/// expression. Runs the check a second time if a function of the server fails because a relation
/// has been dropped since the query read its row.
fn run_one(check: Check, target: &Target<'_>) -> Result<Vec<Finding>, Error> {
    look_twice(|| settings::without_jit(|| lock_budget::with_lock_timeout(|| check(target))))
}

fn failed(check: &str, error: &Error) -> Finding {
    Finding {
        severity: Severity::Error,
        check_name: "check_failed",
        object: format!("check {check}"),
        detail: format!("it could not run: {}", wording::error(error)),
        fix: None,
    }
}
