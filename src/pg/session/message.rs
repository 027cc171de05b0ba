//! Messages that are no errors.

use crate::error::Error;
use crate::pg::subtransaction;
use pgrx::PgLogLevel;
use pgrx::pg_sys::panic::ErrorReport;
use std::mem::ManuallyDrop;

/// Sends a message of a level below ERROR. To send it may fail, which is an error like any other: pgrx itself lets that one
/// jump over the frames of who sends.
pub fn send(level: PgLogLevel, error: Error) -> Result<(), Error> {
    let mut report = ManuallyDrop::new(ErrorReport::from(error));
    // SAFETY: nothing in the closure's frame has a destructor: should sending fail, the report's memory is lost.
    unsafe {
        pgrx::pg_sys::ffi::pg_guard_ffi_boundary(|| ManuallyDrop::take(&mut report).report(level));
    }
    Ok(())
}

/// Says it to client and log as the session's settings ask. Nobody's work must fail because it cannot be said: where the
/// client's encoding lacks a letter of a name, it is said in the log alone.
pub fn say(level: PgLogLevel, error: Error) {
    let said = subtransaction::attempt(|| send(level, error.clone()));
    if said.is_err() {
        let _ = subtransaction::attempt(|| send(PgLogLevel::LOG_SERVER_ONLY, error));
    }
}
