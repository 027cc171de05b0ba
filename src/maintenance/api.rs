//! Defines the SQL procedures and the function: checks their arguments and makes rows.

use super::status::status;
use super::{begin, control, end};
use crate::error::Error;
use crate::pg::encoded_text::{Json, ServerText, printable_error};
use crate::pg::procedure::Procedure;
use crate::pg::sql_types::Name;
use crate::pg::{entry, memory};
use pgrx::PgSqlErrorCode;
use pgrx::datum::{Interval, TimestampWithTimeZone};
use pgrx::pg_sys::FunctionCallInfo;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use std::time::Duration;

/// Makes the transactions of this database read-only, and ends the sessions that began before, for
/// a load or a repair. It stops writers that do not know about it, such as applications and pools;
/// it does not stop a session that asks to write, by SET, READ WRITE or connection options.
///
/// Sets default_transaction_read_only for the database, records `reason`, and commits. Then ends
/// the sessions that began before: idle ones and failed transactions now, others after `grace`; and
/// returns when they are gone. With `terminate => false`, they are waited for as long as `grace`
/// and named. If a call was interrupted, the next one continues.
///
/// Locks: ShareLock on the database, as soon as no session is starting in it, released at once.
/// Privileges: the database's owner with pg_signal_backend and pg_read_all_stats, or a superuser.
/// Errors: 42501, 25001 in a transaction block, 25006 on a standby or read-only, 55000 if it is on
/// already or a prepared transaction is open (unless `ignore_prepared`), 55P03 if another session
/// is calling it, 22004 NULL, 22023 a negative or too long argument.
#[pg_extern(sql = r#"
CREATE PROCEDURE maintenance_begin("reason" text DEFAULT NULL, "grace" interval DEFAULT '30 s', "terminate" boolean DEFAULT true, "ignore_prepared" boolean DEFAULT false)
LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn maintenance_begin(
    reason: Option<ServerText>,
    grace: Option<Interval>,
    terminate: Option<bool>,
    ignore_prepared: Option<bool>,
    call: FunctionCallInfo,
) -> Result<(), ErrorReport> {
    let run = || {
        let reason = reason.map(|reason| reason.0);
        reason.as_deref().map_or(Ok(()), |reason| memory::refuse_long("reason", reason))?;
        let request = begin::Request {
            reason,
            grace: duration(grace)?,
            terminate: terminate.ok_or_else(|| Error::null_argument("terminate"))?,
            ignore_prepared: ignore_prepared.ok_or_else(|| Error::null_argument("ignore_prepared"))?,
        };
        let mut procedure = start(call, control::BEGIN)?;
        begin::begin(&mut procedure, &request)?;
        procedure.end();
        Ok(())
    };
    Ok(entry::run(run).map_err(printable_error)?)
}

/// Checks the database as flightcheck does, with rows, and allows writes again if there is no
/// error; with `source`, a snapshot, also if db_compare finds no error. Otherwise the error lists
/// each with its fix, and maintenance mode stays on. `force` allows writes anyway, with a WARNING.
///
/// Puts default_transaction_read_only of the database back to what it was, and commits. Then ends
/// the sessions that may still be read-only: idle ones now, others after `grace`. A session that
/// has written is not read-only, and goes on. Works in a read-only session, whose next transactions
/// accept writes.
///
/// Locks: as flightcheck and db_compare; ShareLock on the database as maintenance_begin.
/// Privileges: as maintenance_begin. Errors: 55000 if an error stands, or it is not on; 42501,
/// 25001 in a transaction block, 25006 on a standby, 55P03 if another session is calling it, 22004
/// NULL for `force` or `grace`, 22023 an invalid `grace` or `source`; as db_compare with a
/// `source`.
#[pg_extern(sql = r#"
CREATE PROCEDURE maintenance_end("force" boolean DEFAULT false, "source" jsonb DEFAULT NULL, "grace" interval DEFAULT '30 s')
LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn maintenance_end(
    force: Option<bool>,
    source: Option<Json>,
    grace: Option<Interval>,
    call: FunctionCallInfo,
) -> Result<(), ErrorReport> {
    let run = || {
        let force = force.ok_or_else(|| Error::null_argument("force"))?;
        let request = end::Request { force, source, grace: duration(grace)? };
        let mut procedure = start(call, control::END)?;
        end::end(&mut procedure, &request)?;
        procedure.end();
        Ok(())
    };
    Ok(entry::run(run).map_err(printable_error)?)
}

fn start(call: FunctionCallInfo, name: &str) -> Result<Procedure, Error> {
    Procedure::begin(call, name, "The procedure commits before it ends sessions.")
        .map_err(|error| error.hint("Run it by itself, with autocommit on."))
}

/// The longest grace, in microseconds: a day.
const LONGEST: i128 = 86_400_000_000;

fn duration(grace: Option<Interval>) -> Result<Duration, Error> {
    let grace = grace.ok_or_else(|| Error::null_argument("grace"))?.as_micros();
    let invalid = |message: &str, hint: &str| {
        Err(Error::new(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, message).hint(hint))
    };
    match u64::try_from(grace) {
        Err(_) => invalid("\"grace\" must not be negative", "Use '0' to end sessions at once."),
        Ok(_) if grace > LONGEST => invalid("\"grace\" must not exceed one day", "Use '1 day' at most."),
        Ok(grace) => Ok(Duration::from_micros(grace)),
    }
}

/// Returns the state of maintenance mode, and, while it is on, what can still write and who is
/// connected.
///
/// `state` of the first row: `off`, `draining` (maintenance_begin has not finished), `on`, `ending`
/// (maintenance_end has not finished), `read_only` (the setting was given by another means),
/// `reset` (it was removed by another means), `copied` (it came from another database), `unknown`
/// (the record is damaged). Of the others: `can_write` (a role with a setting of its own, a
/// prepared transaction, a subscription, a background process, a session that has written or began
/// before), `connected`, `hidden` (a session that the role may not see). A session that is
/// `connected` may still ask to write.
///
/// Locks: AccessShareLock on catalogs, released at once. Privileges: none; other roles' sessions
/// are hidden except from members of pg_read_all_stats. Works on a standby and in read-only
/// transactions. Errors: none of its own.
#[pg_extern]
#[allow(clippy::type_complexity)]
fn maintenance_status() -> Result<
    TableIterator<
        'static,
        (
            name!(state, String),
            name!(object, ServerText),
            name!(pid, Option<i32>),
            name!(role, Option<Name>),
            name!(application_name, Option<ServerText>),
            name!(since, Option<TimestampWithTimeZone>),
            name!(detail, Option<ServerText>),
            name!(fix, Option<ServerText>),
        ),
    >,
    ErrorReport,
> {
    Ok(memory::rows(entry::run(status)?.into_iter().map(|row| {
        (
            row.state.to_owned(),
            ServerText(row.object),
            row.pid,
            row.role.map(Name),
            row.application_name.map(ServerText),
            row.since,
            row.detail.map(ServerText),
            row.fix.map(ServerText),
        )
    })))
}

pgrx::extension_sql_file!(
    "../../sql/install/maintenance.sql",
    name = "maintenance",
    requires = [maintenance_begin, maintenance_end, maintenance_status]
);
