//! advisory_lock_report: every advisory lock, judged.

use super::advice::{Situation, Statements};
use super::client::{Clients, Gone};
use super::databases::{Named, name_all};
use super::key::LockKey;
use super::session::{Session, Sessions, State};
use super::snapshot::{Lock, LockTable, Prepared, lock_table, prepared_transactions};
use super::statement::{Statement, is_of_another};
use super::tools::{Purpose, Scope};
use super::verdict::{Facts, Leak, Verdict, judge};
use super::waits::Closure;
use crate::fault::Fault;
use crate::pg::{backend, database, owner};
use crate::settings;
use pgrx::datum::{Inet, TimestampWithTimeZone};
use pgrx::pg_sys::Oid;
use std::collections::{HashMap, HashSet};

pub struct Row {
    pub verdict: Verdict,
    pub key: LockKey,
    pub tool: Option<String>,
    pub is_granted: bool,
    pub pid: Option<i32>,
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
    pub detail: Option<String>,
}

pub fn report() -> Result<Vec<Row>, Fault> {
    let table = lock_table()?;
    if table.locks.is_empty() {
        return Ok(Vec::new());
    }
    let look = Look::take(table)?;
    let applications: Vec<Option<&str>> = look.table.locks.iter().map(|lock| look.application(lock)).collect();
    let named = name_all(&look.table.locks, &applications)?;
    let mut rows: Vec<Row> = look.table.locks.iter().zip(named).map(|(lock, named)| look.row(lock, named)).collect();
    rows.sort_by(|one, other| order(one).cmp(&order(other)));
    Ok(rows)
}

/// Worst first, those of one lock together, who has been at it longest before the others.
fn order(row: &Row) -> (Verdict, &Option<String>, LockKey, Option<i64>, Option<i32>) {
    (row.verdict, &row.database, row.key, row.since.map(i64::from), row.pid)
}

/// Everything there is to see at one moment.
struct Look {
    table: LockTable,
    closure: Closure,
    /// Who waits for each lock and process.
    waiters: HashMap<(Oid, LockKey, i32), Vec<i32>>,
    sessions: Sessions,
    clients: Clients,
    prepared: HashMap<String, Prepared>,
    /// The locks' databases by name.
    databases: HashMap<Oid, String>,
    statements: Statements,
    orphan_after: i64,
}

impl Look {
    fn take(table: LockTable) -> Result<Look, Fault> {
        let pids: Vec<i32> = table.locks.iter().filter_map(|lock| lock.pid).collect();
        let sessions = Sessions::look(&pids, owner::current())?;
        let has_prepared = table.locks.iter().any(Lock::is_prepared);
        let mut waiters: HashMap<(Oid, LockKey, i32), Vec<i32>> = HashMap::new();
        for lock in table.locks.iter().filter(|lock| !lock.is_granted) {
            for blocker in lock.pid.into_iter().flat_map(|pid| table.waits.blockers(pid)) {
                waiters.entry((lock.database, lock.key, *blocker)).or_default().extend(lock.pid);
            }
        }
        Ok(Look {
            databases: databases(&table.locks),
            closure: table.waits.closure(),
            waiters,
            sessions,
            clients: Clients::look(backend::server_port()),
            prepared: if has_prepared { prepared_transactions()? } else { HashMap::new() },
            statements: Statements::new()?,
            orphan_after: settings::orphan_after(),
            table,
        })
    }

    fn application(&self, lock: &Lock) -> Option<&str> {
        let name = self.sessions.get(lock.pid?)?.application_name.as_deref();
        name.filter(|name| !name.is_empty())
    }

    fn row(&self, lock: &Lock, named: Named) -> Row {
        let session = lock.pid.and_then(|pid| self.sessions.get(pid));
        let prepared = self.table.prepared(lock, &self.prepared);
        let waits_for = lock.pid.filter(|_| !lock.is_granted).map_or(&[][..], |pid| self.table.waits.blockers(pid));
        let blocks = self.blocks(lock);
        let gone = session.and_then(|session| self.gone(session));
        // Of interest only where somebody waits, and there are far fewer such locks.
        let at_work = session
            .filter(|session| session.state.is_idle() && !blocks.is_empty())
            .and_then(|session| self.sessions.at_work_for(session, &self.closure));
        let leak = session.map_or(Leak::No, |session| self.leak(lock, session, &named));
        let is_idle_on_purpose = is_idle_on_purpose(lock, &named);
        let verdict = judge(&Facts {
            is_granted: lock.is_granted,
            is_prepared: lock.is_prepared(),
            is_awaited: !blocks.is_empty(),
            idle_for: session.and_then(Session::idle_for),
            orphan_after: self.orphan_after,
            is_client_gone: gone.is_some(),
            is_at_work_elsewhere: at_work.is_some(),
            is_idle_on_purpose,
            leak,
        });
        let roots = self.roots(lock);
        let database = self.databases.get(&lock.database).cloned();
        let situation = Situation {
            lock,
            verdict,
            session,
            prepared,
            gone,
            tool: named.tool.as_deref(),
            release: named.release.as_deref(),
            leak,
            is_idle_on_purpose,
            waiters: blocks.len(),
            at_work,
            roots: &roots,
            is_own: lock.pid == Some(backend::own_pid()),
            elsewhere: database.as_deref().filter(|_| lock.database != database::current()),
            orphan_after: self.orphan_after,
        };
        Row {
            fix: self.statements.fix(&situation),
            detail: self.statements.detail(&situation),
            verdict,
            key: lock.key,
            scope: scope(lock, session, named.scope),
            tool: named.tool,
            evidence: named.evidence,
            is_granted: lock.is_granted,
            pid: lock.pid,
            waits_for: (!waits_for.is_empty()).then(|| waits_for.to_vec()),
            blocks: (!blocks.is_empty()).then_some(blocks),
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
            database,
            query: session.and_then(|session| session.query.clone()),
        }
    }

