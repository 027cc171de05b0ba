//! Returns the rows of advisory_lock_report: every advisory lock, with its verdict.

use super::advice::{Advice, Advisor, Situation};
use super::key::LockKey;
use super::lock_table::{Lock, lock_table};
use super::naming_by_database::{Named, name_all};
use super::observation::{Observation, RelatedSessions};
use super::session::{Session, State};
use super::statement_kind::{Statement, is_from_other_client, tries_lock};
use super::tcp_peer::Gone;
use super::tools::{Purpose, Scope};
use super::verdict::{Facts, Leak, Status, judge};
use crate::error::Error;
use crate::pg::{backend, database, run_as};
use pgrx::datum::{Inet, TimestampWithTimeZone};
use pgrx::pg_sys::Oid;
use std::collections::{HashMap, HashSet};

/// Microseconds: a session that tried to acquire the lock longer ago is assumed to have given up.
const RECENT: i64 = 60_000_000;

pub struct Row {
    pub status: Status,
    pub key: LockKey,
    pub tool: Option<String>,
    pub is_granted: bool,
    pub pid: Option<i32>,
    /// Whether the current user may not see what the session does.
    pub is_hidden: bool,
    pub waits_for: Option<Vec<i32>>,
    pub blocks: Option<Vec<i32>>,
    pub role: Option<String>,
    pub application_name: Option<String>,
    pub client_addr: Option<Inet>,
    pub state: Option<String>,
    pub since: Option<TimestampWithTimeZone>,
    pub scope: &'static str,
    pub mode: String,
    pub database: Option<String>,
    pub evidence: Option<String>,
    pub query: Option<String>,
    pub fix: Option<String>,
    /// Why the row has its status, and what to do; `detail` joins both.
    pub reason: Option<String>,
    pub remedy: Option<String>,
    pub detail: Option<String>,
    /// What the tool uses the lock for, and the schema and the table that the key was computed
    /// from.
    pub purpose: Option<Purpose>,
    pub subject: (Option<String>, Option<String>),
}

pub fn report() -> Result<Vec<Row>, Error> {
    let table = lock_table()?;
    if table.locks.is_empty() {
        return Ok(Vec::new());
    }
    let view = View::of(Observation::take(table, run_as::current())?)?;
    let mut rows = view.rows(|_| true)?;
    rows.sort_by(|one, other| order(one).cmp(&order(other)));
    Ok(rows)
}

/// Orders rows: the worst first, then by lock, then the session that has been in its state the
/// longest.
fn order(row: &Row) -> (Status, &Option<String>, LockKey, Option<i64>, Option<i32>) {
    (row.status, &row.database, row.key, row.since.map(i64::from), row.pid)
}

/// The advisory locks of one observation.
pub struct View {
    pub observed: Observation,
    /// The sessions that wait for each lock and holder.
    waiters: HashMap<(Oid, LockKey, i32), Vec<i32>>,
    /// The names of the locks' databases.
    databases: HashMap<Oid, String>,
    pub advisor: Advisor,
}

impl View {
    pub fn of(observed: Observation) -> Result<View, Error> {
        let mut waiters: HashMap<(Oid, LockKey, i32), Vec<i32>> = HashMap::new();
        for lock in observed.table.locks.iter().filter(|lock| !lock.is_granted) {
            for blocker in lock.pid.into_iter().flat_map(|pid| observed.table.waits.blockers(pid)) {
                waiters.entry((lock.database, lock.key, *blocker)).or_default().extend(lock.pid);
            }
        }
        Ok(View { databases: databases(&observed.table.locks), advisor: Advisor::new()?, waiters, observed })
    }

    /// Returns the rows of the wanted locks, in no particular order.
    pub fn rows(&self, is_wanted: impl Fn(&Lock) -> bool) -> Result<Vec<Row>, Error> {
        let locks: Vec<&Lock> = self.observed.table.locks.iter().filter(|lock| is_wanted(lock)).collect();
        let applications: Vec<Option<&str>> = locks.iter().map(|lock| self.application(lock)).collect();
        let named = name_all(&locks, &applications)?;
        Ok(locks.into_iter().zip(named).map(|(lock, named)| self.row(lock, named)).collect())
    }

    fn application(&self, lock: &Lock) -> Option<&str> {
        let name = self.observed.sessions.get(lock.pid?)?.application_name.as_deref();
        name.filter(|name| !name.is_empty())
    }

