//! Removes objects from the results that were dropped after they had been looked up.

use super::finding::Finding;
use super::link::Kind;
use super::outcome::Report;
use crate::pg::{invalidation, names};
use pgrx::pg_sys::Oid;

/// Removes findings on objects dropped since `messages` was read, if any object may have been
/// dropped.
pub fn strike_since(messages: u64, findings: &mut Vec<Finding>) {
    if invalidation::messages() != messages {
        strike(findings);
    }
}

/// Removes findings on objects that no longer exist. DROP SEQUENCE … CASCADE drops every default
/// that uses the sequence, except one that names it as text.
fn strike(findings: &mut Vec<Finding>) {
    for finding in findings.iter_mut().filter(|finding| finding.kind == Kind::DefaultByName) {
        finding.sequence = finding.sequence.filter(is_there);
    }
    findings.retain(|finding| {
        finding.table.as_ref().is_none_or(is_there) && finding.sequence.as_ref().is_none_or(is_there)
    });
}

/// Does the same for seq_resync: removes rows whose sequence no longer exists, and the names of
/// dropped tables.
pub fn strike_reports(reports: &mut Vec<Report>) {
    reports.retain(|report| report.sequence.or(report.table).as_ref().is_some_and(is_there));
    reports.iter_mut().for_each(|report| report.table = report.table.filter(is_there));
}

fn is_there(relation: &Oid) -> bool {
    names::relation_schema(*relation).is_some()
}