    /// Everybody who waits for this very lock, directly or through others.
    fn blocks(&self, lock: &Lock) -> Vec<i32> {
        let pid = lock.pid.unwrap_or(0);
        match self.waiters.get(&(lock.database, lock.key, pid)) {
            Some(direct) => self.closure.waiters(pid, direct),
            None => Vec::new(),
        }
    }

    /// Where the waiting ends, as far as `waits_for` does not say it.
    fn roots(&self, lock: &Lock) -> Vec<(i32, Option<&Session>)> {
        let Some(pid) = lock.pid else { return Vec::new() };
        let direct = self.table.waits.blockers(pid);
        let roots = self.closure.roots(pid, direct).into_iter();
        let hidden = roots.filter(|root| lock.is_granted || !direct.contains(root));
        hidden.map(|root| (root, self.sessions.get(root))).collect()
    }

    fn gone(&self, session: &Session) -> Option<Gone> {
        self.clients.gone(&session.client_addr.as_ref()?.0, session.client_port?)
    }

    /// Whether the session holds a migration tool's lock and was last used by another client, as a pooler in transaction mode
    /// brings it about: its last statement is none of a migration's. It may be one all the same (migrations may be programs), unless
    /// those who wait for the lock, which are runs of the same tool, call themselves otherwise, and other sessions as this one.
    fn leak(&self, lock: &Lock, session: &Session, tool: &Named) -> Leak {
        let Some(query) = session.query.as_deref() else { return Leak::No };
        let is_idle = lock.is_granted && lock.is_outside_transaction && session.state == State::Idle;
        let is_migrations = tool.purpose == Some(Purpose::Migration) && !tool.is_application;
        // Anybody may lock 1, and anybody may make tables that look like a tool's.
        if !is_idle || !is_migrations || !lock.key.is_telling() || !is_of_another(query, &tool.tables) {
            return Leak::No;
        }
        let waiting: Vec<&Session> = self.waiting_for(lock).collect();
        let pids: Vec<i32> = waiting.iter().map(|other| other.pid).collect();
        // Others may wait for it with any name they like.
        let mut runs = waiting.iter().filter(|other| other.role == session.role).peekable();
        let is_anothers = runs.peek().is_some()
            && runs.all(|other| other.application_name != session.application_name)
            && self.sessions.share_name(session, &pids);
        match Statement::is_read(query) {
            _ if is_anothers => Leak::Certain,
            true => Leak::Likely,
            false => Leak::Possible,
        }
    }

    fn waiting_for(&self, lock: &Lock) -> impl Iterator<Item = &Session> {
        let direct = self.waiters.get(&(lock.database, lock.key, lock.pid.unwrap_or(0)));
        direct.into_iter().flatten().filter_map(|pid| self.sessions.get(*pid))
    }
}

fn databases(locks: &[Lock]) -> HashMap<Oid, String> {
    let oids: HashSet<Oid> = locks.iter().map(|lock| lock.database).collect();
    oids.into_iter().filter_map(|oid| Some((oid, database::name(oid)?))).collect()
}

/// Whether the tool holds the lock for as long as it runs: leaders and workers do, and servers that share a migration's lock.
fn is_idle_on_purpose(lock: &Lock, tool: &Named) -> bool {
    let is_shared = tool.purpose == Some(Purpose::Migration) && lock.mode == "ShareLock";
    is_shared || matches!(tool.purpose, Some(Purpose::Leader | Purpose::Jobs | Purpose::State))
}

/// pg_locks does not tell who holds a lock for the session and who for the transaction.
fn scope(lock: &Lock, session: Option<&Session>, of_tool: Option<Scope>) -> &'static str {
    let query = || session.and_then(|session| session.query.as_deref()).unwrap_or_default().to_lowercase();
    match of_tool {
        _ if lock.is_outside_transaction && lock.is_granted => "session",
        _ if lock.is_prepared() => "transaction",
        // Who waits runs the very call.
        _ if !lock.is_granted && query().contains("advisory_xact_lock") => "transaction",
        _ if !lock.is_granted && query().contains("advisory_lock") => "session",
        Some(Scope::Session) => "session",
        Some(Scope::Transaction) => "transaction",
        _ => "unknown",
    }
}