    fn row(&self, lock: &Lock, named: Named) -> Row {
        let observed = &self.observed;
        let session = lock.pid.and_then(|pid| observed.sessions.get(pid));
        let prepared = observed.table.prepared(lock, &observed.prepared);
        let waits_for = lock.pid.filter(|_| !lock.is_granted).map_or(&[][..], |pid| observed.table.waits.blockers(pid));
        let blocks = self.blocks(lock);
        let gone = session.and_then(|session| observed.gone(session));
        let leak = session.map_or(Leak::No, |session| self.leak(lock, session, &named));
        let others = lock.pid.filter(|_| lock.is_granted).map_or(&[][..], |pid| observed.waiting_for_other_locks(pid));
        let is_migrations = named.purpose == Some(Purpose::Migration);
        // Other sessions matter only if the holder might be ended, which is true of few locks.
        let matters = !blocks.is_empty() || !others.is_empty() || gone.is_some() || is_migrations || leak != Leak::No;
        let idle = session.filter(|session| lock.is_granted && matters && session.state.is_idle());
        let related = idle.map(|session| observed.related_sessions(session, None)).unwrap_or_default();
        let is_idle_on_purpose = is_idle_on_purpose(lock, &named);
        let status = judge(&Facts {
            is_granted: lock.is_granted,
            is_prepared: lock.is_prepared(),
            is_awaited: !blocks.is_empty(),
            idle_for: session.and_then(Session::idle_for),
            orphan_after: observed.orphan_after,
            is_client_gone: gone.is_some(),
            is_at_work_elsewhere: !related.in_the_way.is_empty(),
            is_self_blocked: related.stuck.is_some(),
            is_migrations,
            is_idle_on_purpose,
            leak,
        });
        let advice = self.advice(lock, &named, Judged { status, leak, related, gone, waiters: blocks.len() });
        let all_blocked = self.with_others(blocks, lock.pid, others);
        Row {
            fix: advice.fix.clone(),
            detail: advice.detail(),
            reason: advice.reason,
            remedy: advice.remedy,
            status,
            key: lock.key,
            scope: scope(lock, session, named.scope),
            purpose: named.purpose,
            subject: named.subject,
            tool: named.tool,
            evidence: named.evidence,
            is_granted: lock.is_granted,
            pid: lock.pid,
            is_hidden: session.is_some_and(|session| !session.may_be_read),
            waits_for: (!waits_for.is_empty()).then(|| waits_for.to_vec()),
            blocks: (!all_blocked.is_empty()).then_some(all_blocked),
            role: session.map_or_else(|| prepared.and_then(|one| one.owner.clone()), |session| session.role.clone()),
            application_name: session.and_then(|session| session.application_name.clone()),
            client_addr: session.and_then(|session| session.client_addr.clone()),
            state: session.and_then(|session| session.state_text.clone()),
            since: match (lock.wait_start, session) {
                (Some(start), _) => Some(start),
                (None, Some(session)) => session.state_change,
                (None, None) => prepared.and_then(|prepared| prepared.since),
            },
            mode: lock.mode.clone(),
            database: self.databases.get(&lock.database).cloned(),
            query: session.and_then(|session| session.query.clone()),
        }
    }

    fn advice(&self, lock: &Lock, named: &Named, judged: Judged<'_>) -> Advice {
        let observed = &self.observed;
        let session = lock.pid.and_then(|pid| observed.sessions.get(pid));
        let otherwise =
            lock.pid.filter(|_| lock.is_granted).map_or(&[][..], |pid| observed.waiting_for_other_locks(pid));
        let database = self.databases.get(&lock.database).map(String::as_str);
        self.advisor.advice(&Situation {
            lock,
            status: judged.status,
            session,
            prepared: observed.table.prepared(lock, &observed.prepared),
            gone: judged.gone,
            tool: named.tool.as_deref(),
            release: named.release.as_deref(),
            self_blocked: named.self_blocked.as_deref(),
            leak: judged.leak,
            is_idle_on_purpose: is_idle_on_purpose(lock, named),
            is_migrations: named.purpose == Some(Purpose::Migration),
            waiters: judged.waiters,
            waiting_for_other_locks: &otherwise
                .iter()
                .filter_map(|pid| observed.sessions.get(*pid))
                .collect::<Vec<_>>(),
            tries: &if judged.status == Status::IdleHolder { self.tries(lock) } else { Vec::new() },
            related: &judged.related,
            roots: &self.roots(lock),
            is_own: lock.pid == Some(backend::own_pid()),
            other_database: database.filter(|_| lock.database != database::current()),
            orphan_after: observed.orphan_after,
        })
    }

    /// Returns the sessions that have recently tried to acquire the lock without waiting.
    fn tries(&self, lock: &Lock) -> Vec<&Session> {
        let is_recent = |session: &&Session| session.may_be_read && session.state_age.is_none_or(|age| age < RECENT);
        let others = self.observed.sessions.others_in(lock.database).filter(|other| Some(other.pid) != lock.pid);
        let tried = |session: &&Session| session.query.as_deref().is_some_and(|query| tries_lock(query, lock.key));
        others.filter(is_recent).filter(tried).collect()
    }

