//! seq_assert: an error instead of a row, for start-up checks, CI and the end of a migration.

use super::advice::{self, Statements};
use super::audit::{Finding, audit};
use super::scope::Scope;
use super::verdict::Status;
use crate::fault::Fault;
use crate::pg::names;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::Oid;
use std::collections::HashSet;

/// How many sequences were checked. 55000 if one is exhausted, or behind and (with `within`) about to fail.
pub fn assert(schema: Option<&str>, within: Option<i64>) -> Result<i64, Fault> {
    if within.is_some_and(i64::is_negative) {
        return Err(Fault::new(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, "\"within\" must not be negative")
            .hint("0 means: only if the very next insert collides."));
    }
    let findings = audit(Scope::schema(schema)?)?;
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
        warn_unknown(&findings, schema)?;
        let is_judged = |status| !matches!(status, Status::Unknown | Status::Unlinked);
        return Ok(i64::try_from(sequences(&findings, is_judged).len()).unwrap_or(i64::MAX));
    }
    let statements = Statements::new()?;
    let labels: Vec<String> = bad.iter().map(|finding| label(finding)).collect();
    let behind = bad.iter().any(|finding| finding.status == Status::Behind);
    let count = bad.iter().map(|finding| finding.sequence).collect::<HashSet<_>>().len();
    let noun = if count == 1 { "sequence is" } else { "sequences are" };
    Err(Fault::new(
        PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!("{count} {noun} behind or exhausted"),
    )
    .detail(format!("{}.", advice::list("Affected:", &labels.iter().map(String::as_str).collect::<Vec<_>>())))
    .hint(if behind {
        format!("Run {} to see them, and {} to repair them.", statements.audit(schema), statements.resync(schema))
    } else {
        format!("Run {} to see what makes room.", statements.audit(schema))
    }))
}

fn label(finding: &Finding) -> String {
    let name = finding.column.as_deref().map(names::quote_identifier).unwrap_or_default();
    let column = format!("{}.{name}", finding.name.quoted());
    let left = finding.inserts_left.unwrap_or(0);
    match finding.status {
        Status::Exhausted => format!("{column} (exhausted)"),
        _ => format!("{column} (behind, inserts left: {left})"),
    }
}

fn sequences(findings: &[Finding], wanted: impl Fn(Status) -> bool) -> HashSet<Oid> {
    findings.iter().filter(|finding| wanted(finding.status)).filter_map(|finding| finding.sequence).collect()
}

/// An assertion that could not look everywhere must say so. A sequence that no column could use is no reason to.
fn warn_unknown(findings: &[Finding], schema: Option<&str>) -> Result<(), Fault> {
    let unknown = findings.iter().filter(|finding| finding.status == Status::Unknown).count();
    let has_candidates = |finding: &&Finding| finding.status == Status::Unlinked && finding.behind_by.is_some();
    let unlinked = findings.iter().filter(has_candidates).count();
    let mut parts = Vec::new();
    if unknown > 0 {
        let noun = if unknown == 1 { "column" } else { "columns" };
        parts.push(format!("{unknown} {noun} fed by a sequence could not be judged"));
    }
    if unlinked > 0 {
        let (noun, whose) = if unlinked == 1 { ("sequence", "its") } else { ("sequences", "their") };
        parts.push(format!("{unlinked} {noun} could not be judged: nothing tells which column {whose} values go into"));
    }
    for message in parts {
        pgrx::pg_sys::panic::ErrorReport::from(
            Fault::new(PgSqlErrorCode::ERRCODE_WARNING, message)
                .hint(format!("Run {} to see why.", Statements::new()?.audit(schema))),
        )
        .report(pgrx::PgLogLevel::WARNING);
    }
    Ok(())
}
