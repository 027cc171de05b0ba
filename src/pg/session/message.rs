//! Sends messages below the level of an error.

use crate::error::Error;
use crate::pg::subtransaction;
use pgrx::PgLogLevel;
use pgrx::pg_sys::panic::ErrorReport;
use std::mem::ManuallyDrop;

/// Sends a message of a level below ERROR. Sending may fail, and such an error is returned like any
/// other. pgrx itself would let it jump over the sender's frames.
pub fn send(level: PgLogLevel, error: Error) -> Result<(), Error> {
    let mut report = ManuallyDrop::new(ErrorReport::from(error));
    // SAFETY: the closure's frame holds nothing with a destructor: if sending fails, the report's
    // memory is lost.
    unsafe {
        pgrx::pg_sys::ffi::pg_guard_ffi_boundary(|| ManuallyDrop::take(&mut report).report(level));
    }
    Ok(())
}

/// Sends the message to client and log as the session's settings ask. If the client's encoding
/// lacks a character of a name, the message only goes to the log: work must not fail because it
/// cannot be reported.
pub fn say(level: PgLogLevel, error: Error) {
    let said = subtransaction::attempt(|| send(level, error.clone()));
    if said.is_err() {
        let _ = subtransaction::attempt(|| send(PgLogLevel::LOG_SERVER_ONLY, error));
    }
}
