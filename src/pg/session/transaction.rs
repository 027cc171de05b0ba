//! Where in a transaction we are.

use pgrx::pg_sys;
use std::ffi::CStr;

/// 1 outside any subtransaction.
pub fn nest_level() -> i32 {
    // SAFETY: a plain read of backend state.
    unsafe { pg_sys::GetCurrentTransactionNestLevel() }
}

/// Whether the transaction has written anything.
pub fn has_written() -> bool {
    // SAFETY: a plain read of backend state.
    unsafe { pg_sys::GetTopTransactionIdIfAny() != pg_sys::InvalidTransactionId }
}

/// Makes what the last statement has done visible to what comes.
pub fn make_own_work_visible() {
    // SAFETY: between statements, and not in parallel mode.
    unsafe { pg_sys::CommandCounterIncrement() }
}

/// Whether the transaction was begun as one that writes nothing.
pub fn is_read_only() -> bool {
    // SAFETY: a plain read of backend state.
    unsafe { pg_sys::XactReadOnly }
}

/// Whether the client has begun the transaction by itself.
pub fn is_block() -> bool {
    // SAFETY: a plain read of backend state.
    unsafe { pg_sys::IsTransactionBlock() }
}

/// When the client's statement began: the same for all that runs on its behalf, and another for the next one.
pub fn statement_start() -> i64 {
    // SAFETY: a plain read of backend state.
    unsafe { pg_sys::GetCurrentStatementStartTimestamp() }
}

/// Whether this is a parallel worker, which never writes.
pub fn is_parallel_worker() -> bool {
    // SAFETY: a plain read of backend state (`IsParallelWorker` in access/parallel.h).
    unsafe { pg_sys::ParallelWorkerNumber >= 0 }
}

/// Whether this is a worker of logical replication, which copies tables and applies changes on a subscriber.
pub fn is_replication_worker() -> bool {
    // SAFETY: a plain read of backend state.
    unsafe { pg_sys::IsLogicalWorker() }
}

/// Whether the current user may do anything.
pub fn is_superuser() -> bool {
    // SAFETY: looks the current user up.
    unsafe { pg_sys::superuser() }
}

/// Whether the session loads what pg_dump wrote: pg_dump's scripts and pg_restore switch off the checking of function
/// bodies and empty the search_path (`_doSetFixedOutputState` in pg_backup_archiver.c), and hardly anybody else does both.
pub fn is_restoring() -> bool {
    // SAFETY: plain reads of settings; the string is one as long as it is not null.
    unsafe {
        let path = pg_sys::namespace_search_path;
        !pg_sys::check_function_bodies && (path.is_null() || matches!(CStr::from_ptr(path).to_bytes(), b"" | b"\"\""))
    }
}

/// The session's application_name.
pub fn application_name() -> String {
    // SAFETY: a setting that is a string, or null early in a session.
    unsafe {
        let name = pg_sys::application_name;
        if name.is_null() { String::new() } else { CStr::from_ptr(name).to_string_lossy().into_owned() }
    }
}

/// Ends what an open transaction may be left of and runs `work` in one of its own: for the end of a session, as
/// RemoveTempRelationsCallback in catalog/namespace.c does.
pub fn in_last_transaction(work: impl FnOnce()) {
    // SAFETY: called while the session ends and the backend is still whole; the snapshot is popped before the commit.
    unsafe {
        pg_sys::AbortOutOfAnyTransaction();
        pg_sys::StartTransactionCommand();
        pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot());
    }
    work();
    // SAFETY: as above.
    unsafe {
        pg_sys::PopActiveSnapshot();
        pg_sys::CommitTransactionCommand();
    }
}