    /// Returns the sessions that wait for this lock, directly or through others.
    fn blocks(&self, lock: &Lock) -> Vec<i32> {
        let pid = lock.pid.unwrap_or(0);
        match self.waiters.get(&(lock.database, lock.key, pid)) {
            Some(direct) => self.observed.closure.waiters(pid, direct),
            None => Vec::new(),
        }
    }

    /// Adds the sessions that wait for the holder's other locks.
    fn with_others(&self, mut blocks: Vec<i32>, pid: Option<i32>, others: &[i32]) -> Vec<i32> {
        if let Some(pid) = pid.filter(|_| !others.is_empty()) {
            blocks.extend(self.observed.closure.waiters(pid, others));
            blocks.sort_unstable();
            blocks.dedup();
        }
        blocks
    }

    /// Returns the ends of the chain of waits that begins with the session, except those in
    /// `waits_for`.
    fn roots(&self, lock: &Lock) -> Vec<(i32, Option<&Session>)> {
        let Some(pid) = lock.pid else { return Vec::new() };
        let direct = self.observed.table.waits.blockers(pid);
        let roots = self.observed.closure.roots(pid, direct).into_iter();
        let hidden = roots.filter(|root| lock.is_granted || !direct.contains(root));
        hidden.map(|root| (root, self.observed.sessions.get(root))).collect()
    }

    /// Returns whether the session holds a migration tool's lock but was last used by another
    /// client, as happens with a connection pooler in transaction mode: its last statement is not
    /// part of a migration. That is not proof, since a migration may be a program. It is certain if
    /// the sessions that wait for the lock, which are runs of the same tool, have another
    /// application_name, while sessions that do not wait for it have the same one as this session.
    fn leak(&self, lock: &Lock, session: &Session, tool: &Named) -> Leak {
        let Some(query) = session.query.as_deref() else { return Leak::No };
        let is_idle = lock.is_granted && lock.is_outside_transaction && session.state == State::Idle;
        let is_migrations = tool.purpose == Some(Purpose::Migration) && !tool.is_application;
        if !is_idle || !is_migrations || !is_from_other_client(query, &tool.tables) {
            return Leak::No;
        }
        let waiting: Vec<&Session> = self.waiting_for(lock).collect();
        let pids: Vec<i32> = waiting.iter().map(|other| other.pid).collect();
        // Sessions of other roles may wait for the lock under any application_name.
        let mut runs = waiting.iter().filter(|other| other.role == session.role).peekable();
        // Any role may lock the key 1 and create tables that look like a tool's, so such a key
        // never makes it certain.
        let is_anothers = lock.key.is_distinctive()
            && runs.peek().is_some()
            && runs.all(|other| other.application_name != session.application_name)
            && self.observed.sessions.share_name(session, &pids);
        match Statement::is_read(query) {
            _ if is_anothers => Leak::Certain,
            true => Leak::Likely,
            false => Leak::Possible,
        }
    }

    fn waiting_for(&self, lock: &Lock) -> impl Iterator<Item = &Session> {
        let direct = self.waiters.get(&(lock.database, lock.key, lock.pid.unwrap_or(0)));
        direct.into_iter().flatten().filter_map(|pid| self.observed.sessions.get(*pid))
    }
}

/// The verdict on a lock, and what it was based on.
struct Judged<'a> {
    status: Status,
    leak: Leak,
    related: RelatedSessions<'a>,
    gone: Option<Gone>,
    waiters: usize,
}

fn databases(locks: &[Lock]) -> HashMap<Oid, String> {
    let oids: HashSet<Oid> = locks.iter().map(|lock| lock.database).collect();
    oids.into_iter().filter_map(|oid| Some((oid, database::name(oid)?))).collect()
}

/// Whether the tool holds the lock for as long as it runs, as leaders and workers do, and servers
/// that share a migration's lock.
fn is_idle_on_purpose(lock: &Lock, tool: &Named) -> bool {
    let is_shared = tool.purpose == Some(Purpose::Migration) && lock.mode == "ShareLock";
    is_shared || matches!(tool.purpose, Some(Purpose::Leader | Purpose::Jobs | Purpose::State))
}

/// Returns whether the lock is held for the session or for the transaction, which pg_locks does not
/// show.
fn scope(lock: &Lock, session: Option<&Session>, of_tool: Option<Scope>) -> &'static str {
    let query = || session.and_then(|session| session.query.as_deref()).unwrap_or_default().to_lowercase();
    match of_tool {
        _ if lock.is_outside_transaction && lock.is_granted => "session",
        _ if lock.is_prepared() => "transaction",
        // A waiting session's statement is the call that acquires the lock.
        _ if !lock.is_granted && query().contains("advisory_xact_lock") => "transaction",
        _ if !lock.is_granted && query().contains("advisory_lock") => "session",
        Some(Scope::Session) => "session",
        Some(Scope::Transaction) => "transaction",
        _ => "unknown",
    }
}
