//! Reads how full the server's lock table is. A session that finds it full fails with 53200,
//! whichever session has filled it.

use pgrx::pg_sys;
use std::collections::HashSet;
use std::ffi::c_int;

// Declared in access/twophase.h, which pgrx does not bind.
unsafe extern "C" {
    static max_prepared_xacts: c_int;
}

/// Returns how many locks the table has room for, for all sessions together: `NLOCKENTS` in
/// storage/lmgr/lock.c.
pub fn slots() -> usize {
    // SAFETY: plain reads of settings that are fixed at server start.
    let (each, backends, prepared) = unsafe { (pg_sys::max_locks_per_xact, pg_sys::MaxBackends, max_prepared_xacts) };
    let count = |number: c_int| usize::try_from(number).unwrap_or(0);
    count(each) * (count(backends) + count(prepared))
}

/// Returns how many of the slots all sessions use together. A locked object takes one slot, and so
/// do every two holders and waiters, since their table is twice as large. Fast-path locks take
/// none.
///
/// Holds the lock table's partitions in shared mode while it copies their contents, as pg_locks
/// does.
pub fn used() -> usize {
    // SAFETY: returns a palloc'd list of `nelements` locks. Both are freed here, or with their
    // memory context.
    unsafe {
        let data = pg_sys::GetLockStatusData();
        let count = usize::try_from((*data).nelements).unwrap_or(0);
        let locks = if count == 0 { &[] } else { std::slice::from_raw_parts((*data).locks, count) };
        let used = slots_of(locks);
        pg_sys::pfree((*data).locks.cast());
        pg_sys::pfree(data.cast());
        used
    }
}

fn slots_of(locks: &[pg_sys::LockInstanceData]) -> usize {
    let in_table = || locks.iter().filter(|lock| !lock.fastpath);
    let objects: HashSet<_> = in_table()
        .map(|lock| {
            let tag = &lock.locktag;
            let fields = (tag.locktag_field1, tag.locktag_field2, tag.locktag_field3, tag.locktag_field4);
            (fields, tag.locktag_type, tag.locktag_lockmethodid)
        })
        .collect();
    objects.len().max(in_table().count().div_ceil(2))
}
