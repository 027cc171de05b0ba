//! Implements advisory_lock_terminate: ends the idle sessions that hold a lock, and no others.

use super::advice::qualified;
use super::key::LockKey;
use super::lock_table::{Lock, LockTable, lock_table};
use super::observation::Observation;
use super::report::{self, View};
use super::session::{Session, State};
use super::verdict::Status;
use super::wording::{activities, activity};
use crate::error::Error;
use crate::pg::message::say;
use crate::pg::{backend, database, memory, names, run_as, subtransaction};
use crate::report::duration::in_words;
use crate::report::quoting::literal;
use pgrx::datum::Interval;
use pgrx::pg_sys::Oid;
use pgrx::{PgLogLevel, PgSqlErrorCode};

/// How long to wait for a session to end, in milliseconds.
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
            Outcome::WouldTerminate => "would_terminate",
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

/// The lock whose holders are to be ended.
struct Target {
    key: LockKey,
    database: Oid,
    /// The database's name if it is not the current one.
    other_database: Option<String>,
    /// Microseconds.
    min_idle: i128,
}

pub fn terminate(lock_key: &str, min_idle: Interval, dry_run: bool) -> Result<Vec<Row>, Error> {
    let target = Target::parse(lock_key, min_idle)?;
    let table = lock_table()?;
    if !table.locks.iter().any(|lock| target.is_held_by(lock)) {
        say(PgLogLevel::NOTICE, no_holder(&target, &table.locks));
        return Ok(Vec::new());
    }
    let holders = Holders::of(table, &target)?;
    let mut rows = prepared_rows(&target, &holders.view.observed);
    for judged in holders.rows.iter().filter(|judged| judged.pid.is_some()) {
        rows.extend(row_of(&target, judged, &holders, dry_run)?);
    }
    Ok(rows)
}

/// The lock's holders, and what was observed about them.
struct Holders {
    view: View,
    rows: Vec<report::Row>,
}

impl Holders {
    /// Observes as a superuser, since a role that may end a session may know since when it is idle.
    /// Statements are shown only to roles that may see them.
    fn of(table: LockTable, target: &Target) -> Result<Holders, Error> {
        let caller = run_as::current();
        let observed = run_as::run_as(run_as::SUPERUSER, || Observation::take(table, caller))?;
        let view = View::of(observed)?;
        let mut rows = view.rows(|lock| target.is_held_by(lock))?;
        rows.sort_unstable_by_key(|row| row.pid);
        Ok(Holders { view, rows })
    }

    fn session(&self, pid: i32) -> Option<&Session> {
        self.view.observed.sessions.get(pid)
    }
}

fn row_of(target: &Target, judged: &report::Row, holders: &Holders, dry_run: bool) -> Result<Option<Row>, Error> {
    let Some(pid) = judged.pid else { return Ok(None) };
    let session = holders.session(pid);
    match refusal(target, judged, holders) {
        Some(reason) => Ok(Some(row(Outcome::Skipped, pid, session, Some(reason)))),
        None if dry_run => Ok(Some(row(Outcome::WouldTerminate, pid, session, status_and_reason(judged)))),
        None => end_session(target, judged, holders),
    }
}

/// Returns what advisory_lock_report says about a holder, if it finds something wrong with it.
fn status_and_reason(judged: &report::Row) -> Option<String> {
    let reason = judged.reason.as_deref()?;
    let is_wrong =
        matches!(judged.status, Status::Orphan | Status::SelfBlocked | Status::PoolerLeak | Status::IdleHolder);
    is_wrong.then(|| format!("{}: {reason}", judged.status.label()))
}

impl Target {
    /// Parses a key, followed by `@database` if the lock is not in the current database.
    fn parse(text: &str, min_idle: Interval) -> Result<Target, Error> {
        memory::refuse_long("lock_key", text)?;
        let (key, name) = text.split_once('@').map_or((text, None), |(key, name)| (key, Some(name)));
        let key = key.parse().map_err(|_| {
            Error::new(
                PgSqlErrorCode::ERRCODE_INVALID_TEXT_REPRESENTATION,
                format!("invalid advisory lock key: \"{text}\""),
            )
            .hint(
                "Give a bigint ('72707369'), two integers ('1004,-55'), or classid:objid:objsubid as in pg_locks \
                 ('0:72707369:1'), each with @database after it if the lock is in another database.",
            )
        })?;
        if min_idle.as_micros() < 0 {
            return Err(Error::new(
                PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE,
                "\"min_idle\" must not be negative",
            )
            .hint("Use '0' to end a session however briefly it has been idle."));
        }
        let current = database::current();
        let database = match name {
            None => current,
            Some(name) => database::find(name)?,
        };
        let other_database = name.filter(|_| database != current).map(str::to_owned);
        Ok(Target { key, database, other_database, min_idle: min_idle.as_micros() })
    }

    fn is_held_by(&self, lock: &Lock) -> bool {
        lock.is_granted && (lock.database, lock.key) == (self.database, self.key)
    }
}

