//! What other sessions tell this one about catalog changes.

use pgrx::pg_sys;

/// How many messages this session has received, up to now. As long as the number stays the same, no relation that the catalogs
/// showed has been dropped or altered by another session, as far as this one could know.
pub fn messages() -> u64 {
    // SAFETY: receives what is pending, as taking a lock does, and reads a counter of this process (inval.h).
    unsafe {
        pg_sys::AcceptInvalidationMessages();
        pg_sys::SharedInvalidMessageCounter
    }
}
