//! Runs code in internal subtransactions, so that one bad object does not stop the others, and
//! locks are released after use.

use crate::error::Error;
use crate::pg::raised::{catch, is_cancel, rethrow};
use crate::pg::{memory, snapshot};
use pgrx::{PgTryBuilder, pg_sys};
use std::panic::AssertUnwindSafe;

/// Runs `work` in a subtransaction that is kept if it succeeds. A PostgreSQL error undoes it and
/// becomes an `Error`; a cancel request and a bug of the extension are passed on to the client.
pub fn attempt<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    run(true, work)
}

/// Runs `work` in a subtransaction that is always rolled back. Reading through SQL acquires locks
/// on tables and catalogs, which would otherwise be held to the end of the transaction. Read-only
/// SPI sees what is committed by now, whatever the isolation level, and what this transaction has
/// done.
pub fn discard<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    run(false, || snapshot::with_latest(work))
}

/// Returns the error that `work` raises; undoes the rest. A request to cancel is passed on.
pub fn refusal(work: impl FnOnce()) -> Option<Error> {
    match discard(|| Ok(catch(work))) {
        Ok(Err(caught)) => match caught.raised.clone().filter(|raised| !raised.is_cancel) {
            Some(raised) => Some(raised.error),
            None => caught.rethrow(),
        },
        Ok(Ok(())) | Err(_) => None,
    }
}

/// Does what `discard` does, but read-only SPI sees what the calling statement sees: several calls
/// see the same.
pub fn discard_with_statement_snapshot<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    run(false, work)
}

fn run<T>(keep: bool, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let scope = Scope::begin();
    let outcome = PgTryBuilder::new(AssertUnwindSafe(|| Ok(work()))).catch_others(Err).execute();
    // The subtransaction has to end first in every case. If it were still open, the transaction's
    // abort would end only the subtransaction.
    scope.end(keep && matches!(outcome, Ok(Ok(_))));
    match outcome {
        Ok(result) => result,
        Err(caught) => match Error::from_caught(&caught) {
            Some(error) if !is_cancel(&caught) => {
                // If memory is short here, it is for the next object as well.
                memory::raise_if_short();
                Err(error)
            }
            _ => rethrow(caught),
        },
    }
}

/// The state that PL/pgSQL's exec_stmt_block saves and restores around a block with an EXCEPTION
/// clause.
pub struct Scope {
    context: pg_sys::MemoryContext,
    owner: pg_sys::ResourceOwner,
}

impl Scope {
    pub fn begin() -> Scope {
        // SAFETY: runs in a transaction and not in parallel mode (the extension's functions are
        // PARALLEL UNSAFE).
        unsafe {
            let scope = Scope { context: pg_sys::CurrentMemoryContext, owner: pg_sys::CurrentResourceOwner };
            pg_sys::BeginInternalSubTransaction(std::ptr::null());
            pg_sys::MemoryContextSwitchTo(scope.context);
            scope
        }
    }

    pub fn end(self, keep: bool) {
        // SAFETY: the subtransaction that `begin` opened is the innermost; context and owner belong
        // to its parent.
        unsafe {
            if keep {
                pg_sys::ReleaseCurrentSubTransaction();
            } else {
                pg_sys::RollbackAndReleaseCurrentSubTransaction();
            }
            pg_sys::MemoryContextSwitchTo(self.context);
            pg_sys::CurrentResourceOwner = self.owner;
        }
    }
}
