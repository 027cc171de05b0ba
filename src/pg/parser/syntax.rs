//! Turns an error of the scanner or the parser into data. Raised, it would point into the statement
//! that called the extension.

use crate::error::Error;
use crate::pg::raised::{Raised, catch};
use pgrx::pg_sys;
use std::ffi::CStr;

/// An error in the text.
#[derive(Clone, Debug)]
pub struct SyntaxError {
    pub error: Error,
    /// Where the error is, as far as the server says so.
    pub position: Option<usize>,
}

/// Runs `work`, which scans or parses `text`. A cancel and a bug of the extension are passed on.
pub(in crate::pg) fn check<T>(text: &CStr, work: impl FnOnce() -> T) -> Result<T, SyntaxError> {
    // SAFETY: reads the current context, to which an error does not return by itself.
    let context = unsafe { pg_sys::CurrentMemoryContext };
    catch(work).map_err(|caught| {
        // SAFETY: the context is the caller's own.
        unsafe { pg_sys::MemoryContextSwitchTo(context) };
        match caught.raised {
            Some(ref raised) if !raised.is_cancel => {
                SyntaxError { position: SyntaxError::byte_of(text, raised), error: raised.error.clone() }
            }
            _ => caught.rethrow(),
        }
    })
}

impl SyntaxError {
    /// Returns the position of the error as a byte of `text`.
    pub fn byte_of(text: &CStr, raised: &Raised) -> Option<usize> {
        let before = raised.position?.checked_sub(1)?;
        let length = i32::try_from(text.count_bytes()).ok()?;
        // SAFETY: reads at most `length` bytes of the C string.
        usize::try_from(unsafe { pg_sys::pg_mbcharcliplen(text.as_ptr(), length, before) }).ok()
    }
}
