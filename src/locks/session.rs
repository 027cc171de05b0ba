//! The sessions as pg_stat_activity shows them.

use super::statement::Statement;
use super::waits::Closure;
use crate::fault::Fault;
use crate::pg::raw_text::RawText;
use crate::pg::row::required;
use crate::pg::{activity, backend, subtransaction};
use pgrx::datum::{Inet, Interval, TimestampWithTimeZone};
use pgrx::pg_sys::Oid;
use pgrx::spi::{Spi, SpiHeapTupleData};
use std::collections::BTreeMap;

const SESSIONS: &str = include_str!("../../sql/queries/sessions.sql");

/// Microseconds: sessions that begin so close to each other are taken for one program's.
const TOGETHER: u64 = 5_000_000;
/// Microseconds: a statement of a writer that takes so long may be a migration's.
const LONG: i64 = 5_000_000;

/// `pg_stat_activity.state`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Idle,
    IdleInTransaction,
    Active,
    /// track_activities is off.
    Untracked,
    /// The current user may not see it.
    Hidden,
}

impl State {
    fn parse(text: Option<&str>) -> State {
        match text {
            Some("idle") => State::Idle,
            Some("idle in transaction" | "idle in transaction (aborted)") => State::IdleInTransaction,
            Some("disabled") => State::Untracked,
            Some(_) => State::Active,
            None => State::Hidden,
        }
    }

    pub fn is_idle(self) -> bool {
        matches!(self, State::Idle | State::IdleInTransaction)
    }
}

pub struct Session {
    pub pid: i32,
    pub role: Option<String>,
    pub database: Option<String>,
    pub application_name: Option<String>,
    pub client_addr: Option<Inet>,
    pub client_port: Option<i32>,
    pub backend_start: Option<TimestampWithTimeZone>,
    pub state: State,
    /// As the server words it.
    pub state_text: Option<String>,
    pub state_change: Option<TimestampWithTimeZone>,
    /// Microseconds in this state.
    pub state_age: Option<i64>,
    pub state_for: Option<Interval>,
    pub query: Option<String>,
    /// Microseconds since its last statement began.
    statement_age: Option<i64>,
    /// Its transaction has written something.
    has_written: bool,
    is_client: bool,
    /// Whether the role that was asked for may end it.
    pub may_be_ended: bool,
}

impl Session {
    /// How long it has been idle, in microseconds.
    pub fn idle_for(&self) -> Option<i64> {
        self.state_age.filter(|_| self.state.is_idle())
    }

    /// Whether both are of one role, database and client.
    fn is_sibling(&self, other: &Session) -> bool {
        let client = |session: &Session| session.client_addr.as_ref().map(|address| address.0.clone());
        self.pid != other.pid
            && self.is_client
            && self.role.is_some()
            && self.database.is_some()
            && (&self.role, &self.database) == (&other.role, &other.database)
            && client(self) == client(other)
    }

    /// Whether both have connected at about the same time, as one program does that needs two connections.
    fn came_with(&self, other: &Session) -> bool {
        let start = |session: &Session| session.backend_start.map(i64::from);
        start(self).zip(start(other)).is_some_and(|(one, other)| one.abs_diff(other) <= TOGETHER)
    }

    fn is_migrating(&self, holder: &Session) -> bool {
        let query = self.query.as_deref().unwrap_or_default();
        let is_long = self.state == State::Active && self.statement_age.is_some_and(|age| age >= LONG);
        matches!(self.state, State::Active | State::IdleInTransaction)
            && match Statement::of(query) {
                Statement::SchemaChange => true,
                Statement::AdvisoryLock => false,
                // A statement that has not come to its first row yet has written nothing.
                Statement::Rows | Statement::Other => {
                    (self.has_written || Statement::is_write(query)) && (is_long || self.came_with(holder))
                }
            }
    }
}

/// Sessions by pid.
pub struct Sessions(BTreeMap<i32, Session>);

impl Sessions {
    /// As of now: those of clients, and the processes `pids` whatever they are. `caller` is who may or may not end them.
    pub fn look(pids: &[i32], caller: Oid) -> Result<Sessions, Fault> {
        activity::forget();
        subtransaction::discard(|| {
            Spi::connect(|client| {
                let rows = client.select(SESSIONS, None, &[pids.to_vec().into(), caller.into()])?;
                let sessions: Result<BTreeMap<i32, Session>, Fault> =
                    rows.map(|row| session(&row).map(|session| (session.pid, session))).collect();
                Ok(Sessions(sessions?))
            })
        })
    }

    /// Whether a session of the same database, none of `others`, bears the same application_name.
    pub fn share_name(&self, session: &Session, others: &[i32]) -> bool {
        let name = session.application_name.as_deref().filter(|name| !name.is_empty());
        name.is_some()
            && self.0.values().any(|other| {
                other.pid != session.pid
                    && !others.contains(&other.pid)
                    && other.database == session.database
                    && other.application_name.as_deref() == name
            })
    }

    pub fn get(&self, pid: i32) -> Option<&Session> {
        self.0.get(&pid)
    }

    /// A session of the same client that seems to do the work for which the lock is held: many tools hold it on one connection
    /// and migrate on another (Rails, Flyway, @slonik/migrator, Sqitch). It changes the schema; or it writes, and has come
    /// with the holder or been at one statement for long.
    ///
    /// Who waits for the holder does not do its work.
    pub fn at_work_for(&self, holder: &Session, waits: &Closure) -> Option<&Session> {
        let others = self.0.values().filter(|other| other.pid != backend::own_pid());
        let mut working = others.filter(|other| other.is_sibling(holder) && other.is_migrating(holder));
        working.find(|other| !waits.waits_for(other.pid, holder.pid))
    }
}

fn session(row: &SpiHeapTupleData<'_>) -> Result<Session, Fault> {
    let state_text: Option<String> = row.get(8)?;
    let text = |ordinal| Ok::<_, Fault>(row.get::<RawText>(ordinal)?.map(|raw| raw.text));
    let state = State::parse(state_text.as_deref());
    Ok(Session {
        pid: required(row, 1)?,
        role: text(2)?,
        database: text(3)?,
        application_name: text(4)?,
        client_addr: row.get(5)?,
        client_port: row.get(6)?,
        backend_start: row.get(7)?,
        state,
        state_text,
        state_change: row.get(9)?,
        state_age: row.get(10)?,
        // Another's statement that is hidden is shown as a text that says so.
        query: text(11)?.filter(|_| !matches!(state, State::Hidden | State::Untracked)),
        state_for: row.get(12)?,
        statement_age: row.get(13)?,
        has_written: required(row, 14)?,
        is_client: row.get(15)?.unwrap_or(false),
        may_be_ended: row.get(16)?.unwrap_or(false),
    })
}
