//! Plans queries without inlining functions.
//!
//! The planner replaces a call of a function in language SQL by its body, and parsing the body
//! requires the same privileges as running it: USAGE on the schemas that it names. It does so for
//! the expressions of every index of a table, whether the query uses them or not.

use pgrx::pg_guard;
use pgrx::pg_sys::{self, Oid};
use std::cell::Cell;

/// The language SQL in pg_language.
const SQL_LANGUAGE: Oid = Oid::from_u32(14);

thread_local! {
    static PREVIOUS: Cell<pg_sys::needs_fmgr_hook_type> = const { Cell::new(None) };
    /// Whether the extension's hook is set. A function that runs under it may call the extension
    /// again.
    static IS_HOOKED: Cell<bool> = const { Cell::new(false) };
    /// Whether a function was not inlined since the last call of `forget`.
    static KEPT: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` so that the planner does not inline functions in language SQL: it does not inline a
/// function if a hook wants to be told of its calls. Call `forget` afterwards.
pub(in crate::pg) fn without_inlining<T>(work: impl FnOnce() -> T) -> T {
    struct Restored(pg_sys::needs_fmgr_hook_type);
    impl Drop for Restored {
        fn drop(&mut self) {
            // SAFETY: restores the value of a variable of this backend.
            unsafe { pg_sys::needs_fmgr_hook = self.0 }
            IS_HOOKED.set(false);
        }
    }
    if IS_HOOKED.replace(true) {
        // If the hook were set twice, it would be its own previous hook and call itself without
        // end.
        return work();
    }
    // SAFETY: reads and sets a variable of this backend. The hook only looks, and asks the one that
    // was set before.
    let _restored = unsafe {
        let previous = pg_sys::needs_fmgr_hook;
        PREVIOUS.set(previous);
        pg_sys::needs_fmgr_hook = Some(wants_call);
        Restored(previous)
    };
    work()
}

/// Makes the relation cache plan index expressions again, so that the session's own queries do not
/// use those that were planned without inlining. To be called when the subtransaction around
/// `without_inlining` has ended.
pub(in crate::pg) fn forget() {
    if KEPT.replace(false) {
        // SAFETY: relations in use are read again, as after any overflow of the invalidation queue.
        unsafe { pg_sys::RelationCacheInvalidate(false) }
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn wants_call(function: Oid) -> bool {
    // SAFETY: the hook that was set before is called as the server would call it.
    if PREVIOUS.get().is_some_and(|previous| unsafe { previous(function) }) {
        return true;
    }
    let is_sql = is_in_sql(function);
    if is_sql {
        KEPT.set(true);
    }
    is_sql
}

fn is_in_sql(function: Oid) -> bool {
    // SAFETY: the tuple is released after its language has been read.
    unsafe {
        let cache = pg_sys::SysCacheIdentifier::PROCOID as i32;
        let tuple = pg_sys::SearchSysCache1(cache, pg_sys::Datum::from(function));
        if tuple.is_null() {
            return false;
        }
        let language = (*pg_sys::GETSTRUCT(tuple).cast::<pg_sys::FormData_pg_proc>()).prolang;
        pg_sys::ReleaseSysCache(tuple);
        language == SQL_LANGUAGE
    }
}
