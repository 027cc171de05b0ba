//! What a lock's row says in words and in SQL: why, what there is to do, and the fix.

use super::key::LockKey;
use super::lock_table::{Lock, Prepared};
use super::observation::RelatedSessions;
use super::session::{Session, State};
use super::tcp_peer::Gone;
use super::verdict::{Leak, Status};
use super::wording::{activities, activity, describe, describe_with_statement, list, state_and_age};
use crate::error::Error;
use crate::pg::names;
use crate::report::duration::in_words;
use crate::report::quoting::literal;
use crate::report::session_label::process;
use crate::report::statements::Statements;

/// Everything that a row's words depend on.
pub struct Situation<'a> {
    pub lock: &'a Lock,
    pub status: Status,
    pub session: Option<&'a Session>,
    pub prepared: Option<&'a Prepared>,
    pub gone: Option<Gone>,
    /// The tool whose key it is.
    pub tool: Option<&'a str>,
    /// How it lets go of the lock, or is told to do without.
    pub release: Option<&'a str>,
    /// How it is kept from waiting for itself.
    pub self_blocked: Option<&'a str>,
    pub leak: Leak,
    /// The tool holds the lock for as long as it runs.
    pub is_idle_on_purpose: bool,
    /// It keeps a migration tool's other runs out.
    pub is_migrations: bool,
    /// How many sessions wait for this one by the lock, directly or through others.
    pub waiters: usize,
    /// The sessions that wait for this one by another kind of lock.
    pub waiting_for_other_locks: &'a [&'a Session],
    /// The sessions that have only tried to get the lock.
    pub tries: &'a [&'a Session],
    pub related: &'a RelatedSessions<'a>,
    /// Whom the session waits for, as far as that is not in `waits_for`: the ends of the chain.
    pub roots: &'a [(i32, Option<&'a Session>)],
    pub is_own: bool,
    /// The lock's database, if it is another than this.
    pub other_database: Option<&'a str>,
    /// Microseconds.
    pub orphan_after: i64,
}

/// What a row says: `reason` and `remedy` are shown as one `detail`.
#[derive(Default)]
pub struct Advice {
    pub reason: Option<String>,
    pub remedy: Option<String>,
    pub fix: Option<String>,
}

impl Advice {
    /// Both in one; the remedy is last, since it may end with a statement.
    pub fn detail(&self) -> Option<String> {
        join([self.reason.clone(), self.remedy.clone()])
    }
}

fn join(parts: impl IntoIterator<Item = Option<String>>) -> Option<String> {
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Words and statements for locks' rows.
pub struct Advisor {
    pub statements: Statements,
}

impl Advisor {
    pub fn new() -> Result<Advisor, Error> {
        Ok(Advisor { statements: Statements::new()? })
    }

    /// The call that ends the session that holds the lock.
    fn terminate(&self, key: LockKey, other_database: Option<&str>, min_idle: i64) -> String {
        self.statements.terminate(&qualified(key, other_database), min_idle)
    }

    /// The grant that shows the current user what is hidden.
    pub fn grant(&self) -> String {
        format!("{} shows it", self.statements.grant_stats())
    }

    pub fn advice(&self, at: &Situation<'_>) -> Advice {
        let own = at.is_own.then(|| "this session itself".to_owned());
        Advice { reason: join([self.reason(at), own]), remedy: self.remedy(at), fix: self.fix(at) }
    }

    fn fix(&self, at: &Situation<'_>) -> Option<String> {
        let is_free = at.related.in_the_way.is_empty();
        match at.status {
            _ if at.is_own => None,
            Status::Orphan => Some(self.terminate(at.lock.key, at.other_database, at.orphan_after)),
            // A pooler's connection is in use again and again: it is never idle for long.
            Status::PoolerLeak if at.leak == Leak::Certain && is_free => {
                Some(self.terminate(at.lock.key, at.other_database, 0))
            }
            // Whether to roll it back is for whoever coordinates it, unless that holds others up.
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
            format!("waiting for it by other locks: {}", list(at.waiting_for_other_locks, describe_with_statement))
        });
        let reading =
            (at.status == Status::Orphan && !at.related.reading.is_empty()).then(|| activities(&at.related.reading));
        join([reason, otherwise, reading])
    }

    /// What there is to do, where no fix is given or where it is not the whole story.
    fn remedy(&self, at: &Situation<'_>) -> Option<String> {
        let about = at.tool.zip(at.release).map(about);
        let grant = at.related.in_the_way.iter().any(|session| session.state == State::Hidden).then(|| self.grant());
        let end = |min_idle| format!("this ends it: {}", self.terminate(at.lock.key, at.other_database, min_idle));
        match at.status {
            Status::Orphan => about,
            Status::SelfBlocked => Some(match at.tool.zip(at.self_blocked) {
                Some((tool, setting)) => format!("{tool}: {setting}"),
                None => "cancel that statement and run it outside the migration".to_owned(),
            }),
            Status::PoolerLeak if at.leak == Leak::Certain => join([about, grant]),
            Status::PoolerLeak => join([about, grant, Some(leaked(&end(0)))]),
            Status::IdleHolder if at.leak == Leak::Possible => Some(leaked(&end(0))),
            Status::IdleHolder => Some(format!("once no migration runs, {}", end(at.orphan_after))),
            Status::Blocking | Status::Held if at.leak == Leak::Possible => join([grant, Some(leaked(&end(0)))]),
            _ => grant,
        }
    }

    fn blocking(&self, at: &Situation<'_>) -> Option<String> {
        let Some(session) = at.session else { return Some("the session has ended by now".to_owned()) };
        let state = match session.state {
            State::Hidden | State::Untracked => self.hidden(at),
            _ if session.state.is_idle() => state_and_age(session).map(|state| format!("{state}{}", idle_but(at))),
            _ if session.work.is_at_work() => Some(activity(session)),
            _ => state_and_age(session),
        };
        let roots = (!at.roots.is_empty()).then(|| itself_waits(at));
        join([state, at.gone.map(client_is), roots])
    }

    /// What would show what is hidden.
    fn hidden(&self, at: &Situation<'_>) -> Option<String> {
        match at.session?.state {
            State::Hidden => Some(format!("what the session does is hidden; {}", self.grant())),
            State::Untracked => {
                Some("track_activities is off for the session, so what it does is not known".to_owned())
            }
            _ => None,
        }
    }
}

