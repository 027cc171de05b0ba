//! Objects that are dropped between two looks at them.

use super::audit::Finding;
use super::links::Kind;
use super::resync::Report;
use crate::fault::Fault;
use crate::pg::{invalidation, names, subtransaction};
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::Oid;

/// Runs `work` in a subtransaction, and once more if an object may have been dropped since `work`
/// had looked it up: the second time, `work` does not find it any more.
pub fn look_twice<T>(work: impl Fn() -> Result<T, Fault>) -> Result<T, Fault> {
    match subtransaction::attempt(&work) {
        Err(fault) if may_be_gone(&fault) => subtransaction::attempt(&work),
        result => result,
    }
}

/// Whether an error is one that the server raises for an OID that is of no use any more.
fn may_be_gone(fault: &Fault) -> bool {
    matches!(
        fault.sqlstate,
        PgSqlErrorCode::ERRCODE_UNDEFINED_TABLE
            | PgSqlErrorCode::ERRCODE_UNDEFINED_COLUMN
            | PgSqlErrorCode::ERRCODE_UNDEFINED_OBJECT
            | PgSqlErrorCode::ERRCODE_INVALID_SCHEMA_NAME
            // "could not open relation with OID", "cache lookup failed"
            | PgSqlErrorCode::ERRCODE_INTERNAL_ERROR
    )
}

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
