//! Acquires and checks locks on tables.

use pgrx::pg_sys;

/// A lock that changing a table's triggers requires, held to the end of the transaction.
#[derive(Clone, Copy, Debug)]
pub enum Claim {
    /// Sufficient to read a trigger.
    AccessShare = pg_sys::AccessShareLock as isize,
    /// Sufficient to create or enable a trigger.
    ShareRowExclusive = pg_sys::ShareRowExclusiveLock as isize,
    /// Sufficient to drop a trigger.
    AccessExclusive = pg_sys::AccessExclusiveLock as isize,
}

/// Acquires the lock if it is available immediately. Other sessions never have to queue behind this
/// one, as they would if it waited for the lock.
pub fn claim(table: pg_sys::Oid, claim: Claim) -> bool {
    let mode = claim as pg_sys::LOCKMODE;
    // SAFETY: takes any OID and does not wait.
    holds(table, mode) || unsafe { pg_sys::ConditionalLockRelationOid(table, mode) }
}

/// Whether this transaction holds a writer's lock on `table`, or a stronger one.
pub fn is_write_locked(table: pg_sys::Oid) -> bool {
    holds(table, pg_sys::RowExclusiveLock as pg_sys::LOCKMODE)
}

/// Whether this transaction holds such a lock, or a stronger one.
fn holds(table: pg_sys::Oid, mode: pg_sys::LOCKMODE) -> bool {
    // SAFETY: reads this backend's own lock table.
    unsafe {
        #[cfg(not(since_17))]
        let is_locked = pg_sys::LockOrStrongerHeldByMe(&tag(table), mode);
        #[cfg(since_17)]
        let is_locked = pg_sys::LockHeldByMe(&tag(table), mode, true);
        is_locked
    }
}

/// `SET_LOCKTAG_RELATION` of storage/lock.h.
pub(in crate::pg) fn tag(table: pg_sys::Oid) -> pg_sys::LOCKTAG {
    pg_sys::LOCKTAG {
        // SAFETY: a plain read of backend state.
        locktag_field1: unsafe { pg_sys::MyDatabaseId }.to_u32(),
        locktag_field2: table.to_u32(),
        locktag_field3: 0,
        locktag_field4: 0,
        locktag_type: pg_sys::LockTagType::LOCKTAG_RELATION as u8,
        locktag_lockmethodid: pg_sys::DEFAULT_LOCKMETHOD as u8,
    }
}
