//! maintenance_status: the state, what can still write, and who is connected.

use super::control::{BEGIN, END};
use super::record::Record;
use super::sessions::Session;
use super::state::{self, READ_ONLY, State};
use super::{control, writers};
use crate::error::Error;
use crate::pg::encoded_text::is_utf8;
use crate::pg::names::quote_identifier;
use crate::pg::transaction;
use crate::report::duration::in_words;
use crate::report::quoting::literal;
use crate::report::statements::Statements;
use pgrx::datum::TimestampWithTimeZone;

pub struct Row {
    pub state: &'static str,
    pub object: String,
    pub pid: Option<i32>,
    pub role: Option<String>,
    pub application_name: Option<String>,
    pub since: Option<TimestampWithTimeZone>,
    pub detail: Option<String>,
    pub fix: Option<String>,
}

/// Returns the row on the database first. If its transactions are read-only, the rows of what can
/// write follow, and then those of the sessions that are connected.
pub fn status() -> Result<Vec<Row>, Error> {
    let state = state::current()?;
    let mut rows = vec![mode(&state)?];
    if state.is_read_only() {
        rows.extend(writers::all()?.into_iter().map(of_writer));
        let (writing, others): (Vec<Row>, Vec<Row>) =
            sessions(state.record())?.into_iter().partition(|row| row.state == Standing::CanWrite.as_str());
        rows.extend(writing);
        rows.extend(others);
    }
    Ok(rows)
}

/// What a row says that is not about the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    CanWrite,
    Connected,
    /// A session that the current user may not see.
    Hidden,
}

impl Standing {
    pub fn as_str(self) -> &'static str {
        match self {
            Standing::CanWrite => "can_write",
            Standing::Connected => "connected",
            Standing::Hidden => "hidden",
        }
    }
}

fn mode(state: &State) -> Result<Row, Error> {
    let record = state.record();
    let statements = Statements::new()?;
    let (begin, end) = (statements.maintenance(BEGIN, ""), statements.maintenance(END, ""));
    let (detail, fix) = match state {
        State::Off => (None, None),
        State::ReadOnly => (
            Some(format!("{READ_ONLY} was set by another means than maintenance_begin")),
            Some(control::reset(READ_ONLY)),
        ),
        State::Draining(record) => {
            (Some(format!("{}; sessions that began before may still write", reason(record))), Some(begin))
        }
        State::On(record) => (Some(reason(record)), Some(end)),
        State::Ending(record) => (
            Some(format!("{}; writes are allowed again, but sessions may still be read-only", reason(record))),
            Some(end),
        ),
        State::Reset(record) => (
            Some(format!("{}; {READ_ONLY} was reset by another means, so new sessions can write", reason(record))),
            Some(end),
        ),
        State::Copied(record) => (
            Some(format!("{}; the settings were copied from another database, as by pg_dump --create", reason(record))),
            Some(end),
        ),
        State::Unreadable => (Some("the record of maintenance_begin cannot be read".to_owned()), None),
    };
    Ok(Row {
        state: state.as_str(),
        object: control::database_label(),
        pid: None,
        role: record.map(|record| record.role.clone()),
        application_name: None,
        since: record.and_then(|record| transaction::timestamp(record.since)),
        detail,
        fix,
    })
}

/// Returns `reason: 'load of 2026'`.
fn reason(record: &Record) -> String {
    record.reason.as_deref().map_or("no reason was given".to_owned(), |reason| format!("reason: {}", quoted(reason)))
}

/// Returns the text as a literal. In an encoding other than UTF8, an escape of one byte could break
/// a character apart: control characters become question marks.
fn quoted(text: &str) -> String {
    match is_utf8() || text.is_ascii() {
        true => literal(text),
        false => format!("'{}'", text.replace('\'', "''").replace(|letter: char| letter.is_ascii_control(), "?")),
    }
}

/// Returns who began maintenance mode, when and why.
pub fn sentences(record: &Record) -> String {
    let ago = in_words(transaction::clock().saturating_sub(record.since));
    let role = quote_identifier(&record.role);
    let reason = record.reason.as_deref().map(|reason| format!(" Reason: {}.", literal(reason))).unwrap_or_default();
    format!("It was begun by role {role} {ago} ago.{reason}")
}

fn of_writer(writer: writers::Writer) -> Row {
    Row {
        state: Standing::CanWrite.as_str(),
        object: writer.object,
        pid: None,
        role: writer.role,
        application_name: None,
        since: writer.since,
        detail: Some(writer.detail),
        fix: None,
    }
}

fn sessions(record: Option<&Record>) -> Result<Vec<Row>, Error> {
    let statements = Statements::new()?;
    let row = |session: Session| {
        let reason = writers::reason(&session, record);
        let (state, detail, fix) = match reason {
            Some(reason) => (Standing::CanWrite, Some(reason.to_owned()), None),
            None if session.is_hidden() => (
                Standing::Hidden,
                Some("what it does, and since when, is hidden from the current role".to_owned()),
                Some(statements.grant_stats()),
            ),
            None => (Standing::Connected, session.state.clone(), None),
        };
        Row {
            state: state.as_str(),
            object: session.backend_type.clone().unwrap_or_else(|| "session".to_owned()),
            pid: Some(session.pid),
            role: session.role,
            application_name: session.application_name,
            since: session.started_at,
            detail,
            fix,
        }
    };
    Ok(Session::all()?.into_iter().map(row).collect())
}