/// Says why an idle session is not an orphan; follows `idle for 3 min`.
fn idle_but(at: &Situation<'_>) -> String {
    if !at.related.in_the_way.is_empty() {
        return format!(", but {}", activities(&at.related.in_the_way));
    }
    if at.is_idle_on_purpose {
        return format!(", as {} is that holds this lock for as long as it runs", at.tool.unwrap_or("a tool"));
    }
    match at.leak {
        Leak::No => {
            let after = in_words(at.orphan_after);
            format!("; it counts as an orphan once it has been idle for {after} (pg_flightcheck.orphan_after)")
        }
        // It serves one client after the other, and is never idle for long.
        _ => String::new(),
    }
}

fn held(at: &Situation<'_>) -> Option<String> {
    let session = at.session?;
    let roots = (!at.roots.is_empty()).then(|| itself_waits(at));
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
        [] => format!("{idle}; no session waits, but most tools only try to get the lock, or give up soon"),
        tries => format!("{idle}; no session waits, but this lock has been tried by {}", list(tries, describe)),
    }
}

fn self_blocked(at: &Situation<'_>) -> String {
    let idle = at.session.map(describe).unwrap_or_default();
    let other = at.related.stuck.map(activity).unwrap_or_default();
    format!("{idle} waits for its program's other session, which waits for it in turn: {other}")
}

/// What the last statement says of a pooler's connection.
fn leak(at: &Situation<'_>) -> String {
    let tool = at.tool.unwrap_or("a migration tool");
    let text = match at.leak {
        Leak::Certain => format!(
            "the key is {tool}'s, but the session's last statement is another client's: a pooler in transaction mode has \
             handed the connection on, and the lock with it; migrate through a direct connection"
        ),
        _ => format!("the session's last statement is hardly {tool}'s"),
    };
    match at.related.in_the_way.as_slice() {
        [] => text,
        // They have been named already.
        _ if at.status == Status::Blocking => text,
        others => format!("{text}; no fix as long as {}", activities(others)),
    }
}

fn possible_leak(at: &Situation<'_>) -> Option<String> {
    (at.leak == Leak::Possible).then(|| leak(at))
}

fn leaked(end: &str) -> String {
    format!("if no migration runs and this is a pooler's connection, the lock has leaked, and {end}")
}

/// The key as advisory_lock_terminate takes it: with the database's name if that is another.
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
        (None, None) => format!("{text}; no known tool's: make sure that it is not idle on purpose, as a leader is"),
    }
}

fn prepared(at: &Situation<'_>) -> String {
    let Some(prepared) = at.prepared else { return "the transaction has ended by now".to_owned() };
    let gid = literal(&prepared.gid.text);
    let place =
        at.other_database.map(|name| format!(" in database {}", names::quote_identifier(name))).unwrap_or_default();
    format!(
        "prepared {} ago as {gid}; it ends with COMMIT PREPARED or ROLLBACK PREPARED{place}",
        in_words(prepared.age.unwrap_or(0))
    )
}

fn chain(at: &Situation<'_>) -> Option<String> {
    (!at.roots.is_empty()).then(|| format!("the chain ends at {}", ends(at.roots)))
}

fn itself_waits(at: &Situation<'_>) -> String {
    format!("itself waits for {}", ends(at.roots))
}

fn ends(roots: &[(i32, Option<&Session>)]) -> String {
    let names: Vec<String> = roots
        .iter()
        .map(|root| match root {
            (_, Some(session)) => describe_with_statement(session),
            (pid, None) => process(*pid),
        })
        .collect();
    names.join(", ")
}

/// What the tool's documentation says.
fn about((tool, release): (&str, &str)) -> String {
    format!("{tool}: {release}")
}

pub fn client_is(gone: Gone) -> String {
    match gone {
        Gone::Closed => "its client has closed the connection".to_owned(),
        Gone::Silent(probes) => format!("its client has left {probes} keepalive probes unanswered"),
    }
}

/// `2 sessions wait`
pub fn waiting(count: usize) -> String {
    if count == 1 { "1 session waits".to_owned() } else { format!("{count} sessions wait") }
}
