//! Reads the locks on tables and the sessions that hold or await them, and limits how long a report
//! waits for locks.

use crate::error::Error;
use crate::pg::catalog_query::{self, CatalogRow};
use crate::pg::names::quote_identifier;
use crate::pg::{backend, database, lock_budget};
use crate::report::session_label::{self, SessionLabel};
use pgrx::pg_sys::Oid;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

const REQUESTS: &str = include_str!("../../sql/queries/table_lock_requests.sql");
const WAITING_SESSIONS: &str = include_str!("../../sql/queries/waiting_sessions.sql");
const LOCK_HOLDERS: &str = include_str!("../../sql/queries/sessions_by_pid.sql");
const PREPARED: &str = include_str!("../../sql/queries/prepared_transactions_on_table.sql");

/// How often a call reads the lock table to name the session that blocks it.
const MOST_READS: u8 = 10;

/// A lock on a table that a schema change acquires, held or awaited.
#[derive(Clone, Debug)]
pub struct Request {
    pub table: Oid,
    /// 0 for a prepared transaction.
    pub pid: i32,
    pub mode: String,
    pub is_granted: bool,
    /// For how many microseconds it has been awaited.
    pub waits_for: Option<i64>,
    /// The processes whose locks, or whose requests ahead of it in the queue, conflict with it.
    pub blockers: Vec<i32>,
}

/// A process, as far as the current user may see it.
#[derive(Clone, Debug)]
pub struct Session {
    pub pid: i32,
    pub role: Option<String>,
    pub application: Option<String>,
    /// `None` if it is hidden.
    pub state: Option<String>,
    pub query: Option<String>,
    pub backend_type: Option<String>,
    /// Microseconds in this state.
    pub state_age: Option<i64>,
    /// Microseconds since its transaction began.
    pub transaction_age: Option<i64>,
    /// Whether its transaction has written, or holds a lock that reading does not acquire.
    pub holds_more: bool,
    /// As a literal for `timestamptz`.
    pub backend_start: Option<String>,
}

/// Returns the locks and the requests for them, in the order of the queue as far as it is known.
/// Holds the lock manager's partition locks briefly, as any query of pg_locks does.
pub fn requests() -> Result<Vec<Request>, Error> {
    catalog_query::read(REQUESTS, &[database::current().into()], |row| {
        Ok(Request {
            table: row.get(1)?,
            pid: row.get(2)?,
            mode: row.text(3)?,
            is_granted: row.get(4)?,
            waits_for: row.optional(5)?,
            blockers: row.optional::<Vec<i32>>(6)?.unwrap_or_default(),
        })
    })
}

/// Returns, for each session that waits for a lock, the sessions that it waits for.
pub fn waiting_sessions() -> Result<HashMap<i32, Vec<i32>>, Error> {
    let edges = catalog_query::read(WAITING_SESSIONS, &[], |row| {
        Ok((row.get::<i32>(1)?, row.optional::<Vec<i32>>(2)?.unwrap_or_default()))
    })?;
    Ok(edges.into_iter().collect())
}

/// Returns the current state of the processes, except those that have ended.
pub fn sessions(pids: &[i32]) -> Result<HashMap<i32, Session>, Error> {
    backend::forget_activity();
    let sessions = catalog_query::read(LOCK_HOLDERS, &[pids.to_vec().into()], session)?;
    Ok(sessions.into_iter().map(|session| (session.pid, session)).collect())
}

fn session(row: &CatalogRow<'_, '_>) -> Result<Session, Error> {
    Ok(Session {
        pid: row.get(1)?,
        role: row.optional_text(2)?,
        application: row.optional_text(3)?.filter(|name| !name.is_empty()),
        state: row.optional_text(4)?,
        query: row.optional_text(5)?,
        backend_type: row.optional_text(6)?,
        state_age: row.optional(7)?,
        transaction_age: row.optional(8)?,
        holds_more: row.get(9)?,
        backend_start: row.optional_text(10)?,
    })
}

/// Returns the names of the prepared transactions that hold a lock on the table.
pub fn prepared_on(table: Oid) -> Result<Vec<String>, Error> {
    catalog_query::read(PREPARED, &[database::current().into(), table.into()], |row| row.text(1))
}

impl Session {
    /// Returns `pid 4711 (role app, psql, idle in transaction for 5 min)`.
    pub fn label(&self) -> String {
        session_label::session(&SessionLabel {
            pid: self.pid,
            role: self.role.as_deref().map(quote_identifier),
            application: self.application.as_deref(),
            backend_type: self.backend_type.as_deref().filter(|kind| *kind != "client backend"),
            state: self.state.as_deref(),
            state_age: self.state_age,
        })
    }
}

/// Returns `pid 4711 (…)`, or the prepared transactions that hold a lock on the table.
pub fn label(pid: i32, table: Oid, sessions: &HashMap<i32, Session>) -> String {
    if pid == 0 {
        let gids = prepared_on(table).unwrap_or_default();
        return session_label::prepared_transaction(&gids.iter().map(String::as_str).collect::<Vec<_>>());
    }
    sessions.get(&pid).map_or_else(|| session_label::process(pid), Session::label)
}

/// Returns `pid 4711 (…) holds AccessExclusiveLock`, or that it waits for it.
pub fn locking(label: &str, is_held: bool, mode: &str) -> String {
    format!("{label} {} {mode}", verb(is_held))
}

/// Returns what a session does with a lock.
pub fn verb(is_held: bool) -> &'static str {
    if is_held { "holds" } else { "waits for" }
}

thread_local! {
    /// What blocks a reader of each table, as of the last reading of the lock table.
    static BLOCKERS: RefCell<HashMap<Oid, String>> = RefCell::new(HashMap::new());
    static READS_LEFT: Cell<u8> = const { Cell::new(0) };
}

/// Runs `work`, a report, so that it waits for locks on tables for at most five seconds altogether,
/// or for lock_timeout. For a table that it could not lock by then, an error 55P03 says which
/// session blocks it.
pub fn within_budget<T>(work: impl FnOnce() -> T) -> T {
    READS_LEFT.set(MOST_READS);
    BLOCKERS.with_borrow_mut(HashMap::clear);
    lock_budget::within(describe, work)
}

/// Returns what blocks a reader of a table, index or sequence.
fn describe(table: Oid) -> Option<String> {
    let known = BLOCKERS.with_borrow(|known| known.get(&table).cloned());
    if known.is_some() || READS_LEFT.get() == 0 {
        return known;
    }
    READS_LEFT.set(READS_LEFT.get() - 1);
    let found = blockers().ok()?;
    BLOCKERS.set(found);
    BLOCKERS.with_borrow(|known| known.get(&table).cloned())
}

fn blockers() -> Result<HashMap<Oid, String>, Error> {
    let requests = requests()?;
    let readers: Vec<&Request> = requests.iter().filter(|request| request.mode == "AccessExclusiveLock").collect();
    let pids: Vec<i32> =
        readers.iter().flat_map(|request| request.blockers.iter().chain([&request.pid])).copied().collect();
    let sessions = sessions(&pids)?;
    let mut found = HashMap::new();
    for request in readers {
        let name = |pid| label(pid, request.table, &sessions);
        let blocker = request.blockers.first().map(|pid| format!(", behind {}", name(*pid)));
        let blocked_by = locking(&name(request.pid), request.is_granted, &request.mode);
        let blocked_by = format!("{blocked_by}{}", blocker.unwrap_or_default());
        found.entry(request.table).or_insert(blocked_by);
    }
    Ok(found)
}
