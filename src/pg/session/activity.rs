//! What pg_stat_activity shows.

use pgrx::pg_sys;

/// Has the next look at pg_stat_activity see what is so by then: within a transaction it repeats what its first one saw.
pub fn forget() {
    // SAFETY: frees the backend's own copy, which nobody refers to between statements.
    unsafe { pg_sys::pgstat_clear_backend_activity_snapshot() }
}
