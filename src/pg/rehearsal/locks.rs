//! Reads the locks on relations that this session holds. pg_locks would read those of all sessions,
//! and 500 statements would take several times as long.

use super::lock_entry;
use crate::pg::names::FIRST_USER_OID;
use pgrx::pg_sys::{self, LOCKMASK, LOCKTAG, Oid, PGPROC, PROCLOCK, dlist_node};
use std::collections::HashMap;
use std::ffi::CStr;
use std::mem::offset_of;

const PARTITIONS: usize = pg_sys::NUM_LOCK_PARTITIONS as usize;
/// `FAST_PATH_BITS_PER_SLOT` and `FAST_PATH_LOCKNUMBER_OFFSET` in storage/lmgr/lock.c.
const BITS_PER_SLOT: usize = 3;
const FIRST_MODE: usize = 1;
const SLOTS_PER_GROUP: usize = 16;

/// The modes that are held on a relation: bit `n` stands for mode `n`.
pub type Modes = i32;

/// This session's locks on relations of this database, without the system's own.
pub struct Held {
    /// By partition of the lock table, in the order in which they were acquired; the last one has
    /// the locks of the fast path.
    lists: Vec<Vec<(Oid, Modes)>>,
    modes: HashMap<Oid, Modes>,
}

impl Held {
    pub fn read() -> Held {
        let mut held = Held { lists: vec![Vec::new(); PARTITIONS + 1], modes: HashMap::new() };
        held.refresh();
        held
    }

    /// Returns the relations on which modes are held now that were not held before, with all modes
    /// before and now. Takes a few nanoseconds for each lock that is still held.
    pub fn refresh(&mut self) -> Vec<(Oid, Modes, Modes)> {
        // SAFETY: this backend's own entry, which lives as long as the backend.
        let own = unsafe { &mut *pg_sys::MyProc };
        let mut is_shorter = false;
        let mut changed = Vec::new();
        for (index, list) in self.lists.iter_mut().enumerate() {
            let now = if index < PARTITIONS { in_partition(own, index, list.len()) } else { fast_path(own) };
            // Locks that are still held keep their places, and new ones come last.
            let is_same = |(before, now): &(&(Oid, Modes), &(Oid, Modes))| before.0 == now.0;
            let kept = list.iter().zip(&now).take_while(is_same).count();
            is_shorter |= kept < list.len();
            let upgraded = list.iter().zip(&now).take(kept).filter(|(before, now)| before.1 != now.1);
            changed.extend(upgraded.map(|(_, now)| *now).chain(now[kept..].iter().copied()));
            *list = now;
        }
        if is_shorter {
            return self.compare_all();
        }
        let mut added: HashMap<Oid, (Modes, Modes)> = HashMap::new();
        for (relation, modes) in changed {
            let before = self.modes.get(&relation).copied().unwrap_or(0);
            let entry = added.entry(relation).or_insert((before, before));
            entry.1 |= modes;
        }
        for (relation, (_, now)) in &added {
            self.modes.insert(*relation, *now);
        }
        new_modes(added)
    }

    /// Does the same without assuming an order.
    fn compare_all(&mut self) -> Vec<(Oid, Modes, Modes)> {
        let mut now: HashMap<Oid, Modes> = HashMap::new();
        for (relation, modes) in self.lists.iter().flatten() {
            *now.entry(*relation).or_default() |= modes;
        }
        let before = std::mem::replace(&mut self.modes, now);
        let pairs = self.modes.iter().map(|(oid, now)| (*oid, (before.get(oid).copied().unwrap_or(0), *now)));
        new_modes(pairs)
    }

    pub fn relations(&self) -> impl Iterator<Item = (Oid, Modes)> {
        self.modes.iter().map(|(oid, modes)| (*oid, *modes))
    }
}

fn new_modes(pairs: impl IntoIterator<Item = (Oid, (Modes, Modes))>) -> Vec<(Oid, Modes, Modes)> {
    let new = pairs.into_iter().filter(|(_, (before, now))| now & !before != 0);
    new.map(|(oid, (before, now))| (oid, before, now)).collect()
}

/// Returns how often this transaction has acquired each of these modes, which it holds on the
/// relation, so that a lock that is acquired again can be told.
pub fn times(relation: Oid, modes: Modes) -> Vec<(Modes, i64)> {
    let held = (1..=pg_sys::AccessExclusiveLock as i32).filter(|mode| modes & (1 << mode) != 0);
    held.map(|mode| (1 << mode, times_of(relation, mode))).collect()
}

fn times_of(relation: Oid, mode: i32) -> i64 {
    // SAFETY: a plain read of backend state.
    let database = unsafe { pg_sys::MyDatabaseId };
    let tag = LOCKTAG {
        locktag_field1: database.to_u32(),
        locktag_field2: relation.to_u32(),
        locktag_field3: 0,
        locktag_field4: 0,
        locktag_type: pg_sys::LockTagType::LOCKTAG_RELATION as u8,
        locktag_lockmethodid: pg_sys::DEFAULT_LOCKMETHOD as u8,
    };
    // SAFETY: a complete tag.
    unsafe {
        let Some(local) = lock_entry::acquire(&tag, mode, false) else { return 0 };
        let times = (*local).nLocks - 1;
        pg_sys::LockRelease(&tag, mode, false);
        times
    }
}

