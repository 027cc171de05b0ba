//! Keeps users' functions from running while a statement is analyzed.
//!
//! Analysis converts constants, and a constant of an array or composite type calls the CHECK
//! constraints of domains in it, with the privileges of the role that analyzes. The executor asks
//! `object_access_hook` before it prepares a call of any function (ExecInitFunc in
//! executor/execExpr.c), and the barrier refuses those that the server does not come with, and
//! volatile ones, such as lo_export and setval. A function of the server's may call one of the
//! users' by itself, as to_json does for a type with a cast to json: `needs_fmgr_hook` is asked
//! whenever a function is looked up to be called (fmgr_info in utils/fmgr/fmgr.c), and the barrier
//! refuses those in a language that others than superusers may use.

use crate::error::Error;
use crate::pg::names::FIRST_USER_OID;
use crate::pg::raised::catch;
use crate::pg::subtransaction;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{self, ObjectAccessType, Oid};
use pgrx::{PgLogLevel, PgSqlErrorCode, pg_guard};
use std::cell::Cell;
use std::ffi::{c_int, c_void};

/// INTERNALlanguageId and ClanguageId of catalog/pg_language.h, which pgrx does not bind.
const INTERNAL: Oid = Oid::from_u32(12);
const C: Oid = Oid::from_u32(13);

/// The hooks that were set before.
#[derive(Clone, Copy)]
struct Hooks {
    access: pg_sys::object_access_hook_type,
    fmgr: pg_sys::needs_fmgr_hook_type,
}

thread_local! {
    static PREVIOUS: Cell<Hooks> = const { Cell::new(Hooks { access: None, fmgr: None }) };
    static IS_SET: Cell<bool> = const { Cell::new(false) };
    static REFUSED: Cell<Option<Oid>> = const { Cell::new(None) };
}

/// Runs `work` so that calling a user's function raises an error. Afterwards, `refused` returns the
/// function.
pub(in crate::pg) fn guarded<T>(work: impl FnOnce() -> T) -> T {
    struct Restored(Hooks);
    impl Drop for Restored {
        fn drop(&mut self) {
            // SAFETY: restores the values of variables of this backend.
            unsafe {
                pg_sys::object_access_hook = self.0.access;
                pg_sys::needs_fmgr_hook = self.0.fmgr;
            }
            IS_SET.set(false);
        }
    }
    REFUSED.set(None);
    if IS_SET.replace(true) {
        return work();
    }
    // SAFETY: reads and sets variables of this backend; the hooks ask those that were set before.
    let _restored = unsafe {
        let previous = Hooks { access: pg_sys::object_access_hook, fmgr: pg_sys::needs_fmgr_hook };
        PREVIOUS.set(previous);
        pg_sys::object_access_hook = Some(refuse_execution);
        pg_sys::needs_fmgr_hook = Some(refuse_lookup);
        Restored(previous)
    };
    work()
}

/// Runs `work` behind the barrier in a subtransaction that is rolled back. Returns `None` if it
/// would call a user's function, or could not acquire a lock.
pub(in crate::pg) fn attempt<T>(work: impl FnOnce() -> T) -> Option<T> {
    let caught = match subtransaction::discard(|| Ok(catch(|| guarded(work)))) {
        Ok(Ok(done)) => return Some(done),
        Ok(Err(caught)) => caught,
        Err(_) => return None,
    };
    let has_no_lock = caught
        .raised
        .as_ref()
        .is_some_and(|raised| raised.error.sqlstate == PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE);
    if refused().is_none() && !has_no_lock {
        caught.rethrow();
    }
    None
}

/// Returns the function that the last `guarded` refused.
pub(in crate::pg) fn refused() -> Option<Oid> {
    REFUSED.get()
}

fn refuse(function: Oid) {
    REFUSED.set(Some(function));
    let error = Error::new(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE, "analyzing this statement calls a function");
    ErrorReport::from(error).report(PgLogLevel::ERROR);
}

#[pg_guard]
unsafe extern "C-unwind" fn refuse_execution(
    access: ObjectAccessType::Type,
    class: Oid,
    object: Oid,
    part: c_int,
    argument: *mut c_void,
) {
    if access == ObjectAccessType::OAT_FUNCTION_EXECUTE && (is_users(object) || is_volatile(object)) {
        refuse(object);
    }
    if let Some(previous) = PREVIOUS.get().access {
        // SAFETY: the hook that was set before is called as the server would call it.
        unsafe { previous(access, class, object, part, argument) }
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn refuse_lookup(function: Oid) -> bool {
    if is_users(function) && !is_compiled(function) {
        refuse(function);
    }
    // SAFETY: the hook that was set before is called as the server would call it.
    PREVIOUS.get().fmgr.is_some_and(|previous| unsafe { previous(function) })
}

fn is_users(function: Oid) -> bool {
    function.to_u32() >= FIRST_USER_OID
}

fn is_volatile(function: Oid) -> bool {
    // SAFETY: looks the function up in the system cache; a missing one raises an error.
    let volatility = unsafe { pg_sys::func_volatile(function) };
    volatility.cast_unsigned() == pg_sys::PROVOLATILE_VOLATILE
}

/// Whether the function is in C, which only a superuser may use: an input function of a type, for
/// example.
fn is_compiled(function: Oid) -> bool {
    // SAFETY: the tuple is released after its language has been read.
    unsafe {
        let tuple = pg_sys::SearchSysCache1(pg_sys::SysCacheIdentifier::PROCOID as i32, pg_sys::Datum::from(function));
        if tuple.is_null() {
            return false;
        }
        let language = (*pg_sys::GETSTRUCT(tuple).cast::<pg_sys::FormData_pg_proc>()).prolang;
        pg_sys::ReleaseSysCache(tuple);
        [INTERNAL, C].contains(&language)
    }
}
