//! Finds the transactions that a fence waits for, and lets it wait without a place in the lock
//! manager's queues.

use pgrx::pg_sys;
use std::fmt;
use std::time::Duration;

/// A transaction, identified by its virtual transaction id.
#[derive(Clone, Copy)]
pub struct Transaction(pg_sys::VirtualTransactionId);

impl Transaction {
    /// Whether it has committed or rolled back. A prepared transaction has not, no matter when it
    /// was prepared. Does not wait.
    pub fn has_ended(self) -> bool {
        // SAFETY: takes any virtual transaction id; `false` makes it return at once.
        unsafe { pg_sys::VirtualXactLock(self.0, false) }
    }
}

/// Formats the transaction as `pg_locks.virtualtransaction` shows it. For a prepared transaction
/// that is the number -1 and the transaction id.
impl fmt::Display for Transaction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[cfg(not(since_17))]
        let process = self.0.backendId;
        #[cfg(since_17)]
        let process = self.0.procNumber;
        write!(formatter, "{process}/{}", self.0.localTransactionId)
    }
}

/// Returns the other transactions that hold a lock on `table` that conflicts with SHARE: writers,
/// and some others.
pub fn lockers(table: pg_sys::Oid) -> Vec<Transaction> {
    let mut count = 0;
    // SAFETY: the tag is that of a table of this database; the result is palloc'd and holds `count`
    // elements.
    unsafe {
        let found = pg_sys::GetLockConflicts(
            &crate::pg::table_lock::tag(table),
            pg_sys::ShareLock as pg_sys::LOCKMODE,
            &mut count,
        );
        let count = usize::try_from(count).unwrap_or(0);
        let transactions = (0..count).map(|index| Transaction(*found.add(index))).collect();
        pg_sys::pfree(found.cast());
        transactions
    }
}

/// The `classid` in pg_locks that distinguishes an announcement from other locks of its type.
pub const CLASS: u32 = 0x7067_6663;

/// Shows other sessions in pg_locks which process this one waits for, until it is dropped. It is a
/// lock of a type that nothing else uses any more (`userlock`), in a mode that does not conflict
/// with other announcements.
pub struct Announcement(pg_sys::LOCKTAG);

impl Announcement {
    pub fn waiting_for(pid: i32) -> Announcement {
        let tag = pg_sys::LOCKTAG {
            // SAFETY: a plain read of backend state.
            locktag_field1: unsafe { pg_sys::MyDatabaseId }.to_u32(),
            locktag_field2: CLASS,
            locktag_field3: pid.unsigned_abs(),
            locktag_field4: 0,
            locktag_type: pg_sys::LockTagType::LOCKTAG_USERLOCK as u8,
            locktag_lockmethodid: pg_sys::DEFAULT_LOCKMETHOD as u8,
        };
        // SAFETY: a well-formed tag; the lock belongs to the current (sub)transaction, which
        // releases it after an error.
        unsafe { pg_sys::LockAcquire(&tag, pg_sys::ShareLock as pg_sys::LOCKMODE, false, false) };
        Announcement(tag)
    }
}

impl Drop for Announcement {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: acquired by `waiting_for` and not released before.
            unsafe { pg_sys::LockRelease(&self.0, pg_sys::ShareLock as pg_sys::LOCKMODE, false) };
        }
    }
}

/// Sleeps, or returns earlier if the process is woken. A cancel request ends the statement.
pub fn nap(time: Duration) {
    const WAKE: u32 = pg_sys::WL_LATCH_SET | pg_sys::WL_TIMEOUT | pg_sys::WL_EXIT_ON_PM_DEATH;
    let milliseconds = time.as_millis().try_into().unwrap_or(std::ffi::c_long::MAX);
    // SAFETY: MyLatch is this process's own latch.
    unsafe {
        pg_sys::WaitLatch(pg_sys::MyLatch, WAKE as i32, milliseconds, pg_sys::PG_WAIT_EXTENSION);
        pg_sys::ResetLatch(pg_sys::MyLatch);
    }
    pgrx::check_for_interrupts!();
}

/// Returns `lock_timeout`; `None` if it is off.
pub fn lock_timeout() -> Option<Duration> {
    // SAFETY: a plain read of a setting, in milliseconds and not negative.
    let milliseconds = u64::try_from(unsafe { pg_sys::LockTimeout }).unwrap_or(0);
    (milliseconds > 0).then(|| Duration::from_millis(milliseconds))
}
