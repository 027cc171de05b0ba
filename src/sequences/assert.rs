//! seq_assert: raises an error instead of returning rows, for start-up checks, CI and the end of a
//! migration.

use super::audit::audit;
use super::finding::Finding;
use super::verdict::Status;
use crate::error::Error;
use crate::pg::{names, schemas, wal};
use crate::report::scope::Scope;
use crate::report::statements::Statements;
use crate::report::wording;
use pgrx::pg_sys::Oid;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::{PgLogLevel, PgSqlErrorCode};
use std::collections::HashSet;

/// Returns the number of sequences that were judged. Raises 55000 if one is exhausted, or is behind
/// and (with `within`) about to fail; raises an error as well if none could be judged, or with
/// `strict` if any could not.
pub fn assert(schema: Option<&str>, within: Option<i64>, strict: bool) -> Result<i64, Error> {
    if within.is_some_and(i64::is_negative) {
        return Err(Error::new(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, "\"within\" must not be negative")
            .hint("Pass 0 to raise an error only if the next insert collides."));
    }
    let findings = audit(Scope::schema(schema)?)?;
    refuse_behind(&findings, within, schema)?;
    warn_declined(&findings, schema)?;
    let unjudged = unjudged(&findings);
    let judged = sequences(&findings, |status| !matches!(status, Status::Unknown | Status::Unlinked)).len();
    if !unjudged.is_empty() {
        let error = could_not_judge(&unjudged, judged, schema)?;
        if strict || judged == 0 {
            return Err(error);
        }
        warn(error);
    }
    // The caller acts on the assertion: a crash must not make it untrue.
    wal::flush();
    Ok(i64::try_from(judged).unwrap_or(i64::MAX))
}

fn refuse_behind(findings: &[Finding], within: Option<i64>, schema: Option<&str>) -> Result<(), Error> {
    let is_close = |finding: &Finding| match within {
        Some(within) => finding.inserts_left.is_none_or(|left| left <= within),
        None => !finding.is_declined,
    };
    let bad: Vec<&Finding> = findings
        .iter()
        .filter(|finding| match finding.status {
            Status::Exhausted => true,
            Status::Behind => is_close(finding),
            _ => false,
        })
        .collect();
    if bad.is_empty() {
        return Ok(());
    }
    let statements = Statements::new()?;
    let behind = bad.iter().any(|finding| finding.status == Status::Behind);
    let count = bad.iter().map(|finding| finding.sequence).collect::<HashSet<_>>().len();
    let noun = if count == 1 { "sequence is" } else { "sequences are" };
    Err(Error::new(
        PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!("{count} {noun} behind or exhausted"),
    )
    .detail(affected(bad.into_iter().map(label)))
    .hint(if behind {
        format!(
            "Run {} for details, and {} to advance past the used ids.",
            statements.audit(schema),
            statements.resync(schema)
        )
    } else {
        format!("Run {} to see what makes room.", statements.audit(schema))
    }))
}

fn warn(error: Error) {
    let warning = Error { sqlstate: PgSqlErrorCode::ERRCODE_WARNING, ..error };
    ErrorReport::from(warning).report(PgLogLevel::WARNING);
}

/// Warns about columns that seq_resync declines to repair: the caller has no repair to run, but
/// must know.
fn warn_declined(findings: &[Finding], schema: Option<&str>) -> Result<(), Error> {
    let declined: Vec<&Finding> = findings.iter().filter(|finding| finding.is_declined).collect();
    if !declined.is_empty() {
        let noun = if declined.len() == 1 { "column has" } else { "columns have" };
        let message = format!("{} {noun} used ids that seq_resync does not advance past", declined.len());
        let see = Statements::new()?.audit(schema);
        warn(
            Error::new(PgSqlErrorCode::ERRCODE_WARNING, message)
                .detail(affected(declined.into_iter().map(label)))
                .hint(format!("Run {see} to see why.")),
        );
    }
    Ok(())
}

/// Returns the findings that could not be judged: columns, and sequences that one of several
/// columns may draw from. Temporary tables of other sessions do not count: no session but their own
/// can read them.
fn unjudged(findings: &[Finding]) -> Vec<&Finding> {
    let is_unjudged = |finding: &&Finding| match finding.status {
        Status::Unknown => true,
        Status::Unlinked => finding.behind_by.is_some(),
        _ => finding.is_partly_unknown,
    };
    let is_ours = |finding: &&Finding| {
        let schema = finding.table.or(finding.sequence).and_then(names::relation_schema);
        schema.is_some_and(|schema| !schemas::is_other_temp(schema))
    };
    findings.iter().filter(is_unjudged).filter(is_ours).collect()
}

/// Returns the error of an assertion that could not judge everything: 42501 if a privilege is
/// missing, otherwise 55000.
fn could_not_judge(unjudged: &[&Finding], judged: usize, schema: Option<&str>) -> Result<Error, Error> {
    let lacks_privilege = unjudged.iter().any(|finding| finding.lacks_privilege);
    let state = if lacks_privilege {
        PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE
    } else {
        PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE
    };
    let message = match judged {
        0 => "no sequence could be judged".to_owned(),
        _ => format!("{} could not be judged", counted(unjudged)),
    };
    let statements = Statements::new()?;
    let see = statements.audit(schema);
    let hint = if lacks_privilege {
        format!("Run {} to let this role read them, or {see} to see why.", statements.grant_reading())
    } else {
        format!("Run {see} to see why.")
    };
    Ok(Error::new(state, message).detail(affected(unjudged.iter().copied().map(column_or_sequence))).hint(hint))
}

/// Counts the columns, and the sequences without a column.
fn counted(unjudged: &[&Finding]) -> String {
    let sequences = unjudged.iter().filter(|finding| finding.table.is_none()).count();
    let part = |count: usize, one: &str, several: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        _ => Some(format!("{count} {several}")),
    };
    let columns = part(unjudged.len() - sequences, "column fed by a sequence", "columns fed by a sequence");
    let sequences = part(sequences, "sequence without a known column", "sequences without a known column");
    columns.into_iter().chain(sequences).collect::<Vec<_>>().join(" and ")
}

fn affected(labels: impl Iterator<Item = String>) -> String {
    let labels: Vec<String> = labels.collect();
    format!("{}.", wording::list("Affected:", &labels.iter().map(String::as_str).collect::<Vec<_>>()))
}

/// Returns the column's name, or the sequence's if no column is known.
fn column_or_sequence(finding: &Finding) -> String {
    match finding.table {
        Some(_) => finding.column_label(),
        None => format!("sequence {}", finding.name.quoted()),
    }
}

fn label(finding: &Finding) -> String {
    let column = column_or_sequence(finding);
    let left = finding.inserts_left.unwrap_or(0);
    match finding.status {
        Status::Exhausted => format!("{column} (exhausted)"),
        _ => format!("{column} (behind, inserts left: {left})"),
    }
}

fn sequences(findings: &[Finding], wanted: impl Fn(Status) -> bool) -> HashSet<Oid> {
    findings.iter().filter(|finding| wanted(finding.status)).filter_map(|finding| finding.sequence).collect()
}
