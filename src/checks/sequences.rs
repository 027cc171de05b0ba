//! Finds sequences that seq_audit reports as wrong or unknown.
//!
//! Locks: AccessShareLock on one table at a time, released before the next.

use super::finding::{Finding, Severity};
use super::target::Target;
use super::unread::Kind;
use crate::error::Error;
use crate::pg::{extension, names, schemas};
use crate::sequences::audit::audit;
use crate::sequences::finding;
use crate::sequences::verdict::Status;

pub fn check(target: &Target<'_>) -> Result<Vec<Finding>, Error> {
    let rows = rows(target)?.into_iter();
    // An error of a hierarchy stays an error, even if one of its tables cannot be read.
    let (unread, rows): (Vec<_>, Vec<_>) = rows.partition(|row| row.lacks_privilege && row.status == Status::Unknown);
    for row in &unread {
        target.unread.note(Kind::Sequence, label(row));
    }
    let rows = rows.into_iter().filter_map(|row| kind(&row).map(|(severity, check_name)| (severity, check_name, row)));
    Ok(rows.map(|(severity, check_name, row)| finding(severity, check_name, row)).collect())
}

/// Returns the rows of seq_audit, without temporary tables and those of extensions.
pub fn rows(target: &Target<'_>) -> Result<Vec<finding::Finding>, Error> {
    let mut rows = audit(target.scope)?;
    rows.retain(|row| {
        let relation = row.table.or(row.sequence);
        relation.is_none_or(|oid| !schemas::is_temporary(oid) && !extension::has_relation(oid))
    });
    Ok(rows)
}

/// Returns the column, or the sequence if no column is known.
fn label(row: &finding::Finding) -> String {
    match row.table {
        Some(_) => row.column_label(),
        None => row.name.quoted(),
    }
}

fn kind(row: &finding::Finding) -> Option<(Severity, &'static str)> {
    match row.status {
        // No insert collides with it before the subscriber becomes the primary.
        Status::Behind if row.is_subscriber => Some((Severity::Info, "sequence_behind")),
        Status::Behind if row.is_declined => Some((Severity::Warning, "sequence_behind")),
        Status::Behind => Some((Severity::Error, "sequence_behind")),
        Status::Exhausted => Some((Severity::Error, "sequence_exhausted")),
        Status::NearLimit => Some((Severity::Warning, "sequence_near_limit")),
        Status::Unlogged => Some((Severity::Warning, "sequence_unlogged")),
        Status::Unknown => Some((Severity::Warning, "sequence_unknown")),
        // If no id is beyond it, nothing is wrong with it yet.
        Status::Unlinked if row.behind_by.is_some_and(|behind| behind > 0) => {
            Some((Severity::Warning, "sequence_unlinked"))
        }
        Status::Unused | Status::Unlinked | Status::Ok => None,
    }
}

fn finding(severity: Severity, check_name: &'static str, row: finding::Finding) -> Finding {
    let column = row.column_label();
    let object = match row.sequence.and_then(names::relation_name) {
        Some(sequence) if row.table.is_none() => format!("sequence {}", sequence.quoted()),
        Some(sequence) => format!("sequence {} feeding {column}", sequence.quoted()),
        None => format!("column {column}"),
    };
    let (mut detail, mut fix) = (row.detail.unwrap_or_default(), row.fix);
    match row.status {
        Status::NearLimit | Status::Exhausted if fix.is_some() => {
            detail.push_str("; widening a column rewrites the table under an ACCESS EXCLUSIVE lock");
        }
        // A fix that succeeds would not prove that the sequence belongs to the column.
        Status::Unlinked if fix.take().is_some() => {
            detail.push_str("; seq_audit() has the statement that assigns it to the column");
        }
        _ => {}
    }
    Finding { severity, check_name, object, detail, fix }
}
