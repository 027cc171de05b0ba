//! Restores what a session keeps when a transaction is rolled back: prepared statements and
//! session-level advisory locks.

use super::lock_entry;
use crate::error::Error;
use crate::pg::catalog_query;
use crate::pg::encoded_text::encode_c;
use pgrx::pg_sys::{self, LOCKTAG};
use std::collections::{BTreeMap, BTreeSet};

/// Fields 1 to 4 of an advisory lock's tag, and its mode.
type Advisory = (u32, u32, u32, u16, i32);

/// The prepared statements and advisory locks of the session.
pub struct SessionObjects {
    prepared: BTreeSet<String>,
    /// How often each lock is held at session level.
    advisory: BTreeMap<Advisory, i64>,
}

impl SessionObjects {
    pub fn read() -> Result<SessionObjects, Error> {
        Ok(SessionObjects { prepared: prepared()?.into_iter().collect(), advisory: advisory()? })
    }

    pub fn has_prepared(&self) -> bool {
        !self.prepared.is_empty()
    }

    pub fn is_prepared(&self, name: &str) -> bool {
        self.prepared.contains(name)
    }

    /// Drops what has been added since, and acquires what has been released. Returns how many
    /// advisory locks another session has acquired meanwhile.
    pub fn restore(&self) -> Result<usize, Error> {
        for name in prepared()?.iter().filter(|name| !self.prepared.contains(*name)) {
            if let Some(name) = encode_c(name) {
                // SAFETY: a C string; a statement that does not exist is not an error here.
                unsafe { pg_sys::DropPreparedStatement(name.as_ptr(), false) };
            }
        }
        let now = advisory()?;
        let mut lost = 0;
        for lock in self.advisory.keys().chain(now.keys()).collect::<BTreeSet<_>>() {
            let (wanted, held) = (count(&self.advisory, lock), count(&now, lock));
            (wanted..held).for_each(|_| release(lock));
            lost += (held..wanted).filter(|_| !acquire(lock)).count();
        }
        Ok(lost)
    }
}

fn count(locks: &BTreeMap<Advisory, i64>, lock: &Advisory) -> i64 {
    locks.get(lock).copied().unwrap_or(0)
}

fn prepared() -> Result<Vec<String>, Error> {
    catalog_query::read(include_str!("../../../sql/queries/prepared_statements.sql"), &[], |row| row.text(1))
}

/// Returns how often the session holds each advisory lock, without those of its transaction.
fn advisory() -> Result<BTreeMap<Advisory, i64>, Error> {
    let query = include_str!("../../../sql/queries/own_advisory_locks.sql");
    let locks = catalog_query::read(query, &[], |row| {
        let field = |ordinal| row.get::<i64>(ordinal).map(|value| u32::try_from(value).unwrap_or(0));
        let mode = if row.get::<bool>(5)? { pg_sys::ShareLock } else { pg_sys::ExclusiveLock };
        Ok((field(1)?, field(2)?, field(3)?, u16::try_from(row.get::<i64>(4)?).unwrap_or(0), mode as i32))
    })?;
    Ok(locks.into_iter().map(|lock| (lock, times(&lock))).filter(|(_, times)| *times > 0).collect())
}

fn tag(lock: &Advisory) -> LOCKTAG {
    LOCKTAG {
        locktag_field1: lock.0,
        locktag_field2: lock.1,
        locktag_field3: lock.2,
        locktag_field4: lock.3,
        locktag_type: pg_sys::LockTagType::LOCKTAG_ADVISORY as u8,
        locktag_lockmethodid: pg_sys::USER_LOCKMETHOD as u8,
    }
}

/// Returns how often the session holds a lock that it holds at all.
fn times(lock: &Advisory) -> i64 {
    let tag = tag(lock);
    // SAFETY: a complete tag. The entry's owners are an array of this length, and the session
    // itself is the owner that is null.
    unsafe {
        let Some(local) = lock_entry::acquire(&tag, lock.4, true) else { return 0 };
        let count = usize::try_from((*local).numLockOwners).unwrap_or(0);
        let owners = std::slice::from_raw_parts((*local).lockOwners, count);
        let held = owners.iter().find(|owner| owner.owner.is_null()).map_or(0, |owner| owner.nLocks);
        pg_sys::LockRelease(&tag, lock.4, true);
        held - 1
    }
}

fn acquire(lock: &Advisory) -> bool {
    // SAFETY: a complete tag.
    unsafe { lock_entry::acquire(&tag(lock), lock.4, true) }.is_some()
}

fn release(lock: &Advisory) {
    // SAFETY: held at session level.
    unsafe { pg_sys::LockRelease(&tag(lock), lock.4, true) };
}
