//! Runs the checks one after the other.

use super::finding::{Finding, Severity};
use super::target::Target;
use super::{
    advisory_locks, collations, constraints, foreign_keys, guard, identity, indexes, lost_defaults, migrations, owners,
    primary_keys, replication_role, sequence_privileges, sequences, statistics, triggers,
};
use crate::fault::Fault;
use crate::pg::settings;
use crate::progress::Progress;
use crate::sequences::advice::sentence;
use crate::sequences::gone::look_twice;

type Check = fn(&Target<'_>) -> Result<Vec<Finding>, Fault>;

/// In the order of their rows, within one severity.
const CHECKS: &[(&str, Check)] = &[
    ("sequences", sequences::check),
    ("foreign_keys", foreign_keys::check),
    ("replication_role", replication_role::check),
    ("triggers", triggers::check),
    ("constraints", constraints::check),
    ("indexes", indexes::check),
    ("primary_keys", primary_keys::check),
    ("identity", identity::check),
    ("sequence_privileges", sequence_privileges::check),
    ("lost_defaults", lost_defaults::check),
    ("owners", owners::check),
    ("statistics", statistics::check),
    ("collations", collations::check),
    ("migrations", migrations::check),
    ("advisory_locks", advisory_locks::check),
    ("guard", guard::check),
];

/// The findings of all checks, worst first. A check that fails is a finding, and stops none of the others.
pub fn run(target: &Target<'_>) -> Vec<Finding> {
    let mut progress = Progress::new("checks", CHECKS.len());
    let mut findings = Vec::new();
    for (name, check) in CHECKS {
        progress.step();
        // A server's function raises an error where a relation is dropped that the query has just read of.
        match look_twice(|| settings::without_jit(|| check(target))) {
            Ok(found) => findings.extend(found.into_iter().map(Finding::printable)),
            Err(fault) => findings.push(failed(name, &fault)),
        }
    }
    match target.unread.finding() {
        Ok(found) => findings.extend(found.map(Finding::printable)),
        Err(fault) => findings.push(failed("unreadable", &fault)),
    }
    // Stable: what a check says in an order of its own stays in it.
    findings.sort_by_key(|finding| finding.severity);
    findings
}

fn failed(check: &str, fault: &Fault) -> Finding {
    Finding {
        severity: Severity::Error,
        check_name: "check_failed",
        object: format!("check {check}"),
        detail: format!("it could not run: {}", sentence(fault)),
        fix: None,
    }
}
