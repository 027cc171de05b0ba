//! Owns memory contexts of the server.

use pgrx::pg_sys::{self, MemoryContext};
use std::ffi::CStr;

/// A memory context that is deleted with the value. During a panic it is left to its parent, which
/// the abort of the transaction deletes.
pub(in crate::pg) struct Context(MemoryContext);

impl Context {
    /// Creates a context below the current one, which has to outlive it.
    pub fn new(name: &'static CStr) -> Context {
        // SAFETY: creates a context with a static name, below one that the caller runs in.
        Context(unsafe {
            pg_sys::AllocSetContextCreateInternal(
                pg_sys::CurrentMemoryContext,
                name.as_ptr(),
                pg_sys::ALLOCSET_SMALL_MINSIZE as usize,
                pg_sys::ALLOCSET_SMALL_INITSIZE as usize,
                pg_sys::ALLOCSET_DEFAULT_MAXSIZE as usize,
            )
        })
    }

    pub fn as_ptr(&self) -> MemoryContext {
        self.0
    }

    /// Runs `work` with this as the current context. The code that catches an error
    /// has to restore the current context.
    pub fn within<T>(&self, work: impl FnOnce() -> T) -> T {
        // SAFETY: switches to a context that lives as long as `self`, and back.
        let before = unsafe { pg_sys::MemoryContextSwitchTo(self.0) };
        let result = work();
        // SAFETY: as above.
        unsafe { pg_sys::MemoryContextSwitchTo(before) };
        result
    }

    /// Frees what was allocated in it.
    pub fn reset(&self) {
        // SAFETY: the callers keep no pointers into it.
        unsafe { pg_sys::MemoryContextReset(self.0) }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: this value owns the context.
            unsafe { pg_sys::MemoryContextDelete(self.0) }
        }
    }
}
