//! Makes the script's own statement_timeout count. The server arms it once, for the statement that
//! calls the extension.

use pgrx::pg_sys::{self, TimestampTz};
use std::ffi::c_int;

/// `STATEMENT_TIMEOUT` in utils/timeout.h.
const STATEMENT_TIMEOUT: c_int = 3;
const MICROSECONDS: i64 = 1000;

unsafe extern "C-unwind" {
    // Declared in utils/timeout.h, which pgrx does not bind. None of them raises an error for a
    // timeout that the server has registered.
    fn get_timeout_active(id: c_int) -> bool;
    fn get_timeout_indicator(id: c_int, resets: bool) -> bool;
    fn get_timeout_finish_time(id: c_int) -> TimestampTz;
    fn enable_timeout_at(id: c_int, time: TimestampTz);
    fn disable_timeout(id: c_int, keep_indicator: bool);
}

/// The session's statement_timeout in milliseconds; 0 for none.
pub fn setting() -> i32 {
    // SAFETY: a plain read of a setting.
    unsafe { pg_sys::StatementTimeout }
}

/// A limit for one statement of the script.
pub struct TimeLimit {
    /// When the calling statement is to end, if that is limited.
    caller: Option<TimestampTz>,
    script: TimestampTz,
}

impl TimeLimit {
    /// Ends what runs from now on after this many milliseconds, or when the caller's limit is
    /// reached.
    pub fn arm(milliseconds: i32) -> TimeLimit {
        // SAFETY: the backend's own timer.
        unsafe {
            let caller = get_timeout_active(STATEMENT_TIMEOUT).then(|| get_timeout_finish_time(STATEMENT_TIMEOUT));
            let script = pg_sys::GetCurrentTimestamp().saturating_add(i64::from(milliseconds) * MICROSECONDS);
            disable_timeout(STATEMENT_TIMEOUT, false);
            enable_timeout_at(STATEMENT_TIMEOUT, caller.map_or(script, |caller| caller.min(script)));
            TimeLimit { caller, script }
        }
    }

    /// Restores the caller's limit. Returns whether the script's was reached, and before the
    /// caller's.
    pub fn disarm(self) -> bool {
        // SAFETY: the backend's own timer.
        let now = unsafe {
            disable_timeout(STATEMENT_TIMEOUT, true);
            // It may have gone off after the statement had ended. The caller's limit goes off
            // again.
            if get_timeout_indicator(STATEMENT_TIMEOUT, true) {
                pg_sys::QueryCancelPending = 0;
            }
            if let Some(caller) = self.caller {
                enable_timeout_at(STATEMENT_TIMEOUT, caller);
            }
            pg_sys::GetCurrentTimestamp()
        };
        now >= self.script && self.caller.is_none_or(|caller| self.script < caller)
    }
}
