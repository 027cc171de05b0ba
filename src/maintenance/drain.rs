//! Ends sessions that began before the database's settings changed, and waits until they are gone.
//!
//! A session keeps the settings that it read when it began, for all its transactions. The sessions
//! to end are those that are connected once every session in its start has become visible
//! (`database::wait_for_starting_sessions`). No clock decides which they are: a session that is
//! connected then may have read the old settings, and one that is not has not read them yet.

use super::sessions::Session;
use crate::error::Error;
use crate::pg::message::say;
use crate::pg::{backend, database, fence};
use crate::report::wording::{counted, list};
use pgrx::{PgLogLevel, PgSqlErrorCode};
use std::time::{Duration, Instant};

/// How often the sessions are looked at in the first second, and later.
const TICKS: [Duration; 2] = [Duration::from_millis(20), Duration::from_millis(200)];
/// How often the client is told which sessions are waited for.
const PROGRESS: Duration = Duration::from_secs(5);
/// How long to wait before a process that has not ended is requested again.
const AGAIN: Duration = Duration::from_secs(2);

/// Which sessions to end, and how.
pub struct Drain {
    /// How long a session may go on that is at work.
    pub grace: Duration,
    /// Whether sessions are ended, or only waited for.
    pub terminate: bool,
    /// Whether a session that has written in its transaction is left alone: it is not read-only.
    pub spares_writers: bool,
    /// Only sessions that began up to this time, in microseconds since 1970.
    pub started_by: Option<i64>,
    /// The words for these sessions, after their number.
    pub words: &'static str,
}

/// A session that is to end.
struct Old {
    session: Session,
    requested: Option<Instant>,
    /// Whether it could not be ended.
    refused: bool,
    /// Whether it has written and is left alone from then on.
    spared: bool,
}

/// What became of the sessions.
#[derive(Default)]
pub struct Drained {
    pub ended: usize,
    /// The labels of sessions that could not be ended, or were not to be.
    pub left: Vec<String>,
}

impl Drain {
    /// Ends the sessions. Returns when they are gone, or when the grace is over for those that may
    /// not be ended.
    pub fn run(&self) -> Result<Drained, Error> {
        database::wait_for_starting_sessions();
        let is_old = |session: &Session| {
            session.is_client() && self.started_by.is_none_or(|limit| session.start.is_none_or(|start| start <= limit))
        };
        let new = |session| Old { session, requested: None, refused: false, spared: false };
        let mut old: Vec<Old> = Session::all()?.into_iter().filter(is_old).map(new).collect();
        let count = old.len();
        let began = Instant::now();
        let mut told = began;
        loop {
            let is_over = began.elapsed() >= self.grace;
            for old in &mut old {
                old.spared |= self.spares_writers && old.session.has_written;
                self.end(old, is_over);
            }
            if old.iter().all(|old| old.spared || is_over && self.is_left(old)) {
                break;
            }
            if told.elapsed() >= PROGRESS {
                told = Instant::now();
                self.tell(&old);
            }
            fence::nap(TICKS[usize::from(began.elapsed() > Duration::from_secs(1))]);
            old = still_there(old)?;
        }
        let left = old.iter().filter(|old| !old.spared).map(|old| old.session.label()).collect();
        Ok(Drained { ended: count - old.len(), left })
    }

    /// Requests the session to end if it is time.
    fn end(&self, old: &mut Old, is_over: bool) {
        let is_requested = old.requested.is_some_and(|at| at.elapsed() < AGAIN);
        let is_time = (old.session.is_idle() || is_over) && !is_requested;
        if self.terminate && is_time && !old.refused && !old.spared {
            old.refused = backend::request_end(old.session.pid).is_err();
            old.requested = Some(Instant::now());
        }
    }

    /// Whether the session is not waited for once the grace is over.
    fn is_left(&self, old: &Old) -> bool {
        !self.terminate || old.refused
    }

    fn tell(&self, old: &[Old]) {
        let labels: Vec<String> = old.iter().map(|old| old.session.label()).collect();
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let message = format!("waiting for {} {}", counted(old.len() as u64, "session"), self.words);
        let notice = Error::new(PgSqlErrorCode::ERRCODE_SUCCESSFUL_COMPLETION, message);
        say(PgLogLevel::NOTICE, notice.detail(format!("{}.", list("Waiting for", &labels))));
    }
}

/// Returns those of the sessions that still exist, as they are now.
fn still_there(old: Vec<Old>) -> Result<Vec<Old>, Error> {
    let mut now = Session::all()?;
    let renew = |old: Old| {
        let place = now.iter().position(|session| session.is_same_as(&old.session))?;
        Some(Old { session: now.swap_remove(place), ..old })
    };
    Ok(old.into_iter().filter_map(renew).collect())
}
