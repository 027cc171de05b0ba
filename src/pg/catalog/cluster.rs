//! Which database cluster this is.

use pgrx::pg_sys;

/// Given by initdb, and the same in every physical copy.
pub fn system_identifier() -> u64 {
    // SAFETY: a plain read of the control file's copy in memory.
    unsafe { pg_sys::GetSystemIdentifier() }
}

/// The timeline that is written to, or on a standby replayed.
pub fn timeline() -> u32 {
    // SAFETY: plain reads of shared memory; the second has no meaning during recovery, where it is not called.
    unsafe {
        if pg_sys::RecoveryInProgress() {
            let mut timeline = 0;
            pg_sys::GetXLogReplayRecPtr(&mut timeline);
            timeline
        } else {
            pg_sys::GetWALInsertionTimeLine()
        }
    }
}
