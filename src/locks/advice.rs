//! Describes a lock's row: its reason, its remedy and its fix.

use super::key::LockKey;
use super::lock_table::{Lock, Prepared};
use super::observation::RelatedSessions;
use super::session::{Session, State};
use super::tcp_peer::Gone;
use super::verdict::{Leak, Status};
use super::wording::{activities, activity, describe, describe_with_statement, list, series, state_and_age};
use crate::error::Error;
use crate::pg::names;
use crate::report::duration::in_words;
use crate::report::quoting::literal;
use crate::report::session_label::process;
use crate::report::statements::Statements;
use crate::report::wording;

/// Everything that the wording of a row depends on.
pub struct Situation<'a> {
    pub lock: &'a Lock,
    pub status: Status,
    pub session: Option<&'a Session>,
    pub prepared: Option<&'a Prepared>,
    pub gone: Option<Gone>,
    /// The tool that the key belongs to.
    pub tool: Option<&'a str>,
    /// How the tool releases the lock, or how it is configured to do without it.
    pub release: Option<&'a str>,
    /// How the tool is kept from waiting for itself.
    pub self_blocked: Option<&'a str>,
    pub leak: Leak,
    /// Whether the tool holds the lock for as long as it runs.
    pub is_idle_on_purpose: bool,
    /// Whether a migration tool serializes its runs with the lock.
    pub is_migrations: bool,
    /// How many sessions wait for this lock, directly or through others.
    pub waiters: usize,
    /// The sessions that wait for another kind of lock of this session.
    pub waiting_for_other_locks: &'a [&'a Session],
    /// The sessions that have tried to acquire the lock without waiting.
    pub tries: &'a [&'a Session],
    pub related: &'a RelatedSessions<'a>,
    /// The ends of the chain of waits that begins with the session, except those in `waits_for`.
    pub roots: &'a [(i32, Option<&'a Session>)],
    pub is_own: bool,
    /// The lock's database if it is not the current one.
    pub other_database: Option<&'a str>,
    /// Microseconds.
    pub orphan_after: i64,
}

/// What a row says; `reason` and `remedy` are shown together as `detail`.
#[derive(Default)]
pub struct Advice {
    pub reason: Option<String>,
    pub remedy: Option<String>,
    pub fix: Option<String>,
}

impl Advice {
    /// Joins reason and remedy. The remedy is last, since it may end with a statement.
    pub fn detail(&self) -> Option<String> {
        join([self.reason.clone(), self.remedy.clone()])
    }
}

fn join(parts: impl IntoIterator<Item = Option<String>>) -> Option<String> {
    wording::join(parts.into_iter().flatten())
}

/// Makes the words and statements of the rows.
pub struct Advisor {
    pub statements: Statements,
}

impl Advisor {
    pub fn new() -> Result<Advisor, Error> {
        Ok(Advisor { statements: Statements::new()? })
    }

    /// Returns the call that ends the session that holds the lock.
    fn terminate(&self, key: LockKey, other_database: Option<&str>, min_idle: i64) -> String {
        self.statements.terminate(&qualified(key, other_database), min_idle)
    }

    /// Returns the grant that lets the current user see what is hidden.
    pub fn grant(&self) -> String {
        format!("{} shows it", self.statements.grant_stats())
    }

    pub fn advice(&self, at: &Situation<'_>) -> Advice {
        let own = at.is_own.then(|| "it is the calling session".to_owned());
        Advice { reason: join([self.reason(at), own]), remedy: self.remedy(at), fix: self.fix(at) }
    }

    fn fix(&self, at: &Situation<'_>) -> Option<String> {
        let is_free = at.related.in_the_way.is_empty();
        match at.status {
            _ if at.is_own => None,
            Status::Orphan => Some(self.terminate(at.lock.key, at.other_database, at.orphan_after)),
            // A connection of a pooler is reused continually and is never idle for long.
            Status::PoolerLeak if at.leak == Leak::Certain && is_free => {
                Some(self.terminate(at.lock.key, at.other_database, 0))
            }
            // The decision to roll it back is its coordinator's, unless it blocks other sessions.
            Status::Prepared if at.other_database.is_none() => {
                let prepared = at.prepared?;
                let is_old = prepared.age.is_some_and(|age| age >= at.orphan_after);
                (is_old && at.waiters > 0 && prepared.gid.is_exact)
                    .then(|| format!("ROLLBACK PREPARED {};", literal(&prepared.gid.text)))
            }
            _ => None,
        }
    }

