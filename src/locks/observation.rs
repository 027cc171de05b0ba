//! Observes locks and sessions at one moment, and finds the sessions that keep a holder from being
//! ended.

use super::at_work::Work;
use super::lock_table::{LockTable, Prepared, TableLock, prepared_transactions};
use super::session::{Session, Sessions};
use super::tcp_peer::{Clients, Gone};
use super::waits::Closure;
use crate::error::Error;
use crate::pg::backend;
use crate::settings;
use pgrx::pg_sys::Oid;
use std::collections::HashMap;

pub struct Observation {
    pub table: LockTable,
    pub closure: Closure,
    pub sessions: Sessions,
    pub prepared: HashMap<String, Prepared>,
    /// Microseconds.
    pub orphan_after: i64,
    clients: Clients,
    /// The sessions that wait directly for each process, for a lock other than an advisory one.
    waiting_for_other_locks: HashMap<i32, Vec<i32>>,
}

/// The sessions that decide whether a holder may be ended.
#[derive(Default)]
pub struct RelatedSessions<'a> {
    /// Sessions that are at work, or may be, perhaps on what the lock protects.
    pub in_the_way: Vec<&'a Session>,
    /// Another session of the holder's program, which waits for the holder: neither can proceed.
    pub stuck: Option<&'a Session>,
    /// Sessions of the same program that only read.
    pub reading: Vec<&'a Session>,
}

impl Observation {
    /// Reads sessions and clients. `caller` is the role whose privileges to see and end sessions
    /// count.
    pub fn take(table: LockTable, caller: Oid) -> Result<Observation, Error> {
        let sessions = Sessions::read(&table, caller)?;
        let mut waiting_for_other_locks: HashMap<i32, Vec<i32>> = HashMap::new();
        for pid in &table.waiting_for_other_locks {
            for blocker in table.waits.blockers(*pid) {
                waiting_for_other_locks.entry(*blocker).or_default().push(*pid);
            }
        }
        Ok(Observation {
            closure: table.waits.closure(),
            clients: Clients::read(backend::server_port()),
            prepared: if table.has_prepared() { prepared_transactions()? } else { HashMap::new() },
            orphan_after: settings::orphan_after(),
            sessions,
            waiting_for_other_locks,
            table,
        })
    }

    pub fn gone(&self, session: &Session) -> Option<Gone> {
        self.clients.gone(&session.client_addr.as_ref()?.0, session.client_port?)
    }

    /// Returns the sessions that wait directly for the process, for a lock other than an advisory
    /// one.
    pub fn waiting_for_other_locks(&self, pid: i32) -> &[i32] {
        self.waiting_for_other_locks.get(&pid).map_or(&[], Vec::as_slice)
    }

    /// Returns the other sessions of a database that are at work, or may be.
    pub fn in_the_way(&self, database: Oid) -> Vec<&Session> {
        self.sessions.others_in(database).filter(|session| session.work.is_in_the_way()).collect()
    }

    /// Returns the other sessions of a database that only read.
    pub fn reading(&self, database: Oid) -> Vec<&Session> {
        self.sessions.others_in(database).filter(|session| session.work == Work::Reads).collect()
    }

    /// Returns the sessions that decide whether the holder may be ended. Many tools hold their lock
    /// on one connection and migrate on another (Rails, Flyway, @slonik/migrator, Sqitch). That
    /// other connection has the same role and client address; a session that changes the schema
    /// counts whatever its role. Sessions that wait for the holder do not do its work, unless they
    /// belong to the holder's program.
    ///
    /// `table` is the table that the holder has locked, if the lock is on a table: a session that
    /// waits for the same table is another run.
    pub fn related_sessions(&self, holder: &Session, table: Option<Oid>) -> RelatedSessions<'_> {
        let mut related = RelatedSessions::default();
        let Some(database) = holder.database_oid() else { return related };
        for other in self.sessions.others_in(database).filter(|other| other.pid != holder.pid) {
            let is_sibling = other.is_sibling(holder);
            if self.closure.waits_for(other.pid, holder.pid) {
                if is_sibling && holder.state.is_idle() && self.is_stuck(other, holder, table) {
                    related.stuck = related.stuck.or(Some(other));
                } else if is_sibling && self.waits_at_work(other, table) {
                    related.in_the_way.push(other);
                }
            } else if is_sibling && other.work.is_in_the_way() || other.work == Work::ChangesSchema {
                related.in_the_way.push(other);
            } else if is_sibling && other.work == Work::Reads {
                related.reading.push(other);
            }
        }
        // Sessions that change the schema are named first.
        related.in_the_way.sort_by_key(|other| other.work != Work::ChangesSchema);
        related
    }

    /// Whether the program that holds the lock waits for itself: it is at work on another
    /// connection, which waits for the end of the holder's transaction (CREATE INDEX CONCURRENTLY)
    /// if both have the same application_name, or for any lock of the holder if both connected at
    /// the same time.
    fn is_stuck(&self, other: &Session, holder: &Session, table: Option<Oid>) -> bool {
        let waits_for_end = other.application_name == holder.application_name
            && self.table.waiting_for_transaction.contains(&other.pid)
            && self.table.waits.blockers(other.pid).contains(&holder.pid);
        self.waits_at_work(other, table) && (waits_for_end || other.came_with(holder))
    }

    /// Whether the session is in the middle of work and waits for a lock other than the key, but
    /// not for the table that the holder has locked. It may belong to the holder's program, which
    /// would continue concurrently with another run once the holder has ended.
    fn waits_at_work(&self, other: &Session, table: Option<Oid>) -> bool {
        let wants = |lock: &TableLock| lock.pid == Some(other.pid) && Some(lock.relation) == table;
        other.work.is_at_work()
            && self.table.waiting_for_other_locks.contains(&other.pid)
            && !self.table.tables.iter().any(wants)
    }
}
