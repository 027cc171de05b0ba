//! What a lock's row says in words and in SQL: detail and fix.

use super::client::Gone;
use super::duration::in_words;
use super::key::LockKey;
use super::session::{Session, State};
use super::snapshot::{Lock, Prepared};
use super::verdict::{Leak, Verdict};
use crate::fault::Fault;
use crate::pg::{access, extension, names};

/// Everything that a row's words depend on.
pub struct Situation<'a> {
    pub lock: &'a Lock,
    pub verdict: Verdict,
    pub session: Option<&'a Session>,
    pub prepared: Option<&'a Prepared>,
    pub gone: Option<Gone>,
    /// The tool whose key it is.
    pub tool: Option<&'a str>,
    /// How it lets go of the lock, or is told to do without.
    pub release: Option<&'a str>,
    pub leak: Leak,
    /// The tool holds the lock for as long as it runs.
    pub is_idle_on_purpose: bool,
    /// Sessions that wait for this one, directly or through others.
    pub waiters: usize,
    /// A session of the same client that seems to do the holder's work.
    pub at_work: Option<&'a Session>,
    /// Whom the session waits for, as far as that is not in `waits_for`: the ends of the chain.
    pub roots: &'a [(i32, Option<&'a Session>)],
    pub is_own: bool,
    /// The lock's database, if it is another than this.
    pub elsewhere: Option<&'a str>,
    /// Microseconds.
    pub orphan_after: i64,
}

/// Statements that name the extension's functions or the current user.
pub struct Statements {
    schema: String,
    user: String,
}

impl Statements {
    pub fn new() -> Result<Statements, Fault> {
        Ok(Statements { schema: extension::quoted_schema()?, user: names::quote_identifier(&access::current_user()) })
    }

    /// The call that ends who holds the lock.
    fn terminate(&self, key: LockKey, elsewhere: Option<&str>, min_idle: i64) -> String {
        let key = names::quote_literal(&qualified(key, elsewhere));
        let min_idle = names::quote_literal(&format!("{} s", min_idle / 1_000_000));
        format!(
            "SELECT * FROM {}.advisory_lock_terminate({key}, min_idle => {min_idle}, dry_run => false);",
            self.schema
        )
    }

    pub fn fix(&self, at: &Situation<'_>) -> Option<String> {
        match at.verdict {
            _ if at.is_own => None,
            Verdict::Orphan => Some(self.terminate(at.lock.key, at.elsewhere, at.orphan_after)),
            // A pooler's connection is in use again and again: it is never idle for long.
            Verdict::PoolerLeak if at.leak == Leak::Certain => Some(self.terminate(at.lock.key, at.elsewhere, 0)),
            // Whether to roll it back is for whoever coordinates it, unless that holds others up.
            Verdict::Prepared if at.elsewhere.is_none() => {
                let prepared = at.prepared?;
                let is_old = prepared.age.is_some_and(|age| age >= at.orphan_after);
                (is_old && at.waiters > 0 && prepared.gid.is_exact)
                    .then(|| format!("ROLLBACK PREPARED {};", names::quote_literal(&prepared.gid.text)))
            }
            _ => None,
        }
    }

