//! Runs procedures that commit as they go.

use crate::error::Error;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, FunctionCallInfo, NodeTag};

/// A CALL in progress that may end its transaction.
pub struct Procedure(());

impl Procedure {
    /// Begins the procedure `name`. 25001 where it may not commit: in a transaction block, or
    /// called from a function or another atomic context.
    pub fn begin(call: FunctionCallInfo, name: &str) -> Result<Procedure, Error> {
        // SAFETY: the context of a call is a node or null, and a CallContext if its tag says so.
        let may_commit = unsafe {
            let context = (*call).context;
            !context.is_null()
                && (*context).type_ == NodeTag::T_CallContext
                && !(*context.cast::<pg_sys::CallContext>()).atomic
        };
        if !may_commit {
            let message = format!("{name} cannot run inside a transaction block");
            return Err(Error::new(PgSqlErrorCode::ERRCODE_ACTIVE_SQL_TRANSACTION, message)
                .detail("The procedure commits after every few tables."));
        }
        // SAFETY: `end` closes the connection; after an error, the abort does.
        let connected = unsafe { pg_sys::SPI_connect_ext(pg_sys::SPI_OPT_NONATOMIC as std::ffi::c_int) };
        if connected < 0 {
            return Err(Error::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, format!("could not begin {name}")));
        }
        Ok(Procedure(()))
    }

    /// Runs `work` with a snapshot, commits what it has done, and begins the next transaction. The
    /// commit frees what `work` allocates in the server's memory.
    pub fn commit_after<T>(&self, work: impl FnOnce() -> T) -> T {
        // SAFETY: runs in a transaction; the snapshot and the context are restored below, or by the
        // abort.
        let context = unsafe {
            pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot());
            pg_sys::MemoryContextSwitchTo(pg_sys::TopTransactionContext)
        };
        let result = work();
        // SAFETY: the connection that `begin` opened is the innermost again, and its context
        // outlives the transaction.
        unsafe {
            pg_sys::MemoryContextSwitchTo(context);
            pg_sys::PopActiveSnapshot();
            pg_sys::SPI_commit();
        }
        result
    }

    pub fn end(self) {
        // SAFETY: closes the connection that `begin` opened.
        unsafe { pg_sys::SPI_finish() };
    }
}
