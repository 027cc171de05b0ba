//! Controls what pg_stat_activity shows.

use pgrx::pg_sys;

/// Makes the next look at pg_stat_activity show the current state. Within a transaction it
/// otherwise repeats what the first look has shown.
pub fn forget() {
    // SAFETY: frees the backend's own copy, which has no references between statements.
    unsafe { pg_sys::pgstat_clear_backend_activity_snapshot() }
}
