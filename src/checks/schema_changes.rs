//! Finds schema changes that wait for a table's lock behind an open transaction: later sessions
//! wait behind them, readers included.
//!
//! Locks: AccessShareLock on catalogs, released at once, and the lock manager's partitions for a
//! moment. Waits for no session.

use super::finding::{Finding, Severity};
use super::target::Target;
use crate::error::Error;
use crate::pg::names;
use crate::pg::schemas;
use crate::report::duration;
use crate::report::statement_text::shorten;
use crate::report::table_locks::{self, Request, Session};
use crate::report::wording;
use crate::settings;
use pgrx::pg_sys::{self, Oid};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Microseconds. A shorter wait is not reported.
const BRIEF: i64 = 1_000_000;

pub fn check(target: &Target<'_>) -> Result<Vec<Finding>, Error> {
    let mut requests = table_locks::requests()?;
    requests.retain(|request| !request.is_granted && is_in_scope(target, request.table));
    if requests.is_empty() {
        return Ok(Vec::new());
    }
    let waits = Waits(table_locks::waiting_sessions()?);
    let mut found = Vec::new();
    let mut tables = HashSet::new();
    // Only the first request in a table's queue is reported; the others wait behind it.
    for request in requests.into_iter().filter(|request| tables.insert(request.table)) {
        if request.waits_for.is_some_and(|time| time >= BRIEF) {
            found.extend(finding(&request, &waits)?);
        }
    }
    Ok(found)
}

fn is_in_scope(target: &Target<'_>, table: Oid) -> bool {
    match target.schema_oid() {
        Some(schema) => names::relation_schema(table) == Some(schema),
        None => names::relation_schema(table).is_some_and(|schema| !schemas::is_other_temp(schema)),
    }
}

/// The sessions that each waiting session waits for.
struct Waits(HashMap<i32, Vec<i32>>);

impl Waits {
    /// Returns the sessions at the ends of the chains of waits that begin at `pids`: those that do
    /// not wait for another session. A chain in a deadlock has no end.
    fn ends(&self, pids: &[i32]) -> BTreeSet<i32> {
        self.reach(pids).into_iter().filter(|pid| self.0.get(pid).is_none_or(Vec::is_empty)).collect()
    }

    /// Returns how many other sessions wait for `pid`, directly or through others.
    fn behind(&self, pid: i32) -> usize {
        self.0.keys().filter(|other| **other != pid && self.reach(&[**other]).contains(&pid)).count()
    }

    fn reach(&self, pids: &[i32]) -> BTreeSet<i32> {
        let mut seen: BTreeSet<i32> = pids.iter().copied().collect();
        let mut open = pids.to_vec();
        while let Some(pid) = open.pop() {
            let next = self.0.get(&pid).map(Vec::as_slice).unwrap_or_default();
            open.extend(next.iter().filter(|pid| seen.insert(**pid)));
        }
        seen
    }
}

/// Returns the finding, or `None` if the wait is over by now.
fn finding(request: &Request, waits: &Waits) -> Result<Option<Finding>, Error> {
    let ends = waits.ends(&request.blockers);
    let behind = waits.behind(request.pid);
    let pids: Vec<i32> = ends.iter().copied().chain([request.pid]).collect();
    let sessions = table_locks::sessions(&pids)?;
    let (Some(waiter), Some(name)) = (sessions.get(&request.pid), names::relation_name(request.table)) else {
        return Ok(None);
    };
    let waited = request.waits_for.map(duration::in_words).unwrap_or_default();
    let mut details =
        vec![format!("{} has waited {waited} for {}{}", waiter.label(), request.mode, statement(waiter, " to run: "))];
    for pid in &ends {
        let who = table_locks::label(*pid, request.table, &sessions);
        let session = sessions.get(pid);
        details.push(format!("{who} blocks it{}", session.map(blocking_transaction).unwrap_or_default()));
    }
    if behind > 0 {
        details.push(format!("{behind} {} behind it", if behind == 1 { "session waits" } else { "sessions wait" }));
    }
    let may_end = |pid: &i32| sessions.get(pid).is_some_and(only_reads);
    let fix = (!ends.is_empty() && ends.iter().all(may_end)).then(|| terminate(&ends, &sessions)).flatten();
    Ok(Some(Finding {
        severity: if behind > 0 { Severity::Error } else { Severity::Warning },
        check_name: "schema_change_blocked",
        object: format!("{} {}", kind(request.table), name.quoted()),
        detail: wording::join(details).unwrap_or_default(),
        fix,
    }))
}

