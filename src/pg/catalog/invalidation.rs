//! Reads what other sessions report to this one about catalog changes.

use pgrx::pg_sys;

/// Returns how many invalidation messages this session has received so far. While the number stays
/// the same, no relation that the catalogs showed has been dropped or altered by another session,
/// as far as this session could know.
pub fn messages() -> u64 {
    // SAFETY: receives pending messages, as acquiring a lock does, and reads a counter of this
    // process (inval.h).
    unsafe {
        pg_sys::AcceptInvalidationMessages();
        pg_sys::SharedInvalidMessageCounter
    }
}
