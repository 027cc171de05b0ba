//! Runs work in a subtransaction that is rolled back whatever happens, and restores what a rollback
//! leaves in the session.

use super::outside;
use super::sequences::Drawn;
use super::session_objects::SessionObjects;
use crate::error::Error;
use crate::pg::memory;
use crate::pg::raised::{Caught, catch};
use crate::pg::subtransaction::Scope;
use crate::pg::transaction::nest_level;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, Oid};

/// What an error at the start, in `work` or at the end becomes: the server's error, or a cancel.
enum Failure {
    Error(Error),
    Caught(Caught),
}

/// Runs `work`, undoes it, and returns its result and how many session-level advisory locks could
/// not be acquired again. `sequences` are those whose values in this session are restored.
///
/// A cancel, a timeout of the caller's and a bug of the extension are passed on, after everything
/// is undone.
pub fn undone<T>(sequences: &[Oid], work: impl FnOnce() -> Result<T, Error>) -> Result<(T, usize), Error> {
    let objects = SessionObjects::read()?;
    let drawn = Drawn::read(sequences);
    let level = nest_level();
    let scope = Scope::begin();
    outside::begin(objects);
    let outcome = match catch(work) {
        Ok(outcome) => outcome.map_err(Failure::Error),
        Err(caught) => Err(Failure::Caught(caught)),
    };
    roll_back_to(level + 1);
    scope.end(false);
    let objects = outside::end();
    let lost = without_interrupts(|| {
        drawn.restore();
        objects.map_or(Ok(0), |objects| objects.restore())
    });
    match outcome {
        Ok(result) => Ok((result, lost?)),
        Err(Failure::Error(error)) => Err(error),
        Err(Failure::Caught(caught)) => match caught.raised {
            Some(ref raised) if !raised.is_cancel => {
                memory::raise_if_short();
                Err(raised.error.clone())
            }
            _ => caught.rethrow(),
        },
    }
}

/// Rolls back the subtransactions above this level.
pub fn roll_back_to(level: i32) {
    while nest_level() > level {
        // SAFETY: the innermost subtransaction is an internal one, which the rehearsal has begun.
        unsafe { pg_sys::RollbackAndReleaseCurrentSubTransaction() };
    }
}

fn without_interrupts<T>(work: impl FnOnce() -> T) -> T {
    // SAFETY: HOLD_INTERRUPTS and RESUME_INTERRUPTS of miscadmin.h. An error sets the counter to 0.
    unsafe { pg_sys::InterruptHoldoffCount += 1 };
    let result = work();
    // SAFETY: as above.
    unsafe { pg_sys::InterruptHoldoffCount = pg_sys::InterruptHoldoffCount.saturating_sub(1) };
    result
}

/// Sets a setting as SET does. To be called in a subtransaction.
///
/// Errors: those of SET.
pub fn set(name: &str, value: &str) -> Result<(), Error> {
    // SAFETY: a plain look at the current user.
    let may_set_all = unsafe { pg_sys::superuser() };
    set_as(name, value, may_set_all)
}

/// Sets a setting to the value that it had before, which takes no privilege. To be called in a
/// subtransaction.
///
/// Errors: those of SET.
pub fn restore(name: &str, value: &str) -> Result<(), Error> {
    set_as(name, value, true)
}

/// Sets a setting as the beginning of a session does, which leaves it if it does not exist or the
/// current user may not set it. To be called in a subtransaction.
pub fn try_set(name: &str, value: &str) {
    // SAFETY: a plain look at the current user.
    let may_set_all = unsafe { pg_sys::superuser() };
    // Without an error, there is none to return.
    let _ = set_at(name, value, may_set_all, pg_sys::DEBUG1);
}

fn set_as(name: &str, value: &str, may_set_all: bool) -> Result<(), Error> {
    // By default, what cannot be set raises an error.
    set_at(name, value, may_set_all, 0)
}

fn set_at(name: &str, value: &str, may_set_all: bool, level: u32) -> Result<(), Error> {
    let internal = || Error::new(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, "value contains a null byte");
    let name = std::ffi::CString::new(name).map_err(|_| internal())?;
    let value = crate::pg::encoded_text::encode_c(value).ok_or_else(internal)?;
    // SAFETY: two C strings; SET passes the same arguments (ExecSetVariableStmt in guc_funcs.c).
    unsafe {
        pg_sys::set_config_option(
            name.as_ptr(),
            value.as_ptr(),
            if may_set_all { pg_sys::GucContext::PGC_SUSET } else { pg_sys::GucContext::PGC_USERSET },
            pg_sys::GucSource::PGC_S_SESSION,
            pg_sys::GucAction::GUC_ACTION_SET,
            true,
            level.cast_signed(),
            false,
        )
    };
    Ok(())
}

/// Returns the value of a setting, or `None` if it does not exist.
pub fn setting(name: &std::ffi::CStr) -> Option<String> {
    // SAFETY: a C string; a setting that does not exist is null.
    unsafe {
        let value = pg_sys::GetConfigOption(name.as_ptr(), true, false);
        (!value.is_null()).then(|| crate::pg::encoded_text::decode(std::ffi::CStr::from_ptr(value).to_bytes()))
    }
}
