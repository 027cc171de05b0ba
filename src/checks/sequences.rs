//! What seq_audit finds, as far as it is wrong or cannot be told.
//!
//! Locks: AccessShareLock on one table at a time, given back before the next.

use super::finding::{Finding, Severity};
use super::target::Target;
use crate::fault::Fault;
use crate::pg::names::{self, quote_identifier};
use crate::pg::{access, extension, schemas};
use crate::sequences::advice::{self, Statements};
use crate::sequences::audit::{self, audit};
use crate::sequences::verdict::Status;

pub fn check(target: &Target<'_>) -> Result<Vec<Finding>, Fault> {
    let rows = audit(target.scope)?.into_iter();
    let (unreadable, rows): (Vec<_>, Vec<_>) = rows
        .filter(|row| {
            let relation = row.table.or(row.sequence);
            relation.is_none_or(|oid| !schemas::is_temporary(oid) && !extension::has_relation(oid))
        })
        .partition(|row| row.lacks_privilege);
    let rows: Vec<(Severity, &'static str, audit::Finding)> = rows
        .into_iter()
        .filter_map(|row| kind(&row).map(|(severity, check_name)| (severity, check_name, row)))
        .collect();
    let mut findings: Vec<Finding> =
        rows.into_iter().map(|(severity, check_name, row)| finding(severity, check_name, row)).collect();
    if !unreadable.is_empty() {
        findings.push(not_readable(&unreadable)?);
    }
    Ok(findings)
}

/// One row for all columns that the current user lacks a privilege to judge.
fn not_readable(rows: &[audit::Finding]) -> Result<Finding, Fault> {
    let columns: Vec<String> = rows.iter().map(audit::Finding::column_label).collect();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let noun = if rows.len() == 1 { "column" } else { "columns" };
    Ok(Finding {
        severity: Severity::Warning,
        check_name: "sequence_unreadable",
        object: format!("role {}", quote_identifier(&access::current_user())),
        detail: format!(
            "lacks a privilege to judge {} {noun} fed by sequences; {}",
            rows.len(),
            advice::list("nothing is known of", &columns)
        ),
        fix: Some(Statements::new()?.grant_reading()),
    })
}

fn kind(row: &audit::Finding) -> Option<(Severity, &'static str)> {
    match row.status {
        // It is nothing that an insert meets before the cut-over.
        Status::Behind if row.is_subscriber => Some((Severity::Info, "sequence_behind")),
        Status::Behind if row.is_declined => Some((Severity::Warning, "sequence_behind")),
        Status::Behind => Some((Severity::Error, "sequence_behind")),
        Status::Exhausted => Some((Severity::Error, "sequence_exhausted")),
        Status::NearLimit => Some((Severity::Warning, "sequence_near_limit")),
        Status::Unlogged => Some((Severity::Warning, "sequence_unlogged")),
        Status::Unknown => Some((Severity::Warning, "sequence_unknown")),
        // Where no ids reach beyond it, nothing can be wrong with it yet.
        Status::Unlinked if row.behind_by.is_some_and(|behind| behind > 0) => {
            Some((Severity::Warning, "sequence_unlinked"))
        }
        Status::Unused | Status::Unlinked | Status::Ok => None,
    }
}

fn finding(severity: Severity, check_name: &'static str, row: audit::Finding) -> Finding {
    let column = row.column_label();
    let object = match row.sequence.and_then(names::relation_name) {
        Some(sequence) if row.table.is_none() => format!("sequence {}", sequence.quoted()),
        Some(sequence) => format!("sequence {} feeding {column}", sequence.quoted()),
        None => format!("column {column}"),
    };
    Finding { severity, check_name, object, detail: row.detail.unwrap_or_default(), fix: row.fix }
}
