//! Defines the SQL functions flightcheck and flightcheck_summary.

use super::run::run;
use super::summary::summary;
use super::target::Target;
use crate::error::Error;
use crate::pg::sql_types::Name;
use crate::pg::{entry, memory};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Returns what migrations and restores have left wrong, worst first: one row for each finding,
/// none on a healthy database. If `schema` is NULL, all schemas except the system's are covered; if
/// `expected_owner` is NULL, each schema's majority owner is expected. With `deep`, foreign keys'
/// rows are read as well, as by fk_audit. With `fold`, many findings of one kind become one
/// row, whose `fix` runs the fixes of all of them.
///
/// `severity`: `error` (fails now), `warning` (will fail, or is slow or unprotected), `info` (may
/// be intended). `fix`: SQL that repairs it, in one line, or the first of several steps; NULL if
/// no SQL repairs it, or if there is a choice to make.
///
/// Locks: AccessShareLock on one table at a time, released before the next; waits for locks for
/// five seconds altogether, or for lock_timeout. Privileges: none, but what seq_audit, fk_audit and
/// migration_report may not read is not judged. Errors: 3F000 unknown schema, 42704 unknown role,
/// 22004 `deep` or `fold` NULL. Works on a standby and in read-only transactions.
#[pg_extern]
#[allow(clippy::type_complexity)]
fn flightcheck(
    schema: default!(Option<&str>, "NULL"),
    expected_owner: default!(Option<Name>, "NULL"),
    deep: default!(Option<bool>, "false"),
    fold: default!(Option<bool>, "true"),
) -> Result<
    TableIterator<
        'static,
        (
            name!(severity, String),
            name!(check_name, String),
            name!(object, String),
            name!(detail, String),
            name!(fix, Option<String>),
        ),
    >,
    ErrorReport,
> {
    let deep = deep.ok_or_else(|| Error::null_argument("deep"))?;
    let fold = fold.ok_or_else(|| Error::null_argument("fold"))?;
    let expected_owner = expected_owner.as_ref().map(|name| name.0.as_str());
    let findings = entry::run(|| Ok::<_, Error>(run(&Target::look_up(schema, expected_owner, deep, fold)?)))?;
    Ok(memory::rows(findings.into_iter().map(|finding| {
        (
            finding.severity.as_str().to_owned(),
            finding.check_name.to_owned(),
            finding.object,
            finding.detail,
            finding.fix,
        )
    })))
}

/// Returns one row for each check_name of flightcheck, whether it has findings or not, worst first.
/// Monitoring may call it every minute: checks that take long on many tables are left out, unless
/// `complete`; then all of flightcheck()'s checks run.
///
/// `severity`: the worst one of the findings, `ok` if there are none, `unknown` if the check could
/// not run or could not read everything and found neither an error nor a warning, `left_out` if it
/// did not run. `errors`, `warnings`, `infos`: how many objects have such a finding; NULL if the
/// check did not run. `object`, `detail`: those of the worst finding, or why nothing is known.
///
/// Locks: AccessShareLock on one table at a time, released before the next; waits for locks for
/// five seconds altogether, or for lock_timeout. Privileges: none, but only members of
/// pg_read_all_data and pg_monitor (or pg_read_all_stats) see everything; what cannot be read is
/// `unknown`. Errors: 22004 `complete` NULL. Works on a standby and in read-only transactions.
#[pg_extern]
#[allow(clippy::type_complexity)]
fn flightcheck_summary(
    complete: default!(Option<bool>, "false"),
) -> Result<
    TableIterator<
        'static,
        (
            name!(severity, String),
            name!(check_name, String),
            name!(errors, Option<i64>),
            name!(warnings, Option<i64>),
            name!(infos, Option<i64>),
            name!(object, Option<String>),
            name!(detail, Option<String>),
        ),
    >,
    ErrorReport,
> {
    let complete = complete.ok_or_else(|| Error::null_argument("complete"))?;
    let rows = entry::run(|| summary(complete))?;
    Ok(memory::rows(rows.into_iter().map(|row| {
        let [errors, warnings, infos] = row.counts.map_or([None; 3], |counts| counts.map(Some));
        (row.worst.as_str().to_owned(), row.check_name.to_owned(), errors, warnings, infos, row.object, row.detail)
    })))
}

pgrx::extension_sql_file!(
    "../../sql/install/checks.sql",
    name = "checks",
    requires = [flightcheck, flightcheck_summary]
);