fn no_holder(target: &Target, locks: &[Lock]) -> Error {
    let place = match &target.other_database {
        Some(name) => format!("database {}", names::quote_identifier(name)),
        None => "this database".to_owned(),
    };
    let error = Error::new(
        PgSqlErrorCode::ERRCODE_SUCCESSFUL_COMPLETION,
        format!("no session holds advisory lock {} in {place}", target.key),
    );
    let held = locks.iter().find(|lock| lock.is_granted && lock.key == target.key);
    match held.and_then(|lock| database::name(lock.database)) {
        Some(name) => error
            .detail(format!("It is held in database {}.", names::quote_identifier(&name)))
            .hint(format!("Use {} as the key to refer to it.", literal(&qualified(target.key, Some(&name))))),
        None => error,
    }
}

fn prepared_rows(target: &Target, observed: &Observation) -> Vec<Row> {
    let prepared = observed.table.locks.iter().filter(|lock| lock.is_prepared() && target.is_held_by(lock));
    let rows = prepared.map(|lock| {
        let known = observed.table.prepared(lock, &observed.prepared);
        let detail = match known {
            Some(known) => {
                let gid = literal(&known.gid.text);
                format!("a prepared transaction has no session; run ROLLBACK PREPARED {gid};")
            }
            None => "the prepared transaction has already ended".to_owned(),
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
    rows.collect()
}

/// Returns why a session that holds the lock must not be ended; `None` if it may be.
fn refusal(target: &Target, judged: &report::Row, holders: &Holders) -> Option<String> {
    let pid = judged.pid?;
    if pid == backend::own_pid() {
        return Some(own_session(judged));
    }
    let Some(session) = holders.session(pid) else { return Some("it has already ended".to_owned()) };
    if !session.may_be_ended {
        let role = session
            .role
            .as_deref()
            .map_or("its role".to_owned(), |name| format!("role {}", names::quote_identifier(name)));
        return Some(format!(
            "permission denied: pg_signal_backend or membership in {role} is required, and superuser for a superuser's session"
        ));
    }
    let Some(idle) = session.idle_for() else {
        return Some(match session.state {
            State::Untracked => "track_activities is off for it, so it may be at work".to_owned(),
            _ if session.work.is_at_work() => activity(session),
            _ => "it is active".to_owned(),
        });
    };
    if i128::from(idle) < target.min_idle {
        return Some(format!("it has been idle for only {}", in_words(idle)));
    }
    let anyway = format!("to end it anyway: SELECT pg_terminate_backend({pid});");
    if judged.status == Status::SelfBlocked {
        return Some(format!("{}; {anyway}", status_and_reason(judged).unwrap_or_default()));
    }
    let related = holders.view.observed.related_sessions(session, None);
    let is_free = related.in_the_way.is_empty();
    (!is_free).then(|| format!("{}; {anyway}", activities(&related.in_the_way)))
}

/// Returns the statement that releases a lock of the calling session.
fn own_session(lock: &report::Row) -> String {
    let function = if lock.mode == "ShareLock" { "pg_advisory_unlock_shared" } else { "pg_advisory_unlock" };
    match lock.key {
        LockKey::Other { .. } => "it is the calling session".to_owned(),
        key => format!("it is the calling session; run SELECT {function}({key});"),
    }
}

/// Observes again, since another process may have the process id by now, and ends the session.
fn end_session(target: &Target, before: &report::Row, holders: &Holders) -> Result<Option<Row>, Error> {
    let Some(pid) = before.pid else { return Ok(None) };
    let now = Holders::of(lock_table()?, target)?;
    let start = |holders: &Holders| holders.session(pid).and_then(|session| session.backend_start);
    let held = now.rows.iter().find(|judged| judged.pid == Some(pid) && start(&now) == start(holders));
    let reason = match held {
        None => Some("it has already released the lock".to_owned()),
        Some(judged) => refusal(target, judged, &now),
    };
    let session = now.session(pid);
    if let Some(reason) = reason {
        return Ok(Some(row(Outcome::Skipped, pid, session, Some(reason))));
    }
    let detail = held.and_then(status_and_reason);
    Ok(Some(match subtransaction::attempt(|| backend::terminate(pid, GONE_WITHIN)) {
        Ok(true) => row(Outcome::Terminated, pid, session, detail),
        // It also returns false for a process that ended on its own.
        Ok(false) if has_ended(pid, session)? => row(Outcome::Terminated, pid, session, detail),
        Ok(false) => row(
            Outcome::Signalled,
            pid,
            session,
            Some("it has not ended yet, but may have released the lock".to_owned()),
        ),
        Err(error) => row(Outcome::Skipped, pid, session, Some(error.message)),
    }))
}

fn has_ended(pid: i32, before: Option<&Session>) -> Result<bool, Error> {
    let caller = run_as::current();
    let now = run_as::run_as(run_as::SUPERUSER, || Observation::take(lock_table()?, caller))?;
    let start = |session: Option<&Session>| session.and_then(|session| session.backend_start);
    let left = now.sessions.get(pid);
    Ok(left.is_none() || start(left) != start(before))
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
