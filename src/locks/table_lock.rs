//! Judges locks on a migration tool's tables, which some tools acquire instead of an advisory lock
//! (EF Core locks its history, Keycloak a row of it), by the same rules as advisory locks.

use super::advice::{client_is, waiting};
use super::lock_table::TableLock;
use super::observation::{Observation, RelatedSessions};
use super::session::Session;
use super::verdict::{Facts, Leak, Status, judge};
use super::waits::Mode;
use super::wording::{activities, activity, describe, describe_with_statement, list, with_statement};
use crate::pg::{backend, database, names};
use crate::report::session_label::prepared_transaction;
use crate::report::wording;
use pgrx::datum::ToIsoString;
use pgrx::pg_sys::Oid;

/// A lock on a table that a session or a prepared transaction holds, with its verdict.
pub struct Holding {
    pub status: Status,
    pub reason: String,
    pub remedy: Option<String>,
    pub fix: Option<String>,
}

impl Observation {
    /// Returns the locks on the table that other sessions hold, except those that reading and
    /// maintenance acquire. Skips a session that waits for another holder, although it holds a lock
    /// on the table as well: a session that waits for a row does. `named` is the table's name in
    /// texts.
    pub fn holdings(&self, table: Oid, named: &str) -> Vec<Holding> {
        let held: Vec<&TableLock> = self.locks_on(table).filter(|lock| lock.is_granted).collect();
        let waits_for_one = |pid: i32| {
            let mut others = held.iter().map(|other| other.pid.unwrap_or(0)).filter(|other| *other != pid);
            others.any(|other| self.closure.waits_for(pid, other))
        };
        let mut holdings = Vec::new();
        for lock in strongest(&held) {
            match lock.pid {
                None => holdings.push(self.prepared_holding(lock, named)),
                Some(pid) if !waits_for_one(pid) => {
                    holdings.extend(self.sessions.get(pid).map(|session| self.holding(lock, session, named)));
                }
                Some(_) => {}
            }
        }
        holdings.sort_by_key(|holding| holding.status);
        holdings
    }

    /// Describes the sessions that wait for a lock on the table, and the ends of their chains of
    /// waits.
    pub fn waiting_for_table(&self, table: Oid, named: &str) -> Vec<String> {
        let waiting = self.locks_on(table).filter(|lock| !lock.is_granted);
        let words = waiting.filter_map(|lock| {
            let session = self.sessions.get(lock.pid?)?;
            let text = format!("{} waits for {} on {named}", describe(session), lock.mode);
            Some(match self.ends(session.pid).as_slice() {
                [] => text,
                ends => format!("{text}, and the chain of waits ends at {}", list(ends, describe_with_statement)),
            })
        });
        words.collect()
    }

    /// Describes a prepared transaction that has written in this database, since it may be a
    /// migration's.
    pub fn prepared_change(&self) -> Option<String> {
        let is_change =
            |lock: &&TableLock| lock.pid.is_none() && lock.database == database::current() && lock.change().is_some();
        // A table that the transaction has created is not visible to others and has no name yet.
        let locks = self.table.tables.iter().filter(is_change);
        let lock = locks.min_by_key(|lock| (names::relation_name(lock.relation).is_none(), lock.relation.to_u32()))?;
        let table = names::relation_name(lock.relation).map_or_else(|| "a table".to_owned(), |name| name.quoted());
        Some(self.prepared_holding(lock, &table).reason)
    }

    fn locks_on(&self, table: Oid) -> impl Iterator<Item = &TableLock> {
        let is_maintenance =
            |pid: Option<i32>| pid.and_then(|pid| self.sessions.get(pid)).is_some_and(|session| session.is_maintenance);
        self.table.tables.iter().filter(move |lock| {
            lock.relation == table
                && lock.database == database::current()
                && lock.pid != Some(backend::own_pid())
                && !is_maintenance(lock.pid)
        })
    }

    fn ends(&self, pid: i32) -> Vec<&Session> {
        let roots = self.closure.roots(pid, self.table.waits.blockers(pid));
        roots.into_iter().filter_map(|root| self.sessions.get(root)).collect()
    }

