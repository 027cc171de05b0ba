//! Identifies and terminates server processes, and controls what pg_stat_activity shows of them.

use crate::error::Error;
use crate::pg::row::required;
use crate::pg::{settings, subtransaction};
use pgrx::pg_sys;
use pgrx::{PgSqlErrorCode, Spi};

/// Returns the process id of this backend.
pub fn own_pid() -> i32 {
    // SAFETY: a plain read of backend state.
    unsafe { pg_sys::MyProcPid }
}

/// Returns the TCP port that the server listens on.
pub fn server_port() -> u16 {
    // SAFETY: a plain read of backend state.
    u16::try_from(unsafe { pg_sys::PostPortNumber }).unwrap_or(0)
}

/// Calls `pg_terminate_backend`, with its privileges and its errors. Returns whether the process
/// has ended within this many milliseconds.
pub fn terminate(pid: i32, within: i64) -> Result<bool, Error> {
    Spi::connect(|client| {
        let call = "SELECT pg_catalog.pg_terminate_backend($1, $2)";
        let row = client.select(call, None, &[pid.into(), within.into()])?.next();
        let row = row.ok_or_else(|| {
            Error::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, "pg_terminate_backend returned no row")
        })?;
        required(&row, 1)
    })
}

/// Requests the process to end, as `pg_terminate_backend` does, with its privileges and errors, and
/// does not wait. A process that has already ended is not worth a warning.
pub fn request_end(pid: i32) -> Result<(), Error> {
    subtransaction::attempt(|| settings::without_warnings(|| terminate(pid, 0))).map(drop)
}

/// Makes the next look at pg_stat_activity show the current state. Within a transaction it
/// otherwise repeats what the first look has shown.
pub fn forget_activity() {
    // SAFETY: frees the backend's own copy, which has no references between statements.
    unsafe { pg_sys::pgstat_clear_backend_activity_snapshot() }
}

/// Waits this many milliseconds; a cancel ends the wait.
pub fn pause(milliseconds: i64) {
    // SAFETY: sleeps at most as long as the argument says.
    unsafe { pg_sys::pg_usleep(milliseconds * 1000) };
    pgrx::check_for_interrupts!();
}
