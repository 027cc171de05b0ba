//! Limits how long a call waits for locks on tables in total.
//!
//! A report that reads one table after another would wait behind a schema change that itself waits
//! for an open transaction, for as long as that transaction is open, and again at each table.
//! Within a budget a call waits for five seconds in total, or for lock_timeout, and skips what it
//! could not lock. It cannot measure how long a query waits for the locks that it takes itself;
//! such a wait counts only if it ends in a timeout.

use crate::error::Error;
use crate::pg::names;
use crate::pg::settings::{has_lock_timeout, with_lock_timeout_of};
use crate::pg::subtransaction;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, Oid};
use std::cell::Cell;
use std::time::{Duration, Instant};

/// The limit if the session has no lock_timeout.
const USUAL: Duration = Duration::from_secs(5);
/// The shortest possible timeout.
const LEAST: Duration = Duration::from_millis(1);

/// Describes what blocks a table's lock, for a message's detail.
pub type Describe = fn(Oid) -> Option<String>;

#[derive(Clone, Copy)]
struct Budget {
    left: Duration,
    describe: Describe,
}

thread_local! {
    static BUDGET: Cell<Option<Budget>> = const { Cell::new(None) };
}

/// Runs `work` within a budget, unless it already runs within one. `describe` is called for a table
/// that could not be locked.
pub fn within<T>(describe: Describe, work: impl FnOnce() -> T) -> T {
    struct Ended;
    impl Drop for Ended {
        fn drop(&mut self) {
            BUDGET.set(None);
        }
    }
    if BUDGET.get().is_some() {
        return work();
    }
    BUDGET.set(Some(Budget { left: limit(), describe }));
    let _ended = Ended;
    work()
}

/// Returns how long to wait for the next lock.
fn limit() -> Duration {
    // SAFETY: a plain read of a setting.
    let timeout = unsafe { pg_sys::LockTimeout };
    let usual = u64::try_from(timeout).ok().filter(|timeout| *timeout > 0).map_or(USUAL, Duration::from_millis);
    BUDGET.get().map_or(usual, |budget| budget.left.max(LEAST))
}

/// Runs `work` so that it waits for a lock for as long as the call's budget allows. Without a
/// budget it waits for lock_timeout, or for at most five seconds if the session has none.
pub fn with_lock_timeout<T>(work: impl FnOnce() -> T) -> T {
    if has_lock_timeout() && !is_set() { work() } else { with_lock_timeout_of(limit(), work) }
}

pub(in crate::pg) fn is_set() -> bool {
    BUDGET.get().is_some()
}

/// Records a failure. A lock timeout has used up what was left of the budget.
pub fn note(error: &Error) {
    if error.sqlstate == PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE {
        spend(Duration::MAX);
    }
}

/// Waits for a lock on the relation for as long as the budget allows. The transaction then holds
/// the lock once more than before. 55P03 if the budget is used up.
pub(in crate::pg) fn wait(relation: Oid, mode: pg_sys::LOCKMODE) -> Result<(), Error> {
    let Some(budget) = BUDGET.get() else { return Ok(()) };
    if budget.left.is_zero() {
        return Err(refused(relation, budget));
    }
    let started = Instant::now();
    let outcome = subtransaction::attempt(|| {
        // SAFETY: takes any OID.
        with_lock_timeout_of(budget.left, || unsafe { pg_sys::LockRelationOid(relation, mode) });
        Ok(())
    });
    spend(started.elapsed());
    outcome.map_err(|error| match error.sqlstate {
        PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE => {
            note(&error);
            refused(relation, budget)
        }
        _ => error,
    })
}

fn spend(time: Duration) {
    BUDGET.set(BUDGET.get().map(|budget| Budget { left: budget.left.saturating_sub(time), ..budget }));
}

fn refused(relation: Oid, budget: Budget) -> Error {
    let name = names::relation_name(relation).map_or_else(|| relation.to_u32().to_string(), |name| name.quoted());
    let error = Error::new(PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE, format!("could not obtain lock on {name}"));
    match (budget.describe)(relation) {
        Some(detail) => error.detail(detail),
        None => error,
    }
}
