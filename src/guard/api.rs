//! Defines the guard's SQL functions.

use super::catalog::Functions;
use super::enable::Wanted;
use super::status::status;
use super::status_row::StatusRow;
use super::{batches, disable, enable, session};
use crate::pg::procedure::Procedure;
use crate::pg::sql_types::{RegClass, RegClasses};
use crate::pg::{access, entry, memory};
use crate::report::scope::Scope;
use pgrx::pg_sys::FunctionCallInfo;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// When the procedures commit.
const IN_BATCHES: &str = "The procedure commits after every few tables.";

/// Arms every table of the schema with a column that draws from a sequence. A superuser's call also
/// creates the event trigger that arms new tables. If `schema` is NULL, all schemas except the
/// system's are covered. The tables in `exclude` are left out, in dumps as well, until their
/// trigger is dropped. Can be repeated, and then does what is still missing.
///
/// Stops while half of the server's lock table is free, and reports in rows what is left.
///
/// Locks: ShareRowExclusiveLock on each table that is not armed yet, AccessExclusiveLock on an
/// armed one that is to be left out, to the end of the transaction. Retries for 100 ms to lock a
/// table, or waits as long as `lock_timeout` says if it is set, and then leaves the table as it
/// was. Privileges: ownership of the tables; a superuser for the event trigger. Errors: 3F000
/// unknown schema, 22004 NULL in `exclude`, 42P01 table in `exclude` that does not exist, 22023 one
/// that is not in the schema, 25006 read-only.
#[pg_extern]
#[allow(clippy::type_complexity)]
fn seq_guard_enable(
    schema: default!(Option<&str>, "NULL"),
    exclude: default!(Option<RegClasses>, "NULL"),
) -> Result<
    TableIterator<
        'static,
        (
            name!(outcome, String),
            name!(table_name, Option<RegClass>),
            name!(sequence_name, Option<RegClass>),
            name!(detail, Option<String>),
        ),
    >,
    ErrorReport,
> {
    access::refuse_read_only_always("seq_guard_enable")?;
    let wanted = Wanted::new(schema, exclude)?;
    Ok(rows(entry::run(|| session::as_own_commands(|| enable::enable(&wanted)))?))
}

/// Does what `seq_guard_enable` does, in transactions of at most 50 tables and a tenth of a second,
/// and reports with a NOTICE what it has done, or with a WARNING what it could not do. After a
/// cancellation, the next call continues from there.
///
/// Locks, privileges and errors: as `seq_guard_enable`. Waits for locked tables at the end, each in
/// a transaction of its own. Waits for up to 10 s while other sessions hold half of the lock table.
/// Errors also: 25001 in a transaction block.
#[pg_extern(sql = r#"
CREATE PROCEDURE seq_guard_enable_all("schema" text DEFAULT NULL, "exclude" regclass[] DEFAULT NULL)
LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn seq_guard_enable_all(
    schema: Option<&str>,
    exclude: Option<RegClasses>,
    call: FunctionCallInfo,
) -> Result<(), ErrorReport> {
    access::refuse_read_only_always("seq_guard_enable_all")?;
    let schema = schema.map(str::to_owned);
    let wanted = Wanted::new(schema.as_deref(), exclude)?;
    let procedure = Procedure::begin(call, "seq_guard_enable_all", IN_BATCHES)
        .map_err(|error| error.hint("Run it with autocommit on, or SELECT * FROM seq_guard_enable() here."))?;
    entry::run(|| batches::enable_all(&procedure, &wanted))?;
    procedure.end();
    Ok(())
}

/// Drops the guard's triggers on the tables of the schema, and stops arming its new tables. If
/// `schema` is NULL, all tables are disarmed and the event trigger is dropped. Can be repeated.
///
/// Stops while half of the server's lock table is free, and reports in rows what is left.
///
/// Locks: AccessExclusiveLock on each armed table, to the end of the transaction; waits as
/// `seq_guard_enable`. Privileges: ownership of the tables; a superuser for the event trigger. A
/// table that could not be disarmed has a row `armed`. Errors: 3F000 unknown schema, 25006
/// read-only.
#[pg_extern]
#[allow(clippy::type_complexity)]
fn seq_guard_disable(
    schema: default!(Option<&str>, "NULL"),
) -> Result<
    TableIterator<
        'static,
        (
            name!(outcome, String),
            name!(table_name, Option<RegClass>),
            name!(sequence_name, Option<RegClass>),
            name!(detail, Option<String>),
        ),
    >,
    ErrorReport,
> {
    access::refuse_read_only_always("seq_guard_disable")?;
    let scope = Scope::schema(schema)?;
    Ok(rows(entry::run(|| session::as_own_commands(|| disable::disable(scope, schema)))?))
}

/// Does what `seq_guard_disable` does, in transactions like those of `seq_guard_enable_all`.
///
/// Locks, privileges and errors: as `seq_guard_disable`; waits as `seq_guard_enable_all`. Errors
/// also: 25001 in a transaction block.
#[pg_extern(sql = r#"
CREATE PROCEDURE seq_guard_disable_all("schema" text DEFAULT NULL)
LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn seq_guard_disable_all(schema: Option<&str>, call: FunctionCallInfo) -> Result<(), ErrorReport> {
    access::refuse_read_only_always("seq_guard_disable_all")?;
    let schema = schema.map(str::to_owned);
    let scope = Scope::schema(schema.as_deref())?;
    let procedure = Procedure::begin(call, "seq_guard_disable_all", IN_BATCHES)
        .map_err(|error| error.hint("Run it with autocommit on, or SELECT * FROM seq_guard_disable() here."))?;
    entry::run(|| batches::disable_all(&procedure, scope, schema.as_deref()))?;
    procedure.end();
    Ok(())
}

/// Returns a row for each column that draws from a sequence: armed, disarmed, not guardable or
/// unknown, and why. Rows without a table come first and describe the whole database.
///
/// Locks: AccessShareLock on one table and its indexes at a time, released before it returns; waits
/// for them for five seconds altogether, or for lock_timeout; a table whose lock could not be
/// acquired is `unknown`. Privileges: none. Works on a standby.
#[pg_extern]
#[allow(clippy::type_complexity)]
fn seq_guard_status() -> Result<
    TableIterator<
        'static,
        (
            name!(status, String),
            name!(table_name, Option<RegClass>),
            name!(sequence_name, Option<RegClass>),
            name!(detail, Option<String>),
        ),
    >,
    ErrorReport,
> {
    Ok(rows(entry::run(|| status(&Functions::look_up()?, Scope::Database))?))
}

#[allow(clippy::type_complexity)]
fn rows(
    rows: Vec<StatusRow>,
) -> TableIterator<
    'static,
    (
        name!(status, String),
        name!(table_name, Option<RegClass>),
        name!(sequence_name, Option<RegClass>),
        name!(detail, Option<String>),
    ),
> {
    memory::rows(rows.into_iter().map(|row| {
        let detail = row.detail();
        (row.status.as_str().to_owned(), row.table.map(RegClass), row.sequence.map(RegClass), detail)
    }))
}

pgrx::extension_sql_file!(
    "../../sql/install/guard.sql",
    name = "guard",
    requires = [seq_guard_enable, seq_guard_enable_all, seq_guard_disable, seq_guard_disable_all, seq_guard_status]
);
