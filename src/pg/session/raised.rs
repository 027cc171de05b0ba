//! Catches errors of the server with all their fields. pgrx's own error type has no position and no
//! name of a constraint.
//!
//! An error context callback copies each error while it is being reported. Such a callback also
//! sees errors that the running code catches itself, so the last few copies are kept, and the one
//! whose SQLSTATE and message are those of the error that arrived is taken.

use crate::error::Error;
use crate::pg::encoded_text::decode;
use crate::pg::memory_context::Context;
use pgrx::PgSqlErrorCode;
use pgrx::PgTryBuilder;
use pgrx::pg_sys::panic::CaughtError;
use pgrx::pg_sys::{self, ErrorData};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::panic::AssertUnwindSafe;
use std::ptr;

/// How many errors are kept: an error handler of PL/pgSQL may raise the first error again after it
/// has caught others.
const KEPT: usize = 8;

/// An error of the server.
#[derive(Clone, Debug)]
pub struct Raised {
    pub error: Error,
    /// The five characters; `error` knows only those that the server itself uses.
    pub sqlstate: String,
    pub constraint: Option<String>,
    /// The position in the text that was parsed or run, in characters, counted from 1.
    pub position: Option<i32>,
    /// Whether the statement is to end, by a request of the client or a timeout.
    pub is_cancel: bool,
}

impl Raised {
    /// An error that the server would raise.
    pub fn new(error: Error) -> Raised {
        let sqlstate = sqlstate(error.sqlstate as i32);
        Raised { error, sqlstate, constraint: None, position: None, is_cancel: false }
    }
}

/// What stopped the work: an error of the server, or a bug of the extension.
pub struct Caught {
    /// `None` for a Rust panic.
    pub raised: Option<Box<Raised>>,
    caught: Box<CaughtError>,
}

impl Caught {
    /// Passes the error on.
    pub fn rethrow(self) -> ! {
        rethrow(*self.caught)
    }
}

/// Passes an error on. `PgTryBuilder` has removed it from the server's error stack, so it must be
/// reported again: since version 0.19, pgrx takes a `PostgresError` to be still there.
pub fn rethrow(caught: CaughtError) -> ! {
    match caught {
        CaughtError::PostgresError(report) => CaughtError::ErrorReport(report).rethrow(),
        other => other.rethrow(),
    }
}

unsafe extern "C-unwind" {
    // Not pgrx's binding, which would catch an error inside the callback.
    fn CopyErrorData() -> *mut ErrorData;
    fn FreeErrorData(error: *mut ErrorData);
    fn geterrcode() -> c_int;
}

struct Kept {
    context: Context,
    errors: [*mut ErrorData; KEPT],
    next: usize,
}

/// Runs `work` and returns its error with all fields. The caller has to undo what an error leaves,
/// which is the rollback of a subtransaction unless `work` only parses.
pub fn catch<T>(work: impl FnOnce() -> T) -> Result<T, Caught> {
    let mut kept = Kept { context: Context::new(c"pg_flightcheck errors"), errors: [ptr::null_mut(); KEPT], next: 0 };
    // SAFETY: reads a pointer of the backend.
    let previous = unsafe { pg_sys::error_context_stack };
    let mut callback =
        pg_sys::ErrorContextCallback { previous, callback: Some(copy), arg: ptr::from_mut(&mut kept).cast::<c_void>() };
    // SAFETY: `callback` and `kept` outlive the time in which the callback is installed: `execute`
    // returns in every case.
    unsafe { pg_sys::error_context_stack = &raw mut callback };
    let outcome = PgTryBuilder::new(AssertUnwindSafe(|| Ok(work()))).catch_others(Err).execute();
    // SAFETY: restores the pointer that was read above.
    unsafe { pg_sys::error_context_stack = previous };
    outcome.map_err(|caught| Caught { raised: kept.find(&caught).map(Box::new), caught: Box::new(caught) })
}

