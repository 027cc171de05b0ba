//! Waiting for the writers of a table without keeping new ones out.

use pgrx::pg_sys;

/// Waits until every transaction that now holds a lock on `table` which writers take has ended, as CREATE INDEX
/// CONCURRENTLY does. Takes no lock on the table; new writers come and go meanwhile. Deadlocks are detected.
pub fn wait_for_writers(table: pg_sys::Oid) {
    let tag = pg_sys::LOCKTAG {
        // SAFETY: a plain read of backend state.
        locktag_field1: unsafe { pg_sys::MyDatabaseId }.to_u32(),
        locktag_field2: table.to_u32(),
        locktag_field3: 0,
        locktag_field4: 0,
        locktag_type: pg_sys::LockTagType::LOCKTAG_RELATION as u8,
        locktag_lockmethodid: pg_sys::DEFAULT_LOCKMETHOD as u8,
    };
    // SAFETY: a tag as SET_LOCKTAG_RELATION builds it for a table of this database.
    unsafe { pg_sys::WaitForLockers(tag, pg_sys::ShareLock as pg_sys::LOCKMODE, false) }
}
