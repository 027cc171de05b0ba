//! Reads the sessions from pg_stat_activity.

use super::at_work::{Change, Facts, Work};
use super::lock_table::LockTable;
pub use super::session_state::State;
use crate::error::Error;
use crate::pg::lossy_text::RawText;
use crate::pg::row::required;
use crate::pg::{backend, subtransaction};
use pgrx::datum::{Inet, Interval, TimestampWithTimeZone};
use pgrx::pg_sys::Oid;
use pgrx::spi::{Spi, SpiHeapTupleData};
use std::collections::{BTreeMap, HashMap};

const SESSIONS: &str = include_str!("../../sql/queries/sessions.sql");

/// Microseconds: sessions that start this close to each other are assumed to belong to one program.
const TOGETHER: u64 = 5_000_000;

pub struct Session {
    pub pid: i32,
    pub role: Option<String>,
    pub database: Option<String>,
    pub application_name: Option<String>,
    pub client_addr: Option<Inet>,
    pub client_port: Option<i32>,
    pub backend_start: Option<TimestampWithTimeZone>,
    pub state: State,
    /// The state as pg_stat_activity shows it.
    pub state_text: Option<String>,
    pub state_change: Option<TimestampWithTimeZone>,
    /// Microseconds in this state.
    pub state_age: Option<i64>,
    pub state_for: Option<Interval>,
    pub query: Option<String>,
    /// What the session does, as far as locks depend on it.
    pub work: Work,
    /// Whether it is running VACUUM or ANALYZE.
    pub is_maintenance: bool,
    database_oid: Option<Oid>,
    is_client: bool,
    /// Whether the caller's role may end the session.
    pub may_be_ended: bool,
    /// Whether the caller's role may see the session's statement.
    pub may_be_read: bool,
}

impl Session {
    /// Returns how long the session has been idle, in microseconds; `None` if it is not idle.
    pub fn idle_for(&self) -> Option<i64> {
        self.state_age.filter(|_| self.state.is_idle())
    }

    pub fn is_hidden(&self) -> bool {
        self.state == State::Hidden
    }

    pub fn database_oid(&self) -> Option<Oid> {
        self.database_oid
    }

    /// Whether both sessions have the same role, database and client address.
    pub fn is_sibling(&self, other: &Session) -> bool {
        let client = |session: &Session| session.client_addr.as_ref().map(|address| address.0.clone());
        self.pid != other.pid
            && self.is_client
            && self.role.is_some()
            && self.database.is_some()
            && (&self.role, &self.database) == (&other.role, &other.database)
            && client(self) == client(other)
    }

    /// Whether both sessions started at about the same time, as those of one program do that needs
    /// two connections.
    pub fn came_with(&self, other: &Session) -> bool {
        let start = |session: &Session| session.backend_start.map(i64::from);
        start(self).zip(start(other)).is_some_and(|(one, other)| one.abs_diff(other) <= TOGETHER)
    }
}

/// Sessions by pid.
pub struct Sessions(BTreeMap<i32, Session>);

impl Sessions {
    /// Reads the current sessions of databases and the processes in the lock table. `caller` is the
    /// role whose privileges to see and end them count.
    pub fn read(table: &LockTable, caller: Oid) -> Result<Sessions, Error> {
        backend::forget_activity();
        let pids = table.locks.iter().filter_map(|lock| lock.pid);
        let pids: Vec<i32> = pids.chain(table.tables.iter().filter_map(|lock| lock.pid)).collect();
        let changes = table.changes();
        subtransaction::discard(|| {
            Spi::connect(|client| {
                let rows = client.select(SESSIONS, None, &[pids.into(), caller.into()])?;
                let sessions: Result<BTreeMap<i32, Session>, Error> =
                    rows.map(|row| session(&row, table, &changes).map(|session| (session.pid, session))).collect();
                Ok(Sessions(sessions?))
            })
        })
    }

    /// Returns the other client sessions of a database.
    pub fn others_in(&self, database: Oid) -> impl Iterator<Item = &Session> {
        let is_other = move |session: &&Session| {
            session.database_oid == Some(database) && session.is_client && session.pid != backend::own_pid()
        };
        self.0.values().filter(is_other)
    }

    /// Whether a session of the same database that is not in `others` has the same
    /// application_name.
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
}

fn session(row: &SpiHeapTupleData<'_>, table: &LockTable, changes: &HashMap<i32, Change>) -> Result<Session, Error> {
    let pid = required(row, 1)?;
    let state_text: Option<String> = row.get(8)?;
    let text = |ordinal| Ok::<_, Error>(row.get::<RawText>(ordinal)?.map(|raw| raw.text));
    let state = State::parse(state_text.as_deref());
    // pg_stat_activity replaces a hidden statement with a text that says so.
    let query = text(11)?.filter(|_| !matches!(state, State::Hidden | State::Untracked));
    let is_maintenance = row.get(17)?.unwrap_or(false);
    let work = Work::of(&Facts {
        state,
        query: query.as_deref(),
        has_xid: required::<bool>(row, 13)? || table.writers.contains(&pid),
        change: changes.get(&pid).copied(),
        is_maintenance,
    });
    Ok(Session {
        pid,
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
        query,
        state_for: row.get(12)?,
        work,
        is_maintenance,
        database_oid: row.get(19)?,
        is_client: row.get(14)?.unwrap_or(false) || row.get(18)?.unwrap_or(false),
        may_be_ended: row.get(15)?.unwrap_or(false),
        may_be_read: row.get(16)?.unwrap_or(false),
    })
}