    pub fn detail(&self, at: &Situation<'_>) -> Option<String> {
        let (verdict, about) = (self.verdicts(at), at.tool.zip(at.release).map(about));
        let mut parts = match at.verdict {
            // Ends with a statement, and so with a semicolon.
            Verdict::PoolerLeak => vec![about, verdict],
            Verdict::Orphan => vec![verdict, about],
            Verdict::Waiting => vec![verdict, at.gone.map(client_is), self.hidden(at)],
            _ => vec![verdict],
        };
        parts.push(at.is_own.then(|| "this session itself".to_owned()));
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    fn verdicts(&self, at: &Situation<'_>) -> Option<String> {
        match at.verdict {
            Verdict::Orphan => Some(orphan(at)),
            Verdict::PoolerLeak => Some(self.leak(at)),
            Verdict::Prepared => Some(prepared(at)),
            Verdict::Blocking if at.leak == Leak::Possible => Some(format!("{}; {}", self.blocking(at), self.leak(at))),
            Verdict::Blocking => Some(self.blocking(at)),
            Verdict::Waiting => waiting(at),
            Verdict::Held if at.leak == Leak::Possible => Some(self.leak(at)),
            Verdict::Held if !at.roots.is_empty() => Some(format!("itself waits for {}", ends(at.roots))),
            Verdict::Held => at.gone.map(client_is).or_else(|| self.hidden(at)),
        }
    }

    fn leak(&self, at: &Situation<'_>) -> String {
        let tool = at.tool.unwrap_or("a migration tool");
        let end = self.terminate(at.lock.key, at.elsewhere, 0);
        match at.leak {
            Leak::Certain => format!(
                "the key is {tool}'s, but the session's last statement is another client's: a pooler in transaction mode has \
                 handed the connection on, and the lock with it; migrate through a direct connection"
            ),
            _ => format!(
                "the session's last statement is hardly {tool}'s: if no migration runs and this is a pooler's connection, the lock \
                 has leaked, and this ends it: {end}"
            ),
        }
    }

    fn blocking(&self, at: &Situation<'_>) -> String {
        let mut text = match at.session {
            Some(session) if session.state.is_idle() => match at.at_work {
                Some(other) => format!(
                    "{}, but process {} of the same client is at work: {}",
                    doing(session),
                    other.pid,
                    beginning(other.query.as_deref().unwrap_or_default())
                ),
                None if at.is_idle_on_purpose => {
                    format!(
                        "{}, as {} is that holds this lock for as long as it runs",
                        doing(session),
                        at.tool.unwrap_or("a tool")
                    )
                }
                None => format!(
                    "{}; it counts as an orphan after {} (pg_flightcheck.orphan_after)",
                    doing(session),
                    in_words(at.orphan_after)
                ),
            },
            Some(session) if session.state == State::Hidden => {
                self.hidden(at).unwrap_or_else(|| "what the session does is hidden".to_owned())
            }
            Some(session) => doing(session),
            None => "the session has ended by now".to_owned(),
        };
        if let Some(gone) = at.gone {
            text = format!("{text}; {}", client_is(gone));
        }
        if !at.roots.is_empty() {
            text = format!("{text}; itself waits for {}", ends(at.roots));
        }
        text
    }

    /// What would show what is hidden.
    fn hidden(&self, at: &Situation<'_>) -> Option<String> {
        match at.session?.state {
            State::Hidden => {
                Some(format!("what the session does is hidden; GRANT pg_read_all_stats TO {}; shows it", self.user))
            }
            State::Untracked => {
                Some("track_activities is off for the session, so what it does is not known".to_owned())
            }
            _ => None,
        }
    }
}

/// The key as advisory_lock_terminate takes it: with the database's name if that is another.
pub fn qualified(key: LockKey, elsewhere: Option<&str>) -> String {
    match elsewhere {
        Some(database) => format!("{key}@{database}"),
        None => key.to_string(),
    }
}

fn orphan(at: &Situation<'_>) -> String {
    let mut text = at.session.map(doing).unwrap_or_default();
    if at.waiters > 0 {
        text = format!("{text} while {} wait{}", sessions(at.waiters), if at.waiters == 1 { "s" } else { "" });
    }
    match (at.gone, at.tool) {
        (Some(gone), _) => format!("{text}; {}", client_is(gone)),
        (None, Some(_)) => text,
        (None, None) => format!("{text}; no known tool's: make sure that it is not idle on purpose, as a leader is"),
    }
}

fn prepared(at: &Situation<'_>) -> String {
    let Some(prepared) = at.prepared else { return "the transaction has ended by now".to_owned() };
    let gid = names::quote_literal(&prepared.gid.text);
    let place = at.elsewhere.map(|name| format!(" in database {}", names::quote_identifier(name))).unwrap_or_default();
    format!(
        "prepared {} ago as {gid}; it ends with COMMIT PREPARED or ROLLBACK PREPARED{place}",
        in_words(prepared.age.unwrap_or(0))
    )
}

fn waiting(at: &Situation<'_>) -> Option<String> {
    (!at.roots.is_empty()).then(|| format!("the chain ends at {}", ends(at.roots)))
}

fn ends(roots: &[(i32, Option<&Session>)]) -> String {
    let names: Vec<String> = roots
        .iter()
        .map(|(pid, session)| match (pid, session) {
            (0, _) => "a prepared transaction".to_owned(),
            (pid, Some(session)) if session.state != State::Hidden => format!("process {pid} ({})", doing(session)),
            (pid, _) => format!("process {pid}"),
        })
        .collect();
    names.join(", ")
}

/// What the tool's documentation says.
fn about((tool, release): (&str, &str)) -> String {
    format!("{tool}: {release}")
}

/// `idle in transaction for 3 min`
fn doing(session: &Session) -> String {
    let state = session.state_text.as_deref().unwrap_or("in a state that is hidden");
    match session.state_age {
        Some(age) => format!("{state} for {}", in_words(age)),
        None => state.to_owned(),
    }
}

fn client_is(gone: Gone) -> String {
    match gone {
        Gone::Closed => "its client has closed the connection".to_owned(),
        Gone::Silent(probes) => format!("its client has left {probes} keepalive probes unanswered"),
    }
}

fn sessions(count: usize) -> String {
    if count == 1 { "1 session".to_owned() } else { format!("{count} sessions") }
}

/// A statement's first line, not too long.
fn beginning(query: &str) -> String {
    let line = query.trim_start().lines().next().unwrap_or_default();
    match line.char_indices().nth(60) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line.to_owned(),
    }
}
