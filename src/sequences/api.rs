//! Defines the SQL functions: checks their arguments and converts their results to rows.

use super::assert::assert;
use super::audit::audit;
use super::finding::Finding;
use super::outcome::{Options, Report};
use super::resync::resync;
use super::target_table;
use crate::error::Error;
use crate::ids::origin::Origins;
use crate::pg::encoded_text::{Json, printable_error};
use crate::pg::message::say;
use crate::pg::sql_types::{Name, RegClass};
use crate::pg::{access, entry, memory};
use crate::report::one_line::pasteable;
use crate::report::scope::Scope;
use crate::report::wording;
use crate::snapshot::positions;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Returns a verdict on every column that a sequence feeds, and on every sequence that no column is
/// known to draw from, worst first: whether the sequence will generate an id that is already used.
/// If `schema` is NULL, all schemas except the system's are covered.
///
/// Locks: AccessShareLock on one sequence, then on one table and one of its indexes, released
/// before the next; waits for them for five seconds altogether, or for lock_timeout; a row whose
/// lock could not be acquired is `unknown`. Privileges: SELECT, USAGE or UPDATE on the sequence,
/// USAGE on the schema and SELECT on the column, otherwise the row is `unknown`. Errors: 3F000 for
/// an unknown schema. Works on a standby and in read-only transactions.
#[pg_extern]
#[allow(clippy::type_complexity)]
fn seq_audit(
    schema: default!(Option<&str>, "NULL"),
) -> Result<
    TableIterator<
        'static,
        (
            name!(status, String),
            name!(table_name, Option<RegClass>),
            name!(column_name, Option<Name>),
            name!(sequence_name, Option<RegClass>),
            name!(next_value, Option<i64>),
            name!(max_id, Option<i64>),
            name!(behind_by, Option<i64>),
            name!(inserts_left, Option<i64>),
            name!(used_pct, Option<AnyNumeric>),
            name!(kind, String),
            name!(detail, Option<String>),
            name!(fix, Option<String>),
        ),
    >,
    ErrorReport,
> {
    let findings = entry::run(|| audit(Scope::schema(schema)?))?;
    // Most rows have the same used share, and making a numeric takes half as long as everything
    // else.
    let mut last: Option<(u16, Option<AnyNumeric>)> = None;
    let mut used_pct = move |basis_points: u16| match &last {
        Some((known, percent)) if *known == basis_points => percent.clone(),
        _ => last.insert((basis_points, percent(basis_points))).1.clone(),
    };
    Ok(memory::rows(findings.into_iter().map(move |finding: Finding| {
        (
            finding.status.as_str().to_owned(),
            finding.table.map(RegClass),
            finding.column.map(Name),
            finding.sequence.map(RegClass),
            finding.next_value,
            finding.max_id,
            finding.behind_by,
            finding.inserts_left,
            finding.used_basis_points.and_then(&mut used_pct),
            finding.kind.as_str().to_owned(),
            finding.detail,
            finding.fix.and_then(pasteable),
        )
    })))
}

/// Converts hundredths of a percent to percent with two decimals.
fn percent(basis_points: u16) -> Option<AnyNumeric> {
    AnyNumeric::try_from(format!("{}.{:02}", basis_points / 100, basis_points % 100).as_str()).ok()
}

/// Advances every sequence that feeds a table of the schema past the used ids; never moves one
/// backwards, and blocks no other session. If `schema` is NULL, all schemas except the system's are
/// covered. `dry_run` only reports what would be done, `margin` keeps that many ids free, and
/// `fence` waits for the writers in progress and reads the ids again. With `source`, a snapshot of
/// the database that the rows came from, it also passes the values that had been generated there,
/// and advances sequences that no column draws from; the margin counts from there as well.
///
/// Locks: AccessShareLock on one table and one of its indexes, then RowExclusiveLock on one
/// sequence, released at once. Privileges: UPDATE on the sequence, USAGE on the schema and SELECT
/// on the columns, otherwise the row is `skipped`. Errors: 3F000 unknown schema, 22023 negative
/// margin, 22004 NULL, 25006 read-only; for `source` those of `db_compare`. Like setval, it is not
/// undone by a rollback.
#[pg_extern]
#[allow(clippy::type_complexity)]
fn seq_resync(
    schema: default!(Option<&str>, "NULL"),
    dry_run: default!(Option<bool>, "false"),
    margin: default!(Option<i64>, "0"),
    fence: default!(Option<bool>, "false"),
    source: default!(Option<Json>, "NULL"),
) -> Result<
    TableIterator<
        'static,
        (
            name!(outcome, String),
            name!(table_name, Option<RegClass>),
            name!(sequence_name, Option<RegClass>),
            name!(old_next, Option<i64>),
            name!(new_next, Option<i64>),
            name!(detail, Option<String>),
        ),
    >,
    ErrorReport,
