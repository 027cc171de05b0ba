//! Reads the state of the transaction and the session, and runs a last transaction at the session's
//! end.

use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys;
use std::ffi::CStr;

/// Returns the nesting level of subtransactions: 1 outside any.
pub fn nest_level() -> i32 {
    // SAFETY: a plain read of backend state.
    unsafe { pg_sys::GetCurrentTransactionNestLevel() }
}

/// Whether the transaction has written anything.
pub fn has_written() -> bool {
    // SAFETY: a plain read of backend state.
    unsafe { pg_sys::GetTopTransactionIdIfAny() != pg_sys::InvalidTransactionId }
}

/// Makes the work of the last statement visible to the next.
pub fn make_changes_visible() {
    // SAFETY: between statements, and not in parallel mode.
    unsafe { pg_sys::CommandCounterIncrement() }
}

/// Whether the transaction is read-only.
pub fn is_read_only() -> bool {
    // SAFETY: a plain read of backend state.
    unsafe { pg_sys::XactReadOnly }
}

/// Whether the transaction is serializable.
pub fn is_serializable() -> bool {
    // SAFETY: a plain read of backend state.
    unsafe { pg_sys::XactIsoLevel == pg_sys::XACT_SERIALIZABLE as i32 }
}

/// Whether the client has begun a transaction block.
pub fn is_block() -> bool {
    // SAFETY: a plain read of backend state.
    unsafe { pg_sys::IsTransactionBlock() }
}

/// Returns when the client's statement began. It is the same for everything that runs on the
/// statement's behalf, and different for the next one.
pub fn statement_start() -> i64 {
    // SAFETY: a plain read of backend state.
    unsafe { pg_sys::GetCurrentStatementStartTimestamp() }
}

/// From 1970 to 2000, where the server's time begins, in microseconds.
const EPOCH: i64 = 946_684_800_000_000;

/// Returns the time as the server has it; `None` if it is out of range.
pub fn timestamp(microseconds: i64) -> Option<TimestampWithTimeZone> {
    TimestampWithTimeZone::try_from(microseconds.checked_sub(EPOCH)?).ok()
}

/// Returns the time of the clock, in microseconds since 1970.
pub fn clock() -> i64 {
    // SAFETY: reads the clock.
    unsafe { pg_sys::GetCurrentTimestamp() }.saturating_add(EPOCH)
}

/// Whether this is a parallel worker, which never writes.
pub fn is_parallel_worker() -> bool {
    // SAFETY: a plain read of backend state (`IsParallelWorker` in access/parallel.h).
    unsafe { pg_sys::ParallelWorkerNumber >= 0 }
}

/// Whether this is a worker of logical replication, which copies tables and applies changes on a
/// subscriber.
pub fn is_replication_worker() -> bool {
    // SAFETY: a plain read of backend state.
    unsafe { pg_sys::IsLogicalWorker() }
}

pub fn is_superuser() -> bool {
    // SAFETY: looks the current user up.
    unsafe { pg_sys::superuser() }
}

/// Whether the session loads what pg_dump wrote. The scripts of pg_dump and pg_restore switch off
/// the checking of function bodies and empty the search_path (`_doSetFixedOutputState` in
/// pg_backup_archiver.c); hardly any other program does both.
pub fn is_restoring() -> bool {
    // SAFETY: plain reads of settings; the string is a C string if it is not null.
    unsafe {
        let path = pg_sys::namespace_search_path;
        !pg_sys::check_function_bodies && (path.is_null() || matches!(CStr::from_ptr(path).to_bytes(), b"" | b"\"\""))
    }
}

pub fn application_name() -> String {
    // SAFETY: a setting that is a C string, or null early in a session.
    unsafe {
        let name = pg_sys::application_name;
        if name.is_null() { String::new() } else { CStr::from_ptr(name).to_string_lossy().into_owned() }
    }
}

/// Ends what may be left of an open transaction, and runs `work` in a new one. For the end of a
/// session, as RemoveTempRelationsCallback in catalog/namespace.c does.
pub fn in_last_transaction(work: impl FnOnce()) {
    // SAFETY: called while the session ends and the backend is still intact; the snapshot is popped
    // before the commit.
    unsafe {
        pg_sys::AbortOutOfAnyTransaction();
        pg_sys::StartTransactionCommand();
        pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot());
    }
    work();
    // SAFETY: pops the snapshot that was pushed above, and ends the transaction.
    unsafe {
        pg_sys::PopActiveSnapshot();
        pg_sys::CommitTransactionCommand();
    }
}
