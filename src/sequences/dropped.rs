//! Strikes out of the answers what was dropped since it was looked up.

use super::finding::Finding;
use super::link::Kind;
use super::outcome::Report;
use crate::pg::{invalidation, names};
use pgrx::pg_sys::Oid;

/// Strikes out what was dropped since `messages` was read, if anything may have been.
pub fn strike_since(messages: u64, findings: &mut Vec<Finding>) {
    if invalidation::messages() != messages {
        strike(findings);
    }
}

/// Strikes out what was dropped since it was judged, and has no name any more. DROP SEQUENCE …
/// CASCADE takes every default along, except one that names the sequence as text.
fn strike(findings: &mut Vec<Finding>) {
    for finding in findings.iter_mut().filter(|finding| finding.kind == Kind::DefaultByName) {
        finding.sequence = finding.sequence.filter(is_there);
    }
    findings.retain(|finding| {
        finding.table.as_ref().is_none_or(is_there) && finding.sequence.as_ref().is_none_or(is_there)
    });
}

/// Does the same for seq_resync: strikes out rows whose sequence is gone, and the names of tables.
pub fn strike_reports(reports: &mut Vec<Report>) {
    reports.retain(|report| report.sequence.or(report.table).as_ref().is_some_and(is_there));
    reports.iter_mut().for_each(|report| report.table = report.table.filter(is_there));
}

fn is_there(relation: &Oid) -> bool {
    names::relation_schema(*relation).is_some()
}
