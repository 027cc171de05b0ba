//! advisory_lock_terminate: ends the idle sessions that hold a lock, and no others.

use super::advice::qualified;
use super::duration::in_words;
use super::key::LockKey;
use super::session::{Session, Sessions, State};
use super::snapshot::{Lock, LockTable, lock_table, prepared_transactions};
use super::waits::Closure;
use crate::fault::Fault;
use crate::pg::message::say;
use crate::pg::{backend, database, names, owner, subtransaction};
use pgrx::datum::Interval;
use pgrx::pg_sys::Oid;
use pgrx::{PgLogLevel, PgSqlErrorCode};

/// How long to wait for a session to be gone, in milliseconds.
const GONE_WITHIN: i64 = 5000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    WouldTerminate,
    Terminated,
    Signalled,
    Skipped,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::WouldTerminate => "would terminate",
            Outcome::Terminated => "terminated",
            Outcome::Signalled => "signalled",
            Outcome::Skipped => "skipped",
        }
    }
}

pub struct Row {
    pub outcome: Outcome,
    pub pid: Option<i32>,
    pub role: Option<String>,
    pub application_name: Option<String>,
    pub idle_for: Option<Interval>,
    pub detail: Option<String>,
}

/// What to end.
struct Target {
    key: LockKey,
    database: Oid,
    /// Its name, if it is another than this.
    elsewhere: Option<String>,
    /// Microseconds.
    min_idle: i128,
}

pub fn terminate(lock_key: &str, min_idle: Interval, dry_run: bool) -> Result<Vec<Row>, Fault> {
    let target = Target::parse(lock_key, min_idle)?;
    let table = lock_table()?;
    let mut held: Vec<&Lock> = table.locks.iter().filter(|lock| target.is_held_by(lock)).collect();
    if held.is_empty() {
        say(PgLogLevel::NOTICE, nobody(&target, &table.locks));
        return Ok(Vec::new());
    }
    held.sort_unstable_by_key(|lock| lock.pid);
    let pids: Vec<i32> = held.iter().filter_map(|lock| lock.pid).collect();
    let sessions = look(&pids)?;
    let waits = table.waits.closure();
    let mut rows = prepared_rows(&held, &table)?;
    for (lock, pid) in held.iter().filter_map(|lock| Some((lock, lock.pid?))) {
        rows.push(match refusal(&target, lock, pid, &sessions, &waits) {
            Some(reason) => row(Outcome::Skipped, pid, sessions.get(pid), Some(reason)),
            None if dry_run => row(Outcome::WouldTerminate, pid, sessions.get(pid), None),
            None => end(&target, lock, pid, &sessions)?,
        });
    }
    Ok(rows)
}

impl Target {
    /// A key, with `@database` if the lock is not of this database.
    fn parse(text: &str, min_idle: Interval) -> Result<Target, Fault> {
        let (key, name) = text.split_once('@').map_or((text, None), |(key, name)| (key, Some(name)));
        let key = key.parse().map_err(|_| {
            Fault::new(
                PgSqlErrorCode::ERRCODE_INVALID_TEXT_REPRESENTATION,
                format!("invalid advisory lock key: \"{text}\""),
            )
            .hint(
                "Give a bigint ('72707369'), two integers ('1004,-55'), or classid:objid:objsubid as in pg_locks \
                 ('0:72707369:1'), each with @database after it if the lock is another database's.",
            )
        })?;
        if min_idle.as_micros() < 0 {
            return Err(Fault::new(
                PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE,
                "\"min_idle\" must not be negative",
            )
            .hint("'0' ends a session that is idle just now."));
        }
        let current = database::current();
        let database = match name {
            None => current,
            Some(name) => database::find(name)?,
        };
        let elsewhere = name.filter(|_| database != current).map(str::to_owned);
        Ok(Target { key, database, elsewhere, min_idle: min_idle.as_micros() })
    }

    fn is_held_by(&self, lock: &Lock) -> bool {
        lock.is_granted && (lock.database, lock.key) == (self.database, self.key)
    }
}

/// Also what the current user may not see: whoever may end a session may know since when it is idle.
fn look(pids: &[i32]) -> Result<Sessions, Fault> {
    let caller = owner::current();
    owner::as_owner(owner::SUPERUSER, || Sessions::look(pids, caller))
}

fn nobody(target: &Target, locks: &[Lock]) -> Fault {
    let place = match &target.elsewhere {
        Some(name) => format!("database {}", names::quote_identifier(name)),
        None => "this database".to_owned(),
    };
    let fault = Fault::new(
        PgSqlErrorCode::ERRCODE_SUCCESSFUL_COMPLETION,
        format!("nobody holds advisory lock {} in {place}", target.key),
    );
    let elsewhere = locks.iter().find(|lock| lock.is_granted && lock.key == target.key);
    match elsewhere.and_then(|lock| database::name(lock.database)) {
        Some(name) => fault
            .detail(format!("It is held in database {}.", names::quote_identifier(&name)))
            .hint(format!("Its key from here is {}.", names::quote_literal(&qualified(target.key, Some(&name))))),
        None => fault,
    }
}