/// Copies the error that is being reported. No destructor may be pending in this frame.
///
/// # Safety
/// Called by errfinish, with a pointer to a `Kept`.
unsafe extern "C-unwind" fn copy(kept: *mut c_void) {
    // SAFETY: an error is being reported; CopyErrorData must not run in the context for errors. A
    // shortage of memory raises an error of its own, and errfinish leaves a copy for it as well.
    unsafe {
        if geterrcode() == PgSqlErrorCode::ERRCODE_OUT_OF_MEMORY as c_int {
            return;
        }
        let kept = &mut *kept.cast::<Kept>();
        let before = pg_sys::CurrentMemoryContext;
        pg_sys::CurrentMemoryContext = kept.context.as_ptr();
        let error = CopyErrorData();
        let slot = kept.next % KEPT;
        if !kept.errors[slot].is_null() {
            FreeErrorData(kept.errors[slot]);
        }
        kept.errors[slot] = error;
        kept.next = kept.next.wrapping_add(1);
        pg_sys::CurrentMemoryContext = before;
    }
}

impl Kept {
    /// Returns the error that arrived, with the fields of its copy if there is one.
    fn find(&self, caught: &CaughtError) -> Option<Raised> {
        let error = Error::from_caught(caught)?;
        let is_cancel = is_cancel(caught);
        let lossy = |text: &CStr| text.to_string_lossy().into_owned();
        // SAFETY: the copies live in the context, and their texts are C strings or null.
        let copies = self.errors.iter().filter_map(|copy| unsafe { copy.as_ref() });
        let mut same = copies.filter(|copy| {
            PgSqlErrorCode::from(copy.sqlerrcode) == error.sqlstate
                && text(copy.message, &lossy).as_deref() == Some(error.message.as_str())
        });
        let Some(copy) = same.next_back() else {
            let sqlstate = sqlstate(error.sqlstate as c_int);
            return Some(Raised { error, sqlstate, constraint: None, position: None, is_cancel });
        };
        let decoded = |text: &CStr| decode(text.to_bytes());
        let error = Error {
            sqlstate: error.sqlstate,
            message: text(copy.message, &decoded).unwrap_or_default(),
            detail: text(copy.detail, &decoded),
            hint: text(copy.hint, &decoded),
        };
        let position = Some(copy.cursorpos).filter(|position| *position > 0);
        let constraint = text(copy.constraint_name, &decoded);
        Some(Raised { error, sqlstate: sqlstate(copy.sqlerrcode), constraint, position, is_cancel })
    }
}

fn text(pointer: *const c_char, decode: &impl Fn(&CStr) -> String) -> Option<String> {
    // SAFETY: a field of a copied error: a C string, or null.
    (!pointer.is_null()).then(|| decode(unsafe { CStr::from_ptr(pointer) }))
}

/// Returns the error code of a SQLSTATE, as MAKE_SQLSTATE in utils/elog.h does.
pub fn code(sqlstate: &str) -> PgSqlErrorCode {
    let digits = sqlstate.bytes().take(5).enumerate();
    let code = digits.map(|(place, byte)| i32::from(byte.wrapping_sub(b'0') & 0x3f) << (6 * place)).sum::<i32>();
    PgSqlErrorCode::from(code)
}

/// Returns the five characters of an SQLSTATE, of which `MAKE_SQLSTATE` in utils/elog.h packs six
/// bits each.
pub fn sqlstate(code: c_int) -> String {
    (0..5).map(|index| char::from(((code >> (6 * index)) & 0x3f) as u8 + b'0')).collect()
}

/// Whether the statement is to end, by a request of the client or a timeout, which
/// ProcessInterrupts in tcop/postgres.c raises. A user's function that raises the same error only
/// stops its caller.
pub fn is_cancel(caught: &CaughtError) -> bool {
    let (CaughtError::PostgresError(report) | CaughtError::ErrorReport(report)) = caught else { return false };
    report.sql_error_code() == PgSqlErrorCode::ERRCODE_QUERY_CANCELED && !report.file().ends_with("pl_exec.c")
}