    /// Returns the sessions that wait for the holder and want the table or one of its rows.
    fn waiters(&self, table: Oid, holder: i32) -> Vec<&Session> {
        let mut pids: Vec<i32> = self.locks_on(table).filter_map(|lock| lock.pid).collect();
        pids.sort_unstable();
        pids.dedup();
        let waiting = pids.into_iter().filter(|pid| *pid != holder && self.closure.waits_for(*pid, holder));
        waiting.filter_map(|pid| self.sessions.get(pid)).collect()
    }

    fn holding(&self, lock: &TableLock, session: &Session, named: &str) -> Holding {
        let is_idle = session.state.is_idle();
        let related =
            if is_idle { self.related_sessions(session, Some(lock.relation)) } else { RelatedSessions::default() };
        let (waiters, gone) = (self.waiters(lock.relation, session.pid), self.gone(session));
        let status = judge(&Facts {
            is_granted: true,
            is_prepared: false,
            is_awaited: !waiters.is_empty(),
            idle_for: session.idle_for(),
            orphan_after: self.orphan_after,
            is_client_gone: gone.is_some(),
            is_at_work_elsewhere: !related.in_the_way.is_empty(),
            is_self_blocked: related.stuck.is_some(),
            is_migrations: true,
            is_idle_on_purpose: false,
            leak: Leak::No,
        });
        let ends = self.ends(session.pid);
        let clauses = [
            Some(reason(&format!("{} holds {} on {named}", describe(session), lock.mode), status, session, &related)),
            gone.map(client_is),
            (!related.in_the_way.is_empty()).then(|| activities(&related.in_the_way)),
            (!waiters.is_empty()).then(|| format!("{} for it: {}", waiting(waiters.len()), list(&waiters, describe))),
            (status == Status::Orphan && !related.reading.is_empty()).then(|| activities(&related.reading)),
            (!ends.is_empty()).then(|| format!("it waits for {}", list(&ends, describe_with_statement))),
        ];
        let end = end(session);
        Holding {
            status,
            reason: wording::join(clauses.into_iter().flatten()).unwrap_or_default(),
            remedy: match status {
                Status::IdleHolder => {
                    end.as_ref().map(|end| format!("once no migration is running, this ends the session: {end}"))
                }
                Status::SelfBlocked => Some("cancel that statement and run it outside the migration".to_owned()),
                _ => None,
            },
            fix: end.filter(|_| status == Status::Orphan),
        }
    }

    fn prepared_holding(&self, lock: &TableLock, named: &str) -> Holding {
        let prepared = self.table.prepared_on(lock, &self.prepared);
        let gids: Vec<&str> = prepared.iter().map(|prepared| prepared.gid.text.as_str()).collect();
        let reason = format!("{} holds {} on {named}", prepared_transaction(&gids), lock.mode);
        Holding { status: Status::Prepared, reason, remedy: None, fix: None }
    }
}

/// Appends what the verdict adds to `holds`, which says that the session holds the lock.
fn reason(holds: &str, status: Status, session: &Session, related: &RelatedSessions<'_>) -> String {
    match status {
        Status::Orphan => holds.to_owned(),
        Status::SelfBlocked => format!(
            "{holds} and waits for its program's other session, which waits for it in turn: {}",
            related.stuck.map(activity).unwrap_or_default()
        ),
        Status::IdleHolder => {
            format!("{holds}; no session waits, but most tools only try to acquire the lock, or soon give up")
        }
        _ if session.work.is_at_work() => with_statement(format!("{holds} and is at work"), session),
        _ => with_statement(holds.to_owned(), session),
    }
}

/// Returns the strongest of each session's locks on one table.
fn strongest<'a>(locks: &[&'a TableLock]) -> Vec<&'a TableLock> {
    let mut found: Vec<&TableLock> = Vec::new();
    for lock in locks {
        match found.iter_mut().find(|known| known.pid == lock.pid && lock.pid.is_some()) {
            Some(known) if Mode::parse(&known.mode) < Mode::parse(&lock.mode) => *known = lock,
            Some(_) => {}
            None => found.push(lock),
        }
    }
    found
}

/// Returns the statement that ends the session, provided that it is still the same one and its
/// state has not changed since. `None` if the current user may not see when it started.
fn end(session: &Session) -> Option<String> {
    let (start, change) = (session.backend_start?, session.state_change?);
    Some(format!(
        "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity \
         WHERE pid = {} AND backend_start = '{}' AND state_change = '{}';",
        session.pid,
        start.to_iso_string(),
        change.to_iso_string()
    ))
}
