//! Defines the SQL functions: checks their arguments and converts their results to jsonb and rows.

use super::assert;
use super::capture::{Schemas, capture};
use super::differences::differences;
use super::field_count::FieldCount;
use super::model::{Scope, Snapshot};
use super::outside;
use super::unread;
use crate::error::Error;
use crate::pg::encoded_text::{Json, ServerText, encode_c, printable_error};
use crate::pg::message::say;
use crate::pg::sql_types::JsonbText;
use crate::pg::{entry, memory};
use crate::report::schema_argument;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Returns what is in this database, to be compared with another database or with this one later:
/// which cluster and database it is, and everything that pg_dump carries: tables with their
/// columns, constraints, indexes, triggers, policies and number of rows; sequences with their next
/// value; functions, types and all other kinds of objects; privileges and comments. If `schema` is
/// NULL, all schemas except the system's are covered, and what does not belong to a schema. It
/// contains no row's content except the first and last primary key where keys are whole numbers or
/// times, and no password: what may be confidential is a hash, or left out.
///
/// `exact`: counts rows, in parallel where a query would, under the statement's snapshot, and
/// reports its progress on long runs; otherwise the number of rows is estimated from the planner's
/// statistics. `checksum`: adds a checksum of each table's rows, whatever their order
/// (`db_row_hash`). The fields of the jsonb are in `src/snapshot/model.rs` and in
/// docs/reference/snapshots.md.
///
/// Locks: AccessShareLock on one table at a time, released before the next, and on the tables that
/// ten views, rules, policies or parsed bodies of functions name; waits for them for five seconds
/// altogether, or for lock_timeout, and says so in the table's `unread`. Privileges: none;
/// `unread` says which rows may not be counted. A WARNING says how many tables and sequences could
/// not be read; another one, that tables of `schema` have partitions or inheriting tables in other
/// schemas. Code of the tables' owners does not run with the caller's privileges. Errors: 3F000
/// unknown schema, 22023 a system or temporary one, 22004 NULL for a flag. Works on a standby and
/// in read-only transactions.
#[pg_extern]
fn db_snapshot(
    schema: default!(Option<ServerText>, "NULL"),
    exact: default!(Option<bool>, "true"),
    checksum: default!(Option<bool>, "false"),
) -> Result<JsonbText, ErrorReport> {
    let exact = exact.ok_or_else(|| Error::null_argument("exact"))?;
    let checksum = checksum.ok_or_else(|| Error::null_argument("checksum"))?;
    let scope = Scope { schema: None, exact, checksum };
    Ok(entry::run(|| snapshot(schema, scope)).map_err(printable_error)?)
}

fn snapshot(schema: Option<ServerText>, scope: Scope) -> Result<JsonbText, Error> {
    let schema = schema.map(|name| schema_argument::find_text(&name.0)).transpose()?;
    let (snapshot, obstacles) = capture(schema.map_or(Schemas::All, Schemas::One), scope)?;
    let outside = schema.map(outside::warning).transpose()?.flatten();
    for warning in unread::warning(&snapshot, &obstacles).into_iter().chain(outside) {
        say(PgLogLevel::WARNING, printable_error(warning));
    }
    to_jsonb(snapshot)
}

fn to_jsonb(mut snapshot: Snapshot) -> Result<JsonbText, Error> {
    let failed = |_| Error::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, "could not convert a snapshot to JSON");
    let mut count = FieldCount::default();
    serde_json::to_writer(&mut count, &snapshot).map_err(failed)?;
    snapshot.contents.fields = count.fields;
    let text = serde_json::to_string(&snapshot).map_err(failed)?;
    let zero_byte = || Error::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, "a snapshot contains a zero byte");
    Ok(JsonbText(encode_c(&text).ok_or_else(zero_byte)?))
}

/// Returns what differs between two snapshots, worst first: one row for each difference. If
/// `target` is NULL, `source` is compared with this database now, read with the arguments that
/// `source` was taken with.
///
/// `severity`: `error` (something is missing: tables, rows, columns, constraints; a sequence went
/// back), `warning` (another database, owners, defaults, what may matter), `info` (more rows, what
/// was added). `kind` is a word to select by, such as `table_missing` or `rows_fewer`. A difference
/// that follows from another has no row of its own. `fix`: a statement that repairs the difference
/// in the target and cannot do harm, such as a GRANT; NULL if there is none.
///
/// Locks and privileges: none with two snapshots; as `db_snapshot` with one. Errors: 53200, 54000
/// longer than 256 MB or of values that take more than four times their text; 22023 with the
/// field's path if it is not a snapshot or has lost a part, 0A000 if a newer version made it, 22004
/// `source` NULL. Works on a standby and in read-only transactions.
#[pg_extern]
#[allow(clippy::type_complexity)]
fn db_compare(
    source: Option<Json>,
    target: default!(Option<Json>, "NULL"),
) -> Result<
    TableIterator<
        'static,
        (
            name!(severity, String),
            name!(kind, String),
            name!(object, ServerText),
            name!(source_value, Option<ServerText>),
            name!(target_value, Option<ServerText>),
            name!(detail, Option<ServerText>),
            name!(fix, Option<ServerText>),
        ),
    >,
    ErrorReport,
> {
    let source = source.ok_or_else(|| Error::null_argument("source"))?;
    let (differences, _) = entry::run(|| differences(&source, target.as_ref())).map_err(printable_error)?;
    Ok(memory::rows(differences.into_iter().map(|difference| {
        (
            difference.severity.as_str().to_owned(),
            difference.kind.as_str().to_owned(),
            ServerText(difference.object),
            difference.source_value.map(ServerText),
            difference.target_value.map(ServerText),
            difference.detail.map(ServerText),
            difference.fix.map(ServerText),
        )
    })))
}

/// Raises an error unless this is the expected database, for the start of an application.
/// `expected` is a snapshot, or as much of it as matters: `{"identity": {"system_identifier": "…",
/// "database": "…"}}`. Returns how many tables `expected` has; all of them have to exist. Reads
/// only catalogs.
///
/// Locks: none on tables. Privileges: none. Errors: 55000 if it is another database or a table is
/// missing; 22023 if `expected` names no database, has unknown fields or has lost a part, 0A000 if
/// a newer version made it, 54000 as `db_compare`, 22004 NULL. Works on a standby and in read-only
/// transactions.
#[pg_extern]
fn db_assert(expected: Option<Json>) -> Result<i64, ErrorReport> {
    let expected = expected.ok_or_else(|| Error::null_argument("expected"))?;
    Ok(entry::run(|| assert::assert(&expected.0)).map_err(printable_error)?)
}

pgrx::extension_sql_file!(
    "../../sql/install/snapshots.sql",
    name = "snapshots",
    requires = [db_snapshot, db_compare, db_assert]
);