fn prepared_rows(held: &[&Lock], table: &LockTable) -> Result<Vec<Row>, Fault> {
    if !held.iter().any(|lock| lock.is_prepared()) {
        return Ok(Vec::new());
    }
    let prepared = prepared_transactions()?;
    let rows = held.iter().filter(|lock| lock.is_prepared()).map(|lock| {
        let known = table.prepared(lock, &prepared);
        let detail = match known {
            Some(known) => {
                let gid = names::quote_literal(&known.gid.text);
                format!("a prepared transaction has no session; run ROLLBACK PREPARED {gid};")
            }
            None => "the prepared transaction has ended by now".to_owned(),
        };
        Row {
            outcome: Outcome::Skipped,
            pid: None,
            role: known.and_then(|prepared| prepared.owner.clone()),
            application_name: None,
            idle_for: None,
            detail: Some(detail),
        }
    });
    Ok(rows.collect())
}

/// Why a session that holds the lock is left alone.
fn refusal(target: &Target, lock: &Lock, pid: i32, sessions: &Sessions, waits: &Closure) -> Option<String> {
    if pid == backend::own_pid() {
        return Some(own(lock));
    }
    let Some(session) = sessions.get(pid) else { return Some("it has ended by now".to_owned()) };
    if !session.may_be_ended {
        let role = session
            .role
            .as_deref()
            .map_or("its role".to_owned(), |name| format!("role {}", names::quote_identifier(name)));
        return Some(format!(
            "permission denied: it takes pg_signal_backend or membership in {role}, and a superuser for a superuser's session"
        ));
    }
    let Some(idle) = session.idle_for() else {
        return Some(match session.state {
            State::Untracked => "track_activities is off for it, so it may be at work".to_owned(),
            _ => "it is active".to_owned(),
        });
    };
    if i128::from(idle) < target.min_idle {
        return Some(format!("it has been idle for {} only", in_words(idle)));
    }
    sessions.at_work_for(session, waits).map(|other| {
        let pid_at_work = other.pid;
        format!("process {pid_at_work} of the same client is at work; to end it all the same, SELECT pg_terminate_backend({pid});")
    })
}

/// What ends a lock of the session's own.
fn own(lock: &Lock) -> String {
    let function = if lock.mode == "ShareLock" { "pg_advisory_unlock_shared" } else { "pg_advisory_unlock" };
    match lock.key {
        LockKey::Other { .. } => "this session itself".to_owned(),
        key => format!("this session itself; run SELECT {function}({key});"),
    }
}

/// Looks again, since a process id may be another's by now, and ends it.
fn end(target: &Target, lock: &Lock, pid: i32, before: &Sessions) -> Result<Row, Fault> {
    let table = lock_table()?;
    let holds = table.locks.iter().any(|lock| lock.pid == Some(pid) && target.is_held_by(lock));
    let now = look(&[pid])?;
    let start = |sessions: &Sessions| sessions.get(pid).and_then(|session| session.backend_start);
    let reason = match () {
        _ if !holds || start(&now) != start(before) => Some("it has given the lock back by now".to_owned()),
        _ => refusal(target, lock, pid, &now, &table.waits.closure()),
    };
    if let Some(reason) = reason {
        return Ok(row(Outcome::Skipped, pid, now.get(pid), Some(reason)));
    }
    let session = now.get(pid);
    Ok(match subtransaction::attempt(|| backend::terminate(pid, GONE_WITHIN)) {
        Ok(true) => row(Outcome::Terminated, pid, session, None),
        // Also what it says of a process that has ended by itself.
        Ok(false) if look(&[pid])?.get(pid).is_none_or(|left| left.backend_start != start(&now)) => {
            row(Outcome::Terminated, pid, session, None)
        }
        Ok(false) => row(Outcome::Signalled, pid, session, Some("it is not gone yet; its lock may be".to_owned())),
        Err(fault) => row(Outcome::Skipped, pid, session, Some(fault.message)),
    })
}

fn row(outcome: Outcome, pid: i32, session: Option<&Session>, detail: Option<String>) -> Row {
    let idle_for = session.filter(|session| session.may_be_ended && session.state.is_idle());
    Row {
        outcome,
        pid: Some(pid),
        role: session.and_then(|session| session.role.clone()),
        application_name: session.and_then(|session| session.application_name.clone()),
        idle_for: idle_for.and_then(|session| session.state_for),
        detail,
    }
}
