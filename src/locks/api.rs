//! The SQL-facing functions: arguments in, rows out.

use super::report::report;
use super::terminate::terminate;
use crate::error::Error;
use crate::pg::sql_types::Name;
use crate::pg::{entry, memory};
use crate::report::one_line::pasteable;
use pgrx::datum::{Inet, Interval, TimestampWithTimeZone};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Returns one row for each advisory lock of the cluster that is held or awaited, worst first: the
/// tool that its key belongs to and the evidence for that, the session that holds it, since when
/// that session has been idle, the sessions that wait, and the statement that ends it.
///
/// `status`: `orphan` (its session has been idle for `pg_flightcheck.orphan_after` while others
/// wait, or its client is gone), `self_blocked` (its own program waits for it on another
/// connection), `pooler_leak` (a migration tool's lock on a connection that serves other clients),
/// `prepared_transaction`, `blocking` (others wait for it), `idle_holder` (a migration tool's lock
/// whose session has been idle as long as an orphan, while no session waits), `waiting`, `held`.
/// `waits_for`: the processes that block this one directly, as pg_blocking_pids returns them; 0 is
/// a prepared transaction. `blocks`: all sessions that wait for this lock, or for another lock of
/// its holder, directly or through others. `since`: when a holder's session entered its `state`, or
/// when a waiting session began to wait.
///
/// `fix` ends the session of an orphan or of a leak through a connection pooler. It is NULL while a
/// session is or may be at work that could belong to the holder's program: one of the same role and
/// client that writes or has written in an open transaction, or any session that changes the
/// schema.
///
/// Locks: AccessShareLock on catalogs, released at once; no user table is touched. Runs on a
/// standby. Privileges: none; other roles' sessions are hidden except from members of
/// pg_read_all_stats. Errors: none of its own.
#[pg_extern]
#[allow(clippy::type_complexity)]
fn advisory_lock_report() -> Result<
    TableIterator<
        'static,
        (
            name!(status, String),
            name!(lock_key, String),
            name!(tool, Option<String>),
            name!(granted, bool),
            name!(pid, Option<i32>),
            name!(waits_for, Option<Vec<i32>>),
            name!(blocks, Option<Vec<i32>>),
            name!(role, Option<Name>),
            name!(application_name, Option<String>),
            name!(client_addr, Option<Inet>),
            name!(state, Option<String>),
            name!(since, Option<TimestampWithTimeZone>),
            name!(scope, String),
            name!(mode, String),
            name!(database, Option<Name>),
            name!(evidence, Option<String>),
            name!(query, Option<String>),
            name!(detail, Option<String>),
            name!(fix, Option<String>),
        ),
    >,
    ErrorReport,
> {
    Ok(memory::rows(entry::run(report)?.into_iter().map(|row| {
        (
            row.status.as_str().to_owned(),
            row.key.to_string(),
            row.tool,
            row.is_granted,
            row.pid,
            row.waits_for,
            row.blocks,
            row.role.map(Name),
            row.application_name,
            row.client_addr,
            row.state,
            row.since,
            row.scope.to_owned(),
            row.mode,
            row.database.map(Name),
            row.evidence,
            row.query,
            row.detail,
            row.fix.and_then(pasteable),
        )
    })))
}

/// Ends the sessions that hold the lock and have been idle for at least `min_idle`; with `dry_run`,
/// which is the default, it only lists them. Immediately before it ends a session, it checks again
/// that the process has the same start time, holds the lock and is idle. Never ends the calling
/// session, a session whose client is at work on another connection (some tools hold the lock on
/// one connection and migrate on another), or a session that its own program waits for.
///
/// `lock_key`: as advisory_lock_report() shows it, followed by `@database` for a lock of another
/// database. `outcome`: `would_terminate`, `terminated`, `signalled` (it had not ended after 5 s),
/// `skipped` (`detail` says why).
///
/// Locks: AccessShareLock on catalogs, released at once. Privileges: those of pg_terminate_backend.
/// Errors: 22P02 not a key, 22023 negative interval, 22004 NULL, 3D000 unknown database. Raises a
/// NOTICE if no session holds the lock.
#[pg_extern]
#[allow(clippy::type_complexity)]
fn advisory_lock_terminate(
    lock_key: Option<&str>,
    min_idle: default!(Option<Interval>, "'1 minute'"),
    dry_run: default!(Option<bool>, true),
) -> Result<
    TableIterator<
        'static,
        (
            name!(outcome, String),
            name!(pid, Option<i32>),
            name!(role, Option<Name>),
            name!(application_name, Option<String>),
            name!(idle_for, Option<Interval>),
            name!(detail, Option<String>),
        ),
    >,
    ErrorReport,
> {
    let lock_key = lock_key.ok_or_else(|| Error::null_argument("lock_key"))?;
    table(lock_key, min_idle, dry_run)
}

/// Does the same for a bigint key, as tools print it: `advisory_lock_terminate(72707369)`.
#[pg_extern(name = "advisory_lock_terminate")]
#[allow(clippy::type_complexity)]
fn advisory_lock_terminate_number(
    lock_key: Option<i64>,
    min_idle: default!(Option<Interval>, "'1 minute'"),
    dry_run: default!(Option<bool>, true),
) -> Result<
    TableIterator<
        'static,
        (
            name!(outcome, String),
            name!(pid, Option<i32>),
            name!(role, Option<Name>),
            name!(application_name, Option<String>),
            name!(idle_for, Option<Interval>),
            name!(detail, Option<String>),
        ),
    >,
    ErrorReport,
> {
    let lock_key = lock_key.ok_or_else(|| Error::null_argument("lock_key"))?;
    table(&lock_key.to_string(), min_idle, dry_run)
}

type Terminated = (String, Option<i32>, Option<Name>, Option<String>, Option<Interval>, Option<String>);

fn table(
    lock_key: &str,
    min_idle: Option<Interval>,
    dry_run: Option<bool>,
) -> Result<TableIterator<'static, Terminated>, ErrorReport> {
    let min_idle = min_idle.ok_or_else(|| Error::null_argument("min_idle"))?;
    let dry_run = dry_run.ok_or_else(|| Error::null_argument("dry_run"))?;
    let rows = entry::run(|| terminate(lock_key, min_idle, dry_run))?;
    Ok(memory::rows(rows.into_iter().map(|row| {
        (row.outcome.as_str().to_owned(), row.pid, row.role.map(Name), row.application_name, row.idle_for, row.detail)
    })))
}

pgrx::extension_sql_file!(
    "../../sql/install/locks.sql",
    name = "locks",
    requires = [advisory_lock_report, advisory_lock_terminate, advisory_lock_terminate_number]
);