    fn reason(&self, at: &Situation<'_>) -> Option<String> {
        let reason = match at.status {
            Status::Orphan => Some(orphan(at)),
            Status::SelfBlocked => Some(self_blocked(at)),
            Status::PoolerLeak => Some(leak(at)),
            Status::Prepared => Some(prepared(at)),
            Status::Blocking => join([self.blocking(at), possible_leak(at)]),
            Status::IdleHolder => join([Some(idle_holder(at)), possible_leak(at)]),
            Status::Waiting => return join([chain(at), at.gone.map(client_is), self.hidden(at)]),
            Status::Held if at.leak == Leak::Possible => Some(leak(at)),
            Status::Held => join([held(at), self.hidden(at)]),
        };
        let otherwise = (!at.waiting_for_other_locks.is_empty() && at.status != Status::SelfBlocked).then(|| {
            format!(
                "waiting for other locks of its session: {}",
                list(at.waiting_for_other_locks, describe_with_statement)
            )
        });
        let reading =
            (at.status == Status::Orphan && !at.related.reading.is_empty()).then(|| activities(&at.related.reading));
        join([reason, otherwise, reading])
    }

    /// Returns what to do if no fix is given, or in addition to it.
    fn remedy(&self, at: &Situation<'_>) -> Option<String> {
        let about = at.tool.zip(at.release).map(about);
        let grant = at.related.in_the_way.iter().any(|session| session.state == State::Hidden).then(|| self.grant());
        let end =
            |min_idle| format!("this ends the session: {}", self.terminate(at.lock.key, at.other_database, min_idle));
        match at.status {
            Status::Orphan => about,
            Status::SelfBlocked => Some(match at.tool.zip(at.self_blocked) {
                Some((tool, setting)) => format!("{tool}: {setting}"),
                None => "cancel that statement and run it outside the migration".to_owned(),
            }),
            Status::PoolerLeak if at.leak == Leak::Certain => join([about, grant]),
            Status::PoolerLeak => join([about, grant, Some(leaked(&end(0)))]),
            Status::IdleHolder if at.leak == Leak::Possible => Some(leaked(&end(0))),
            Status::IdleHolder => Some(format!("once no migration is running, {}", end(at.orphan_after))),
            Status::Blocking | Status::Held if at.leak == Leak::Possible => join([grant, Some(leaked(&end(0)))]),
            _ => grant,
        }
    }

    fn blocking(&self, at: &Situation<'_>) -> Option<String> {
        let Some(session) = at.session else { return Some("the session has already ended".to_owned()) };
        let state = match session.state {
            State::Hidden | State::Untracked => self.hidden(at),
            _ if session.state.is_idle() => state_and_age(session).map(|state| format!("{state}{}", idle_but(at))),
            _ if session.work.is_at_work() => Some(activity(session)),
            _ => state_and_age(session),
        };
        let roots = (!at.roots.is_empty()).then(|| waits_for_roots(at));
        join([state, at.gone.map(client_is), roots])
    }

    /// Returns why the session's activity is hidden, and the grant that shows it.
    fn hidden(&self, at: &Situation<'_>) -> Option<String> {
        match at.session?.state {
            State::Hidden => Some(format!("the session's activity is hidden; {}", self.grant())),
            State::Untracked => Some("track_activities is off for the session, so its activity is unknown".to_owned()),
            _ => None,
        }
    }
}

/// Returns why an idle session is not an orphan; follows `idle for 3 min`.
fn idle_but(at: &Situation<'_>) -> String {
    if !at.related.in_the_way.is_empty() {
        return format!(", but {}", activities(&at.related.in_the_way));
    }
    if at.is_idle_on_purpose {
        return format!(", as expected: {} holds this lock for as long as it runs", at.tool.unwrap_or("a tool"));
    }
    match at.leak {
        Leak::No => {
            let after = in_words(at.orphan_after);
            format!("; it counts as an orphan once it has been idle for {after} (pg_flightcheck.orphan_after)")
        }
        // A connection of a pooler serves one client after the other and is never idle for long.
        _ => String::new(),
    }
}

