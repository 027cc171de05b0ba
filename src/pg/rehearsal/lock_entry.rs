//! Reads the session's own count of a lock.

use pgrx::pg_sys::{self, LOCALLOCK, LOCKTAG};

/// Acquires the lock, for the session or for the transaction, without waiting. Returns the local
/// entry, which lives as long as the lock is held; `None` if another session holds it. A lock that
/// is already held is only counted once more.
///
/// # Safety
/// The tag must be complete.
pub(super) unsafe fn acquire(tag: &LOCKTAG, mode: i32, for_session: bool) -> Option<*mut LOCALLOCK> {
    use pg_sys::LockAcquireResult::LOCKACQUIRE_NOT_AVAIL;
    let mut local: *mut LOCALLOCK = std::ptr::null_mut();
    // SAFETY: the server stores a pointer to its entry in `local`.
    let outcome = unsafe {
        #[cfg(not(since_18))]
        let outcome = pg_sys::LockAcquireExtended(tag, mode, for_session, true, true, &mut local);
        #[cfg(since_18)]
        let outcome = pg_sys::LockAcquireExtended(tag, mode, for_session, true, true, &mut local, false);
        outcome
    };
    (outcome != LOCKACQUIRE_NOT_AVAIL && !local.is_null()).then_some(local)
}
