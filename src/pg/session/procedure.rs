//! Runs procedures that commit as they go.

use crate::error::Error;
use crate::pg::settings;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, FunctionCallInfo, NodeTag};

/// A CALL in progress that may end its transaction.
pub struct Procedure {
    /// Whether each transaction accepts writes, even in a session whose transactions are read-only.
    is_writable: bool,
}

impl Procedure {
    /// Begins the procedure `name`. 25001 where it may not commit: in a transaction block, or
    /// called from a function or another atomic context. `reason` is a sentence that says when it
    /// commits.
    pub fn begin(call: FunctionCallInfo, name: &str, reason: &str) -> Result<Procedure, Error> {
        // SAFETY: the context of a call is a node or null, and a CallContext if its tag says so.
        let may_commit = unsafe {
            let context = (*call).context;
            !context.is_null()
                && (*context).type_ == NodeTag::T_CallContext
                && !(*context.cast::<pg_sys::CallContext>()).atomic
        };
        if !may_commit {
            let message = format!("{name} cannot run inside a transaction block");
            return Err(Error::new(PgSqlErrorCode::ERRCODE_ACTIVE_SQL_TRANSACTION, message).detail(reason));
        }
        // SAFETY: `end` closes the connection; after an error, the abort does.
        let connected = unsafe { pg_sys::SPI_connect_ext(pg_sys::SPI_OPT_NONATOMIC as std::ffi::c_int) };
        if connected < 0 {
            return Err(Error::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, format!("could not begin {name}")));
        }
        Ok(Procedure { is_writable: false })
    }

    /// Commits, and makes the following transactions accept writes. A transaction can only be made
    /// so before it takes its first snapshot (check_XactReadOnly in commands/variable.c), which the
    /// transaction of the CALL has taken.
    pub fn make_writable(&mut self) {
        // SAFETY: the connection that `begin` opened is the innermost.
        unsafe { pg_sys::SPI_commit() };
        self.is_writable = true;
    }

    /// Does what `commit_after` does if `work` succeeds. An error is returned to be raised, which
    /// rolls the transaction back.
    pub fn try_commit_after<T>(&self, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        let context = self.enter();
        let result = work()?;
        leave(context);
        Ok(result)
    }

    /// Runs `work` with a snapshot, commits what it has done, and begins the next transaction. The
    /// commit frees what `work` allocates in the server's memory.
    pub fn commit_after<T>(&self, work: impl FnOnce() -> T) -> T {
        let context = self.enter();
        let result = work();
        leave(context);
        result
    }

    /// Begins the work of a transaction, and returns the context to return to.
    fn enter(&self) -> pg_sys::MemoryContext {
        if self.is_writable {
            settings::make_transaction_writable();
        }
        // SAFETY: runs in a transaction; `leave`, or the abort, restores the snapshot and the
        // context.
        unsafe {
            pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot());
            pg_sys::MemoryContextSwitchTo(pg_sys::TopTransactionContext)
        }
    }

    pub fn end(self) {
        // SAFETY: closes the connection that `begin` opened.
        unsafe { pg_sys::SPI_finish() };
    }
}

/// Commits, and begins the next transaction.
fn leave(context: pg_sys::MemoryContext) {
    // SAFETY: the connection that `Procedure::begin` opened is the innermost again, and its context
    // outlives the transaction.
    unsafe {
        pg_sys::MemoryContextSwitchTo(context);
        pg_sys::PopActiveSnapshot();
        pg_sys::SPI_commit();
    }
}
