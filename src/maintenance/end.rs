//! maintenance_end: checks the database, allows writes again, and ends the sessions that are still
//! read-only.

use super::control::{self, END, claim, database_label, refuse_standby, require_privileges, require_unchanged};
use super::drain::{Drain, Drained};
use super::obstacles;
use super::record::Record;
use super::state::{READ_ONLY, Settings, State, own_database};
use crate::error::Error;
use crate::pg::encoded_text::Json;
use crate::pg::message::say;
use crate::pg::procedure::Procedure;
use crate::pg::raised::catch;
use crate::pg::{database, settings, transaction};
use crate::report::duration::in_words;
use crate::report::quoting::literal;
use crate::report::statements::Statements;
use crate::report::wording::{counted, list};
use pgrx::{PgLogLevel, PgSqlErrorCode};
use std::time::Duration;

pub struct Request {
    pub force: bool,
    pub source: Option<Json>,
    pub grace: Duration,
}

pub fn end(procedure: &mut Procedure, request: &Request) -> Result<(), Error> {
    refuse_standby(END)?;
    // The session is read-only itself if it began during maintenance mode.
    procedure.make_writable();
    let record = procedure.try_commit_after(|| switch_off(request))?;
    // From here on, an error leaves writes allowed.
    let drained = match catch(|| procedure.try_commit_after(|| drain(&record, request))) {
        Ok(drained) => drained?,
        Err(caught) => match caught.raised.clone() {
            Some(raised) => return Err(interrupted(raised.error)),
            None => caught.rethrow(),
        },
    };
    if settings::is_session_read_only() && !record.previous.as_deref().is_some_and(super::state::is_true) {
        settings::make_session_writable();
    }
    report(&record, &drained);
    Ok(())
}

/// Allows writes again if nothing stands in the way, and records it.
fn switch_off(request: &Request) -> Result<Record, Error> {
    require_privileges(END)?;
    claim()?;
    let found = Settings::read()?;
    let state = found.state(&own_database());
    let Some(record) = state.record() else { return Err(refusal(&state)?) };
    if matches!(state, State::Ending(_)) {
        return Ok(record.clone());
    }
    refuse_obstacles(request)?;
    if !matches!(state, State::Reset(_)) {
        match &record.previous {
            Some(value) => database::alter(&format!("SET {READ_ONLY} = {}", literal(value)))?,
            None => database::alter(&format!("RESET {READ_ONLY}"))?,
        }
    }
    let record = Record { ended: Some(transaction::clock()), ..record.clone() };
    control::write(&record)?;
    Ok(record)
}

fn refusal(state: &State) -> Result<Error, Error> {
    let error = |message: &str| Error::new(PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, message);
    Ok(match state {
        State::ReadOnly => error("maintenance mode is not on")
            .detail(format!("{READ_ONLY} was set by another means than maintenance_begin."))
            .hint(format!("Run {} to allow writes.", control::reset(READ_ONLY))),
        State::Unreadable => error("the record of maintenance mode cannot be read")
            .detail(format!("What {READ_ONLY} was before is not known."))
            .hint(format!("Run {} {}", control::reset(READ_ONLY), control::reset(crate::settings::MAINTENANCE_RECORD))),
        _ => error("maintenance mode is not on").hint(format!("Run {}", Statements::new()?.maintenance_status())),
    })
}

fn refuse_obstacles(request: &Request) -> Result<(), Error> {
    let found = obstacles::find(request.source.as_ref())?;
    if found.is_empty() {
        return Ok(());
    }
    let (count, lines) = (obstacles::count(&found), obstacles::lines(&found));
    if request.force {
        let warning = Error::new(PgSqlErrorCode::ERRCODE_WARNING, format!("writes are allowed despite {count}"));
        say(PgLogLevel::WARNING, warning.detail(lines));
        return Ok(());
    }
    let statements = Statements::new()?;
    let (again, force) = (statements.maintenance(END, ""), statements.maintenance(END, "force => true"));
    let message = format!("maintenance mode cannot end: {count}");
    Err(Error::new(PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, message).detail(lines).hint(format!(
        "Run SET {READ_ONLY} = off; and the statements above, then {again} To allow writes anyway: {force}"
    )))
}

/// Ends the sessions that began while the setting was in force. Those of the load may still be at
/// work: a session that has written is not read-only.
fn drain(record: &Record, request: &Request) -> Result<Drained, Error> {
    claim()?;
    require_unchanged(record)?;
    let drained = Drain {
        grace: request.grace,
        terminate: true,
        spares_writers: true,
        started_by: record.ended,
        words: "that may still be read-only",
    }
    .run()?;
    require_unchanged(record)?;
    control::erase()?;
    Ok(drained)
}

/// Adds to an error that writes are allowed anyway.
fn interrupted(error: Error) -> Error {
    error
        .detail("Writes are allowed again, but sessions that began during maintenance mode may still be read-only.")
        .hint("Run CALL maintenance_end(); again to end them.")
}

/// In microseconds: the least that is told.
const SECOND: i64 = 1_000_000;

fn report(record: &Record, drained: &Drained) {
    if !drained.left.is_empty() {
        let left: Vec<&str> = drained.left.iter().map(String::as_str).collect();
        let message = format!("{} not ended", counted(left.len() as u64, "session"));
        let warning = Error::new(PgSqlErrorCode::ERRCODE_WARNING, message)
            .detail(format!("{}.", list("Not ended:", &left)))
            .hint("End them if they are still read-only: a session keeps the setting that it began with.");
        say(PgLogLevel::WARNING, warning);
    }
    let off_for = record.ended.unwrap_or(record.since).saturating_sub(record.since).max(SECOND);
    let message = format!("writes are allowed again in {}", database_label());
    let notice = Error::new(PgSqlErrorCode::ERRCODE_SUCCESSFUL_COMPLETION, message).detail(format!(
        "They were off for {}. Ended {}.",
        in_words(off_for),
        counted(drained.ended as u64, "read-only session")
    ));
    say(PgLogLevel::NOTICE, notice);
}