/// Returns the strongest of these modes, and its name.
pub fn strongest(modes: Modes) -> Option<(i32, String)> {
    let mode = (1..=pg_sys::AccessExclusiveLock as i32).rev().find(|mode| modes & (1 << mode) != 0)?;
    // SAFETY: the name of a mode of ordinary locks is a static C string.
    let name = unsafe { CStr::from_ptr(pg_sys::GetLockmodeName(pg_sys::DEFAULT_LOCKMETHOD as _, mode)) };
    Some((mode, name.to_string_lossy().into_owned()))
}

/// Returns the locks in one partition of the lock table. Other sessions may move this session's
/// fast-path locks there, so the partition is locked meanwhile. The room for the result is reserved
/// before, since an allocation must not fail then.
fn in_partition(own: &mut PGPROC, partition: usize, before: usize) -> Vec<(Oid, Modes)> {
    let mut room = before + 16;
    loop {
        let mut found = Vec::with_capacity(room);
        // SAFETY: the list's head is in the own entry, and its members are PROCLOCKs, which do not
        // change while the partition is locked. An array of LWLocks has this many partitions.
        let complete = unsafe {
            let lock =
                &raw mut (*pg_sys::MainLWLockArray.add(pg_sys::LOCK_MANAGER_LWLOCK_OFFSET as usize + partition)).lock;
            pg_sys::LWLockAcquire(lock, pg_sys::LWLockMode::LW_SHARED);
            let complete = walk((&raw mut own.myProcLocks[partition]).cast::<dlist_node>(), &mut found);
            pg_sys::LWLockRelease(lock);
            complete
        };
        if complete {
            return found;
        }
        room *= 2;
    }
}

/// Returns whether the room sufficed.
///
/// # Safety
/// `head` must be the head of a list of PROCLOCKs, whose partition is locked.
unsafe fn walk(head: *mut dlist_node, found: &mut Vec<(Oid, Modes)>) -> bool {
    // SAFETY: see above. `SHM_QUEUE` of version 15 has the layout of `dlist_node`.
    unsafe {
        let mut at = (*head).next;
        while !at.is_null() && at != head {
            let lock = at.byte_sub(offset_of!(PROCLOCK, procLink)).cast::<PROCLOCK>();
            let tag: &LOCKTAG = &(*(*lock).tag.myLock).tag;
            if is_relation(tag) {
                if found.len() == found.capacity() {
                    return false;
                }
                let modes: LOCKMASK = (*lock).holdMask;
                found.push((Oid::from(tag.locktag_field2), modes));
            }
            at = (*at).next;
        }
        true
    }
}

fn is_relation(tag: &LOCKTAG) -> bool {
    // SAFETY: a plain read of backend state.
    let database = unsafe { pg_sys::MyDatabaseId }.to_u32();
    u32::from(tag.locktag_type) == pg_sys::LockTagType::LOCKTAG_RELATION
        && u32::from(tag.locktag_lockmethodid) == pg_sys::DEFAULT_LOCKMETHOD
        && tag.locktag_field1 == database
        && tag.locktag_field2 >= FIRST_USER_OID
}

/// Returns the locks that are kept in the session's own entry.
fn fast_path(own: &mut PGPROC) -> Vec<(Oid, Modes)> {
    let slots = groups() * SLOTS_PER_GROUP;
    let mut found = Vec::with_capacity(slots);
    // SAFETY: the arrays have this many slots, and other sessions change them under this lock only.
    unsafe {
        let lock = &raw mut own.fpInfoLock;
        pg_sys::LWLockAcquire(lock, pg_sys::LWLockMode::LW_SHARED);
        #[cfg(not(since_18))]
        let (bits, relations) = (&raw const own.fpLockBits, own.fpRelId.as_ptr());
        #[cfg(since_18)]
        let (bits, relations) = (own.fpLockBits.cast_const(), own.fpRelId.cast_const());
        for slot in 0..slots {
            let modes = (*bits.add(slot / SLOTS_PER_GROUP) >> (BITS_PER_SLOT * (slot % SLOTS_PER_GROUP))) & 0b111;
            if modes != 0 && (*relations.add(slot)).to_u32() >= FIRST_USER_OID {
                found.push((*relations.add(slot), (modes as Modes) << FIRST_MODE));
            }
        }
        pg_sys::LWLockRelease(lock);
    }
    found
}

fn groups() -> usize {
    #[cfg(not(since_18))]
    return 1;
    #[cfg(since_18)]
    // SAFETY: a plain read of a setting that is fixed at server start.
    return usize::try_from(unsafe { pg_sys::FastPathLockGroupsPerBackend }).unwrap_or(0);
}
