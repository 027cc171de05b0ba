//! Keeps users' functions from running while a statement is analyzed.
//!
//! Analysis converts constants, and a constant of an array or composite type calls the CHECK
//! constraints of domains in it, with the privileges of the role that analyzes. The executor asks
//! `object_access_hook` before it prepares a call of any function (ExecInitFunc in
//! executor/execExpr.c), and the barrier refuses those that the server does not come with.

use crate::error::Error;
use crate::pg::names::FIRST_USER_OID;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{self, ObjectAccessType, Oid};
use pgrx::{PgLogLevel, PgSqlErrorCode, pg_guard};
use std::cell::Cell;
use std::ffi::{c_int, c_void};

thread_local! {
    static PREVIOUS: Cell<pg_sys::object_access_hook_type> = const { Cell::new(None) };
    static IS_SET: Cell<bool> = const { Cell::new(false) };
    static REFUSED: Cell<Option<Oid>> = const { Cell::new(None) };
}

/// Runs `work` so that calling a user's function raises an error. Afterwards, `refused` returns the
/// function.
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> T {
    struct Restored(pg_sys::object_access_hook_type);
    impl Drop for Restored {
        fn drop(&mut self) {
            // SAFETY: restores the value of a variable of this backend.
            unsafe { pg_sys::object_access_hook = self.0 }
            IS_SET.set(false);
        }
    }
    REFUSED.set(None);
    if IS_SET.replace(true) {
        return work();
    }
    // SAFETY: reads and sets a variable of this backend; the hook asks the one that was set before.
    let _restored = unsafe {
        let previous = pg_sys::object_access_hook;
        PREVIOUS.set(previous);
        pg_sys::object_access_hook = Some(refuse);
        Restored(previous)
    };
    work()
}

/// Returns the function that the last `guarded` refused.
pub(super) fn refused() -> Option<Oid> {
    REFUSED.get()
}

#[pg_guard]
unsafe extern "C-unwind" fn refuse(
    access: ObjectAccessType::Type,
    class: Oid,
    object: Oid,
    part: c_int,
    argument: *mut c_void,
) {
    if access == ObjectAccessType::OAT_FUNCTION_EXECUTE && object.to_u32() >= FIRST_USER_OID {
        REFUSED.set(Some(object));
        let error =
            Error::new(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE, "analyzing this statement calls a function");
        ErrorReport::from(error).report(PgLogLevel::ERROR);
    }
    if let Some(previous) = PREVIOUS.get() {
        // SAFETY: the hook that was set before is called as the server would call it.
        unsafe { previous(access, class, object, part, argument) }
    }
}