> {
    let options = options("seq_resync", dry_run, margin, fence)?;
    let resync = || resync(Scope::to_resync(schema)?, options, carried(source.as_ref())?.as_ref());
    Ok(rows(entry::run(resync).map_err(printable_error)?))
}

/// Advances the sequences that feed one table past the used ids.
///
/// Locks, privileges and errors: as `seq_resync`; 42P01 if the relation does not exist, 42809 if it
/// is not a table.
#[pg_extern]
#[allow(clippy::type_complexity)]
fn seq_resync_table(
    target: Option<RegClass>,
    dry_run: default!(Option<bool>, "false"),
    margin: default!(Option<i64>, "0"),
    fence: default!(Option<bool>, "false"),
    source: default!(Option<Json>, "NULL"),
) -> Result<
    TableIterator<
        'static,
        (
            name!(outcome, String),
            name!(table_name, Option<RegClass>),
            name!(sequence_name, Option<RegClass>),
            name!(old_next, Option<i64>),
            name!(new_next, Option<i64>),
            name!(detail, Option<String>),
        ),
    >,
    ErrorReport,
> {
    let target = target.ok_or_else(|| Error::null_argument("target"))?;
    let options = options("seq_resync_table", dry_run, margin, fence)?;
    let resync = || resync(target_table::scope(target.0)?, options, carried(source.as_ref())?.as_ref());
    Ok(rows(entry::run(resync).map_err(printable_error)?))
}

/// Returns the number of sequences that were judged. Raises 55000 if one is exhausted or behind;
/// with `within`, a sequence that is behind counts only if at most that many inserts are left.
///
/// If there are columns and none could be judged, it raises an error as well: 42501 if a privilege
/// is missing, otherwise 55000. If some could not be judged, it raises a WARNING or, with `strict`,
/// the same error.
///
/// Locks and privileges: as `seq_audit`. Errors: 3F000 unknown schema, 22023 for a negative
/// `within`, 22004 if `strict` is NULL.
#[pg_extern]
fn seq_assert(
    schema: default!(Option<&str>, "NULL"),
    within: default!(Option<i64>, "NULL"),
    strict: default!(Option<bool>, "false"),
) -> Result<i64, ErrorReport> {
    let strict = strict.ok_or_else(|| Error::null_argument("strict"))?;
    Ok(entry::run(|| assert(schema, within, strict))?)
}

/// Returns the positions of the snapshot, and warns of one whose positions may be too old.
fn carried(source: Option<&Json>) -> Result<Option<Origins>, Error> {
    let origins = source.map(positions).transpose()?;
    if origins.as_ref().is_some_and(|origins| origins.is_of_standby) {
        let warning = Error::new(PgSqlErrorCode::ERRCODE_WARNING, "the source was taken on a standby")
            .detail("Values that its primary had generated by then may be missing from the source.")
            .hint("Run db_snapshot() on the primary once no session writes there.");
        say(PgLogLevel::WARNING, warning);
    }
    Ok(origins)
}

fn options(function: &str, dry_run: Option<bool>, margin: Option<i64>, fence: Option<bool>) -> Result<Options, Error> {
    let options = Options {
        dry_run: dry_run.ok_or_else(|| Error::null_argument("dry_run"))?,
        margin: margin.ok_or_else(|| Error::null_argument("margin"))?,
        fence: fence.ok_or_else(|| Error::null_argument("fence"))?,
    };
    if options.margin < 0 {
        return Err(Error::new(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, "\"margin\" must not be negative")
            .detail("It is the number of ids to keep free beyond the furthest one.")
            .hint("Pass 0 or more, or omit it."));
    }
    if !options.dry_run {
        access::refuse_read_only(function)?;
    }
    Ok(options)
}

#[allow(clippy::type_complexity)]
fn rows(
    reports: Vec<Report>,
) -> TableIterator<
    'static,
    (
        name!(outcome, String),
        name!(table_name, Option<RegClass>),
        name!(sequence_name, Option<RegClass>),
        name!(old_next, Option<i64>),
        name!(new_next, Option<i64>),
        name!(detail, Option<String>),
    ),
> {
    memory::rows(reports.into_iter().map(|report| {
        (
            report.outcome.as_str().to_owned(),
            report.table.map(RegClass),
            report.sequence.map(RegClass),
            report.old_next,
            report.new_next,
            wording::detail(&report.detail),
        )
    }))
}

pgrx::extension_sql_file!(
    "../../sql/install/sequences.sql",
    name = "sequences",
    requires = [seq_audit, seq_resync, seq_resync_table, seq_assert]
);
