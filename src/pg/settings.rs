//! The reserved prefix of the extension's settings.

use pgrx::pg_sys;

/// Makes a misspelt `SET pg_flightcheck.…` an error instead of a new setting without effect.
pub fn reserve_prefix() {
    // SAFETY: called from _PG_init with a static C string, as custom GUC variables require.
    unsafe { pg_sys::MarkGUCPrefixReserved(c"pg_flightcheck".as_ptr()) }
}
