//! maintenance_begin: makes new transactions read-only, and ends the sessions that began before.

use super::control::{self, BEGIN, END, claim, database_label, refuse_standby, require_privileges, require_unchanged};
use super::drain::{Drain, Drained};
use super::record::Record;
use super::sessions::Session;
use super::state::{READ_ONLY, Settings, State, own_database};
use super::writers;
use crate::error::Error;
use crate::pg::message::say;
use crate::pg::procedure::Procedure;
use crate::pg::raised::catch;
use crate::pg::{access, database, transaction};
use crate::report::duration::in_words;
use crate::report::statements::Statements;
use crate::report::wording::{counted, list};
use pgrx::{PgLogLevel, PgSqlErrorCode};
use std::time::Duration;

pub struct Request {
    pub reason: Option<String>,
    pub grace: Duration,
    pub terminate: bool,
    pub ignore_prepared: bool,
}

pub fn begin(procedure: &mut Procedure, request: &Request) -> Result<(), Error> {
    let record = procedure.try_commit_after(|| switch_on(request))?;
    // A session that continues an interrupted call is read-only itself.
    procedure.make_writable();
    // From here on, an error leaves the mode on.
    let drained = catch(|| procedure.try_commit_after(|| drain(&record, request)));
    let drained = match drained {
        Ok(drained) => drained?,
        Err(caught) => match caught.raised.clone() {
            Some(raised) => return Err(interrupted(raised.error)),
            None => caught.rethrow(),
        },
    };
    let writers = procedure.try_commit_after(other_writers)?;
    report(&drained, &writers)
}

/// Sets and records the mode, or finds that an earlier call was interrupted.
fn switch_on(request: &Request) -> Result<Record, Error> {
    refuse_standby(BEGIN)?;
    require_privileges(BEGIN)?;
    claim()?;
    let settings = Settings::read()?;
    match settings.state(&own_database()) {
        State::Off => {}
        State::Draining(record) => return Ok(record),
        state => return Err(refusal(&state)?),
    }
    refuse_read_only()?;
    if !request.ignore_prepared {
        refuse_prepared()?;
    }
    let record = Record {
        since: transaction::clock(),
        reason: request.reason.clone(),
        role: access::current_user(),
        previous: settings.read_only,
        database: own_database(),
        is_drained: false,
        ended: None,
    };
    database::alter(&format!("SET {READ_ONLY} = on"))?;
    control::write(&record)?;
    Ok(record)
}

fn refusal(state: &State) -> Result<Error, Error> {
    let error = |message: &str| Error::new(PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, message);
    let statements = Statements::new()?;
    let (status, end) = (statements.maintenance_status(), statements.maintenance(END, ""));
    let see = format!("Run {status} to see who can still write, and {end} to allow writes again.");
    Ok(match state {
        State::ReadOnly => error("this database is already read-only")
            .detail(format!("{READ_ONLY} was set by another means than {BEGIN}."))
            .hint(format!("Run {} first.", control::reset(READ_ONLY))),
        State::Copied(_) => error("this database has the maintenance mode of another database")
            .detail("pg_dump --create and pg_dumpall copy the settings of a database.")
            .hint(format!("Run {end} to allow writes here.")),
        State::Ending(_) => error("maintenance mode has not ended completely")
            .detail("Writes are allowed again, but sessions may still be read-only.")
            .hint(format!("Run {end} first.")),
        State::Unreadable => error("the record of maintenance mode cannot be read").hint(format!("Run {status}")),
        state => {
            let error = error("maintenance mode is already on").hint(see);
            match state.record() {
                Some(record) => error.detail(super::status::sentences(record)),
                None => error,
            }
        }
    })
}

fn refuse_read_only() -> Result<(), Error> {
    if !transaction::is_read_only() {
        return Ok(());
    }
    let message = format!("cannot execute {BEGIN} in a read-only transaction");
    Err(Error::new(PgSqlErrorCode::ERRCODE_READ_ONLY_SQL_TRANSACTION, message)
        .detail("The session's transactions are read-only.")
        .hint(format!("Run SET {READ_ONLY} = off; first.")))
}