fn kind(relation: Oid) -> &'static str {
    match names::relation_kind(relation) {
        Some(pg_sys::RELKIND_INDEX | pg_sys::RELKIND_PARTITIONED_INDEX) => "index",
        Some(pg_sys::RELKIND_SEQUENCE) => "sequence",
        Some(pg_sys::RELKIND_VIEW) => "view",
        Some(pg_sys::RELKIND_MATVIEW) => "materialized view",
        _ => "table",
    }
}

/// Whether the session is idle in a transaction for as long as an orphan, and its transaction only
/// reads: it has neither changes to undo nor writers' locks to release.
fn only_reads(session: &Session) -> bool {
    session.state.as_deref() == Some("idle in transaction")
        && session.state_age.is_some_and(|age| age >= settings::orphan_after())
        && !session.holds_more
}

/// Returns the statement that ends these sessions. It compares their start time, because another
/// session may have the pid by then, and skips a session that is no longer in the same state.
fn terminate(pids: &BTreeSet<i32>, sessions: &HashMap<i32, Session>) -> Option<String> {
    let these = pids.iter().map(|pid| {
        let start = sessions.get(pid)?.backend_start.as_deref()?;
        Some(format!("(pid = {pid} AND backend_start = '{start}')"))
    });
    let these = these.collect::<Option<Vec<String>>>()?.join(" OR ");
    let still = "state = 'idle in transaction' AND backend_xid IS NULL";
    Some(format!(
        "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE {still} AND ({these});"
    ))
}

/// Returns what follows `blocks it`: how long the session's transaction has been open, and its last
/// statement, as far as they are not hidden.
fn blocking_transaction(session: &Session) -> String {
    match session.transaction_age.map(duration::in_words) {
        Some(age) => {
            format!(": its transaction has been open for {age}{}", statement(session, " and last ran: "))
        }
        None => statement(session, " and last ran: "),
    }
}

/// Returns the beginning of a session's statement after `lead`, if the statement is not hidden.
fn statement(session: &Session, lead: &str) -> String {
    let query = session.query.as_deref().filter(|_| session.state.is_some());
    match query.map(shorten).filter(|statement| !statement.is_empty()) {
        Some(statement) => format!("{lead}{statement}"),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(edges: &[(i32, &[i32])]) -> Waits {
        Waits(edges.iter().map(|(pid, blockers)| (*pid, blockers.to_vec())).collect())
    }

    #[test]
    fn chains_end_where_no_session_waits() {
        let waits = waits(&[(2, &[1]), (3, &[2]), (4, &[3, 9]), (9, &[0])]);
        assert_eq!(waits.ends(&[3]).into_iter().collect::<Vec<_>>(), [1]);
        assert_eq!(waits.ends(&[3, 9]).into_iter().collect::<Vec<_>>(), [0, 1]);
        assert_eq!((waits.behind(1), waits.behind(2), waits.behind(4)), (3, 2, 0));
    }

    #[test]
    fn blocking_transaction_is_described_as_far_as_it_is_not_hidden() {
        let session = |transaction_age: Option<i64>, query: Option<&str>| Session {
            pid: 1,
            role: None,
            application: None,
            state: query.map(|_| "idle in transaction".to_owned()),
            query: query.map(str::to_owned),
            backend_type: None,
            state_age: None,
            transaction_age,
            holds_more: false,
            backend_start: None,
        };
        let cases = [
            (None, None, ""),
            (Some(3_000_000), None, ": its transaction has been open for 3 s"),
            (None, Some("SELECT 1;"), " and last ran: SELECT 1"),
            (Some(3_000_000), Some("SELECT 1;"), ": its transaction has been open for 3 s and last ran: SELECT 1"),
        ];
        for (age, query, words) in cases {
            assert_eq!(blocking_transaction(&session(age, query)), words);
        }
    }

    #[test]
    fn chain_in_a_deadlock_has_no_end() {
        let waits = waits(&[(1, &[2]), (2, &[1]), (3, &[1])]);
        assert!(waits.ends(&[1]).is_empty());
        assert_eq!(waits.behind(1), 2);
    }
}
