//! Identifies the database cluster and its timeline.

use pgrx::pg_sys;

/// Returns the number that initdb gave to the cluster. It is the same in every physical copy.
pub fn system_identifier() -> u64 {
    // SAFETY: a plain read of the control file's copy in memory.
    unsafe { pg_sys::GetSystemIdentifier() }
}

/// Returns the timeline that the server writes to, or, on a standby, replays.
pub fn timeline() -> u32 {
    // SAFETY: plain reads of shared memory; the second function requires that the server is not in
    // recovery, and is called only then.
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