fn refuse_prepared() -> Result<(), Error> {
    let prepared = writers::prepared()?;
    if prepared.is_empty() {
        return Ok(());
    }
    let message = format!("{} in this database", counted(prepared.len() as u64, "prepared transaction"));
    let objects: Vec<&str> = prepared.iter().map(|writer| writer.object.as_str()).collect();
    Err(Error::new(PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, message)
        .detail(format!("{}. COMMIT PREPARED writes their rows, even in a read-only session.", list("Found", &objects)))
        .hint("Run COMMIT PREPARED or ROLLBACK PREPARED, or pass ignore_prepared => true."))
}

fn drain(record: &Record, request: &Request) -> Result<Drained, Error> {
    claim()?;
    require_unchanged(record)?;
    let notice = Error::new(
        PgSqlErrorCode::ERRCODE_SUCCESSFUL_COMPLETION,
        format!("new transactions in {} are read-only", database_label()),
    );
    let grace = in_words(i64::try_from(request.grace.as_micros()).unwrap_or(i64::MAX));
    say(
        PgLogLevel::NOTICE,
        match request.terminate {
            true => notice.detail(format!("Idle sessions from before end now, others after {grace}.")),
            false => notice.detail(format!("Sessions from before are not ended, only waited for: {grace}.")),
        },
    );
    let drained = Drain {
        grace: request.grace,
        terminate: request.terminate,
        spares_writers: false,
        started_by: None,
        words: "from before maintenance mode",
    }
    .run()?;
    if drained.left.is_empty() {
        require_unchanged(record)?;
        control::write(&Record { is_drained: true, ..record.clone() })?;
    }
    Ok(drained)
}

/// Adds to an error that the mode is on anyway.
fn interrupted(error: Error) -> Error {
    error
        .detail("Maintenance mode is on, but sessions that began before it may still write.")
        .hint("Run CALL maintenance_begin(); again to end them, or CALL maintenance_end(); to allow writes again.")
}

/// Returns the labels of what can still write, except the sessions that were to end.
fn other_writers() -> Result<Vec<String>, Error> {
    let mut found: Vec<String> = writers::all()?.into_iter().map(|writer| writer.object).collect();
    let workers = Session::all()?.into_iter().filter(Session::is_other_worker);
    found.extend(workers.map(|worker| worker.label()));
    Ok(found)
}

fn report(drained: &Drained, writers: &[String]) -> Result<(), Error> {
    let statements = Statements::new()?;
    let can_write: Vec<&str> = drained.left.iter().chain(writers).map(String::as_str).collect();
    if !can_write.is_empty() {
        let noun = if can_write.len() == 1 { "exception" } else { "exceptions" };
        let message = format!("maintenance mode is on, with {} {noun}", can_write.len());
        let warning = Error::new(PgSqlErrorCode::ERRCODE_WARNING, message)
            .detail(format!("{}.", list("Still able to write:", &can_write)));
        let again = match drained.left.is_empty() {
            true => String::new(),
            false => format!(" Run {} to end the sessions from before.", statements.maintenance(BEGIN, "")),
        };
        say(PgLogLevel::WARNING, warning.hint(format!("Run {} to see all.{again}", statements.maintenance_status())));
    }
    let ended = counted(drained.ended as u64, "session");
    let message = match drained.left.len() {
        0 => format!("maintenance mode is on; ended {ended}"),
        left => format!("ended {ended}, and left {left}"),
    };
    let notice = Error::new(PgSqlErrorCode::ERRCODE_SUCCESSFUL_COMPLETION, message)
        .detail("A session can still write if it asks to, with SET or READ WRITE.")
        .hint(format!(
            "Load with PGOPTIONS='-c {READ_ONLY}=off', connected directly and not through a pooler. Then run {}",
            statements.maintenance(END, "")
        ));
    say(PgLogLevel::NOTICE, notice);
    Ok(())
}
