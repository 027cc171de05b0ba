//! Defines the SQL function: checks its arguments and converts its result to rows.

use super::rehearse::rehearse;
use super::request::Request;
use super::row::Row;
use crate::error::Error;
use crate::pg::encoded_text::ServerText;
use crate::pg::sql_types::Name;
use crate::pg::{entry, memory};
use crate::script::split;
use pgrx::PgSqlErrorCode;
use pgrx::datum::Interval;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Runs a script for real in the calling session, statement by statement, and always undoes it. For
/// a copy of the database. Returns a row for each statement, in the script's order, and a last row
/// for the rehearsal as a whole, whose command is `REHEARSAL`.
///
/// `status`: `ok`; `failed`, with the error's fields; `not_reached`, after a failure;
/// `not_rehearsed` (`detail` says why: the statement has effects that a rollback does not undo, or
/// differs in a subtransaction). `line`: where the statement starts, or the error's position.
/// `rows`: how many it returned or changed. `scanned`: the tables that it read entirely, with the
/// rows read; NULL without track_counts. `rewritten`: tables and indexes with a new file. `locks`:
/// those on relations that this statement added.
///
/// `as_role`: SET ROLE before the script. `mode`: `transaction` wraps the script in one
/// transaction, in `autocommit` each statement is one; NULL is `transaction` unless the script
/// itself begins or ends one. `on_error`: `stop` or `continue`. `lock_timeout`: the setting for the
/// script; NULL keeps the session's. `allow_others`: runs although other clients are connected.
///
/// Locks: those of the script, until it is undone; RowExclusiveLock on every sequence to the end of
/// the calling transaction. Privileges: those of the caller, or of `as_role`. Errors: 22004 NULL,
/// 22023 unknown mode or on_error, 42704 unknown role, 42501 no right to SET ROLE, 25006 on a
/// standby or in a read-only transaction, 55000 other clients or prepared transactions, a calling
/// query that reads tables, or a rehearsal within another. 57014 if it is cancelled: nothing is
/// left then either.
#[pg_extern]
#[allow(clippy::type_complexity, clippy::too_many_arguments)]
fn migration_rehearse(
    script: Option<ServerText>,
    as_role: default!(Option<Name>, "NULL"),
    mode: default!(Option<&str>, "NULL"),
    on_error: default!(Option<&str>, "'stop'"),
    lock_timeout: default!(Option<Interval>, "'2 s'"),
    allow_others: default!(Option<bool>, "false"),
) -> Result<
    TableIterator<
        'static,
        (
            name!(status, String),
            name!(statement, Option<i32>),
            name!(line, Option<i32>),
            name!(command, Option<String>),
            name!(rows, Option<i64>),
            name!(duration, Option<Interval>),
            name!(scanned, Option<Vec<ServerText>>),
            name!(rewritten, Option<Vec<ServerText>>),
            name!(locks, Option<Vec<ServerText>>),
            name!(sqlstate, Option<String>),
            name!(message, Option<ServerText>),
            name!(detail, Option<ServerText>),
            name!(hint, Option<ServerText>),
            name!(constraint_name, Option<ServerText>),
        ),
    >,
    ErrorReport,
> {
    let rows = entry::run(|| {
        let script = script.ok_or_else(|| Error::null_argument("script"))?;
        let script = split(&script.0, mode)?;
        let request = Request {
            script,
            role: as_role.map(|name| name.0),
            continues: continues(on_error)?,
            lock_timeout: lock_timeout.map(|limit| milliseconds(&limit)).transpose()?,
            allows_others: allow_others.ok_or_else(|| Error::null_argument("allow_others"))?,
        };
        rehearse(&request)
    })?;
    Ok(memory::rows(rows.into_iter().map(|row: Row| {
        (
            row.status.as_str().to_owned(),
            row.statement,
            row.line,
            row.command,
            row.rows,
            row.duration.map(|duration| Interval::from_micros(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX))),
            row.scanned.map(texts),
            row.rewritten.map(texts),
            row.locks.map(texts),
            row.sqlstate,
            row.message.map(ServerText),
            join_sentences(row.detail).map(ServerText),
            row.hint.map(ServerText),
            row.constraint.map(ServerText),
        )
    })))
}

fn texts(values: Vec<impl ToString>) -> Vec<ServerText> {
    values.iter().map(|value| ServerText(value.to_string())).collect()
}

/// Joins sentences, the first of which may be the server's DETAIL.
fn join_sentences(sentences: Vec<String>) -> Option<String> {
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

fn continues(on_error: Option<&str>) -> Result<bool, Error> {
    match on_error {
        Some("stop") => Ok(false),
        Some("continue") => Ok(true),
        Some(word) => Err(unknown("on_error", word, "stop or continue")),
        None => Err(Error::null_argument("on_error")),
    }
}

fn unknown(argument: &str, word: &str, choices: &str) -> Error {
    let message = format!("invalid value for argument \"{argument}\": \"{}\"", crate::report::quoting::clip(word, 40));
    Error::new(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, message).hint(format!("Use {choices}."))
}

/// Returns the interval in whole milliseconds, as `lock_timeout` takes it; 0 disables the limit.
fn milliseconds(limit: &Interval) -> Result<i64, Error> {
    let microseconds = limit.as_micros();
    let milliseconds = i64::try_from(microseconds.div_euclid(1000) + i128::from(microseconds.rem_euclid(1000) > 0));
    match milliseconds {
        Ok(milliseconds) if (0..=i64::from(i32::MAX)).contains(&milliseconds) => Ok(milliseconds),
        _ => Err(Error::new(
            PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE,
            "argument \"lock_timeout\" is out of range",
        )
        .hint("Use an interval between 0 and 24 days.")),
    }
}

pgrx::extension_sql_file!("../../sql/install/rehearsal.sql", name = "rehearsal", requires = [migration_rehearse]);
