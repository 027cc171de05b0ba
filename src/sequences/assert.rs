//! seq_assert: an error instead of a row, for start-up checks, CI and the end of a migration.

use super::advice::{self, Statements};
use super::audit::{Finding, audit};
use super::scope::Scope;
use super::verdict::Status;
use crate::fault::Fault;
use crate::pg::{names, schemas, wal};
use pgrx::pg_sys::Oid;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::{PgLogLevel, PgSqlErrorCode};
use std::collections::HashSet;

/// How many sequences were judged. 55000 if one is exhausted, or behind and (with `within`) about to fail; an error as well if
/// none could be judged, or with `strict` if any could not.
pub fn assert(schema: Option<&str>, within: Option<i64>, strict: bool) -> Result<i64, Fault> {
    if within.is_some_and(i64::is_negative) {
        return Err(Fault::new(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, "\"within\" must not be negative")
            .hint("0 means: only if the very next insert collides."));
    }
    let findings = audit(Scope::schema(schema)?)?;
    refuse_behind(&findings, within, schema)?;
    let unjudged = unjudged(&findings);
    let judged = sequences(&findings, |status| status != Status::Unknown).len();
    if !unjudged.is_empty() {
        let fault = could_not_judge(&unjudged, judged, schema)?;
        if strict || judged == 0 {
            return Err(fault);
        }
        let warning = Fault { sqlstate: PgSqlErrorCode::ERRCODE_WARNING, ..fault };
        ErrorReport::from(warning).report(PgLogLevel::WARNING);
    }
    // To pass is an answer that others act on: a crash must not make it untrue.
    wal::flush();
    Ok(i64::try_from(judged).unwrap_or(i64::MAX))
}

fn refuse_behind(findings: &[Finding], within: Option<i64>, schema: Option<&str>) -> Result<(), Fault> {
    let is_close =
        |finding: &Finding| within.is_none_or(|within| finding.inserts_left.is_none_or(|left| left <= within));
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
    Err(Fault::new(
        PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!("{count} {noun} behind or exhausted"),
    )
    .detail(affected(bad.into_iter().map(label)))
    .hint(if behind {
        format!("Run {} to see them, and {} to repair them.", statements.audit(schema), statements.resync(schema))
    } else {
        format!("Run {} to see what makes room.", statements.audit(schema))
    }))
}

/// The columns that could not be judged. Other sessions' temporary tables do not count: nobody could judge those.
fn unjudged(findings: &[Finding]) -> Vec<&Finding> {
    let is_others = |table| names::relation_schema(table).is_none_or(schemas::is_other_temp);
    findings.iter().filter(|finding| finding.status == Status::Unknown && !is_others(finding.table)).collect()
}

/// What an assertion says that could not look everywhere: 42501 where a privilege is missing, otherwise 55000.
fn could_not_judge(unjudged: &[&Finding], judged: usize, schema: Option<&str>) -> Result<Fault, Fault> {
    let lacks_privilege = unjudged.iter().any(|finding| finding.lacks_privilege);
    let state = if lacks_privilege {
        PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE
    } else {
        PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE
    };
    let message = match (judged, unjudged.len()) {
        (0, _) => "no column fed by a sequence could be judged".to_owned(),
        (_, 1) => "1 column fed by a sequence could not be judged".to_owned(),
        (_, count) => format!("{count} columns fed by a sequence could not be judged"),
    };
    let statements = Statements::new()?;
    let see = statements.audit(schema);
    let hint = if lacks_privilege {
        format!("Run {} to let this role read them, or {see} to see why.", statements.grant_reading())
    } else {
        format!("Run {see} to see why.")
    };
    Ok(Fault::new(state, message).detail(affected(unjudged.iter().copied().map(column_label))).hint(hint))
}

fn affected(labels: impl Iterator<Item = String>) -> String {
    let labels: Vec<String> = labels.collect();
    format!("{}.", advice::list("Affected:", &labels.iter().map(String::as_str).collect::<Vec<_>>()))
}

fn column_label(finding: &Finding) -> String {
    let name = finding.column.as_deref().map(names::quote_identifier).unwrap_or_default();
    format!("{}.{name}", finding.table_name.quoted())
}

fn label(finding: &Finding) -> String {
    let column = column_label(finding);
    let left = finding.inserts_left.unwrap_or(0);
    match finding.status {
        Status::Exhausted => format!("{column} (exhausted)"),
        _ => format!("{column} (behind, inserts left: {left})"),
    }
}

fn sequences(findings: &[Finding], wanted: impl Fn(Status) -> bool) -> HashSet<Oid> {
    findings.iter().filter(|finding| wanted(finding.status)).filter_map(|finding| finding.sequence).collect()
}