fn held(at: &Situation<'_>) -> Option<String> {
    let session = at.session?;
    let roots = (!at.roots.is_empty()).then(|| waits_for_roots(at));
    let others = &at.related.in_the_way;
    let at_work = match session.work.is_at_work() && !session.state.is_idle() {
        true => at.is_migrations.then(|| activity(session)),
        false if others.is_empty() => None,
        false => Some(format!("{}, but {}", state_and_age(session).unwrap_or_default(), activities(others))),
    };
    join([roots, at.gone.map(client_is), at_work])
}

fn idle_holder(at: &Situation<'_>) -> String {
    let idle = at.session.and_then(state_and_age).unwrap_or_default();
    match at.tries {
        [] => format!("{idle}; no session waits, but most tools only try to acquire the lock, or soon give up"),
        tries => format!("{idle}; no session waits, but the lock was tried by {}", list(tries, describe)),
    }
}

fn self_blocked(at: &Situation<'_>) -> String {
    let idle = at.session.map(describe).unwrap_or_default();
    let other = at.related.stuck.map(activity).unwrap_or_default();
    format!("{idle} waits for its program's other session, which waits for it in turn: {other}")
}

/// Returns what the session's last statement says about a leak through a connection pooler.
fn leak(at: &Situation<'_>) -> String {
    let tool = at.tool.unwrap_or("a migration tool");
    let text = match at.leak {
        Leak::Certain => format!(
            "the key is {tool}'s, but the session's last statement is another client's: a pooler in transaction mode has \
             passed on the connection and, with it, the lock; migrate through a direct connection"
        ),
        _ => format!("the session's last statement is probably not {tool}'s"),
    };
    match at.related.in_the_way.as_slice() {
        [] => text,
        // `blocking` has already named them.
        _ if at.status == Status::Blocking => text,
        others => format!("{text}; no fix as long as {}", activities(others)),
    }
}

fn possible_leak(at: &Situation<'_>) -> Option<String> {
    (at.leak == Leak::Possible).then(|| leak(at))
}

fn leaked(end: &str) -> String {
    format!("if no migration is running and a pooler owns the connection, the lock has leaked, and {end}")
}

/// Returns the key as advisory_lock_terminate takes it: with the database's name if it is not the
/// current one.
pub fn qualified(key: LockKey, other_database: Option<&str>) -> String {
    match other_database {
        Some(database) => format!("{key}@{database}"),
        None => key.to_string(),
    }
}

fn orphan(at: &Situation<'_>) -> String {
    let mut text = at.session.and_then(state_and_age).unwrap_or_default();
    if at.waiters > 0 {
        text = format!("{text} while {}", waiting(at.waiters));
    }
    match (at.gone, at.tool) {
        (Some(gone), _) => format!("{text}; {}", client_is(gone)),
        (None, Some(_)) => text,
        (None, None) => {
            format!("{text}; not a known tool's key: make sure that the session is not idle on purpose, as a leader is")
        }
    }
}

fn prepared(at: &Situation<'_>) -> String {
    let Some(prepared) = at.prepared else { return "the transaction has already ended".to_owned() };
    let gid = literal(&prepared.gid.text);
    let place =
        at.other_database.map(|name| format!(" in database {}", names::quote_identifier(name))).unwrap_or_default();
    format!(
        "prepared {} ago as {gid}; it ends with COMMIT PREPARED or ROLLBACK PREPARED{place}",
        in_words(prepared.age.unwrap_or(0))
    )
}

fn chain(at: &Situation<'_>) -> Option<String> {
    (!at.roots.is_empty()).then(|| format!("the chain of waits ends at {}", ends(at.roots)))
}

fn waits_for_roots(at: &Situation<'_>) -> String {
    format!("it waits for {}", ends(at.roots))
}

fn ends(roots: &[(i32, Option<&Session>)]) -> String {
    let names: Vec<String> = roots
        .iter()
        .map(|root| match root {
            (_, Some(session)) => describe_with_statement(session),
            (pid, None) => process(*pid),
        })
        .collect();
    series(&names)
}

/// Returns what the tool's documentation says.
fn about((tool, release): (&str, &str)) -> String {
    format!("{tool}: {release}")
}

pub fn client_is(gone: Gone) -> String {
    match gone {
        Gone::Closed => "its client has closed the connection".to_owned(),
        Gone::Silent(probes) => format!("its client has left {probes} keepalive probes unanswered"),
    }
}

/// Returns `2 sessions wait`.
pub fn waiting(count: usize) -> String {
    if count == 1 { "1 session waits".to_owned() } else { format!("{count} sessions wait") }
}
