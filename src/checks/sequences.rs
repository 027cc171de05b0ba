//! What seq_audit finds, as far as it is wrong or cannot be told.
//!
//! Locks: AccessShareLock on one table at a time, given back before the next.

use super::finding::{Finding, Severity};
use super::target::Target;
use crate::fault::Fault;
use crate::pg::names::{self, quote_identifier};
use crate::pg::{extension, schemas};
use crate::sequences::audit::{self, audit};
use crate::sequences::verdict::Status;
use pgrx::pg_sys::Oid;
use std::collections::HashSet;

pub fn check(target: &Target<'_>) -> Result<Vec<Finding>, Fault> {
    let rows: Vec<(Severity, &'static str, audit::Finding)> = audit(target.scope)?
        .into_iter()
        .filter_map(|row| kind(&row).map(|(severity, check_name)| (severity, check_name, row)))
        .filter(|(_, _, row)| {
            let relation = row.table.or(row.sequence);
            relation.is_none_or(|oid| !schemas::is_temporary(oid) && !extension::has_relation(oid))
        })
        .collect();
    // A partition's column draws from its root's sequence: one row says it, and one fix repairs both.
    let roots: HashSet<(Oid, &str)> = rows
        .iter()
        .filter(|(_, _, row)| !is_partition(row))
        .filter_map(|(_, check_name, row)| Some((row.sequence?, *check_name)))
        .collect();
    let is_copy = |check_name: &'static str, row: &audit::Finding| {
        is_partition(row) && row.sequence.is_some_and(|oid| roots.contains(&(oid, check_name)))
    };
    Ok(rows
        .into_iter()
        .filter(|(_, check_name, row)| !is_copy(check_name, row))
        .map(|(severity, check_name, row)| finding(severity, check_name, row))
        .collect())
}

fn is_partition(row: &audit::Finding) -> bool {
    row.table.is_some_and(names::is_partition)
}

fn kind(row: &audit::Finding) -> Option<(Severity, &'static str)> {
    match row.status {
        Status::Behind => Some((Severity::Error, "sequence_behind")),
        Status::Exhausted => Some((Severity::Error, "sequence_exhausted")),
        Status::NearLimit => Some((Severity::Warning, "sequence_near_limit")),
        Status::Unlogged => Some((Severity::Warning, "sequence_unlogged")),
        Status::Unknown => Some((Severity::Info, "sequence_unknown")),
        // Where no ids reach beyond it, nothing can be wrong with it yet.
        Status::Unlinked if row.behind_by.is_some_and(|behind| behind > 0) => {
            Some((Severity::Warning, "sequence_unlinked"))
        }
        Status::Unused | Status::Unlinked | Status::Ok => None,
    }
}

fn finding(severity: Severity, check_name: &'static str, row: audit::Finding) -> Finding {
    let column = quote_identifier(row.column.as_deref().unwrap_or_default());
    let column = format!("{}.{column}", row.name.quoted());
    let object = match row.sequence.and_then(names::relation_name) {
        Some(sequence) if row.table.is_none() => format!("sequence {}", sequence.quoted()),
        Some(sequence) => format!("sequence {} feeding {column}", sequence.quoted()),
        None => format!("column {column}"),
    };
    Finding { severity, check_name, object, detail: row.detail.unwrap_or_default(), fix: row.fix }
}
