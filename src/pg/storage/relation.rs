//! Opens relations. Each is closed together with its lock, so that a call over 20,000 relations
//! holds only a few locks at a time.

use crate::error::Error;
use crate::pg::lock_budget;
use crate::pg::names::{self, QualifiedName};
use crate::pg::table_lock;
use pgrx::pg_sys;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::{PgLogLevel, PgSqlErrorCode, PgTupleDesc};
use std::cell::Cell;

/// `InvalidSubTransactionId` in c.h.
const INVALID_SUBTRANSACTION: pg_sys::SubTransactionId = 0;

/// The table-level locks that this project takes.
#[derive(Clone, Copy, Debug)]
pub enum LockMode {
    AccessShare = pg_sys::AccessShareLock as isize,
    RowExclusive = pg_sys::RowExclusiveLock as isize,
}

thread_local! {
    static WAITS: Cell<bool> = const { Cell::new(true) };
}

/// Runs `work` so that it raises 55P03 where it would have to wait for a relation's lock. Unlike a
/// lock_timeout, this also works at the end of a session, when timeouts and cancel requests no
/// longer interrupt a wait.
pub fn nowait<T>(work: impl FnOnce() -> T) -> T {
    struct Restored(bool);
    impl Drop for Restored {
        fn drop(&mut self) {
            WAITS.set(self.0);
        }
    }
    let _restored = Restored(WAITS.replace(false));
    work()
}

/// A lock that is acquired before the relation is opened, and released if it is not opened.
struct Held(pg_sys::Oid, LockMode);

impl Held {
    fn now(oid: pg_sys::Oid, lock: LockMode) -> Option<Held> {
        // SAFETY: takes any OID and does not wait.
        unsafe { pg_sys::ConditionalLockRelationOid(oid, lock as pg_sys::LOCKMODE) }.then(|| Held(oid, lock))
    }

    /// Acquires the lock in advance; `None` if waiting is not limited, or will not be necessary.
    fn now_or_wait(oid: pg_sys::Oid, lock: LockMode) -> Option<Held> {
        let is_limited = lock_budget::is_set();
        if WAITS.get() && !is_limited {
            return None;
        }
        if is_limited && let Some(held) = Held::now(oid, lock) {
            return Some(held);
        }
        // A lock that conflicts with no other than this transaction's own is granted immediately,
        // even ahead of sessions that queue for it, but not by a conditional request.
        if table_lock::is_write_locked(oid) {
            return None;
        }
        let held = if WAITS.get() { Held::in_time(oid, lock) } else { Held::now(oid, lock).ok_or_else(busy) };
        // Raised by Rust code only: while a session ends, the server makes any error of its own
        // FATAL.
        held.map_err(|error| ErrorReport::from(error).report(PgLogLevel::ERROR)).ok()
    }

    /// Returns the lock that is still to be acquired, or `NoLock`.
    fn missing(held: &Option<Held>, lock: LockMode) -> pg_sys::LOCKMODE {
        if held.is_some() { pg_sys::NoLock as pg_sys::LOCKMODE } else { lock as pg_sys::LOCKMODE }
    }

    fn in_time(oid: pg_sys::Oid, lock: LockMode) -> Result<Held, Error> {
        lock_budget::wait(oid, lock as pg_sys::LOCKMODE)?;
        Ok(Held(oid, lock))
    }
}

fn busy() -> Error {
    Error::new(PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE, "could not obtain the lock")
}

impl Drop for Held {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: acquired by `now` or `in_time`, and not released before.
            unsafe { pg_sys::UnlockRelationOid(self.0, self.1 as pg_sys::LOCKMODE) }
        }
    }
}

/// An open relation with a lock of its own. Dropping it closes the relation and releases the lock.
pub struct Relation {
    pointer: pg_sys::Relation,
    lock: LockMode,
}

impl Relation {
    /// Opens relation `oid`; raises an error if it does not exist. Waits for the lock as any
    /// statement does (`lock_timeout`), or for as long as the call's budget allows; raises 55P03
    /// within `nowait`.
    pub fn open(oid: pg_sys::Oid, lock: LockMode) -> Relation {
        let held = Held::now_or_wait(oid, lock);
        // SAFETY: takes any OID, and acquires the lock before it looks the relation up, unless the
        // lock is already held.
        let pointer = unsafe { pg_sys::relation_open(oid, Held::missing(&held, lock)) };
        Relation::holding(held, pointer, lock)
    }

    /// Does what `open` does, but returns `None` if the relation does not exist.
    ///
    /// Like `try_relation_open`, but does not ask the catalog once more whether the relation
    /// exists: once the lock is acquired, the relation cache is up to date. The scans that follow
    /// are not counted in the table's statistics.
    pub fn try_open(oid: pg_sys::Oid, lock: LockMode) -> Option<Relation> {
        Relation::try_open_with(Held::now_or_wait(oid, lock), oid, lock)
    }

    /// Does what `try_open` does, but also returns `None` where that would have to wait.
    pub fn open_nowait(oid: pg_sys::Oid, lock: LockMode) -> Option<Relation> {
        let held = if table_lock::is_write_locked(oid) { None } else { Some(Held::now(oid, lock)?) };
        Relation::try_open_with(held, oid, lock)
    }

    fn try_open_with(held: Option<Held>, oid: pg_sys::Oid, lock: LockMode) -> Option<Relation> {
        let missing = Held::missing(&held, lock);
        // SAFETY: takes any OID; the relation is looked up after the lock is acquired. The result
        // is null, or an entry of the relation cache that stays pinned until `drop` closes it.
        unsafe {
            if missing != pg_sys::NoLock as pg_sys::LOCKMODE {
                pg_sys::LockRelationOid(oid, missing);
            }
            let pointer = pg_sys::RelationIdGetRelation(oid);
            if pointer.is_null() {
                if held.is_none() {
                    pg_sys::UnlockRelationOid(oid, lock as pg_sys::LOCKMODE);
                }
                return None;
            }
            if (*(*pointer).rd_rel).relpersistence as u8 == pg_sys::RELPERSISTENCE_TEMP {
                // PREPARE TRANSACTION refuses transactions that have accessed temporary tables.
                pg_sys::MyXactFlags |= pg_sys::XACT_FLAGS_ACCESSEDTEMPNAMESPACE as std::ffi::c_int;
            }
            Some(Relation::holding(held, pointer, lock))
        }
    }

    /// Returns an open relation that releases the lock when it is dropped.
    fn holding(held: Option<Held>, pointer: pg_sys::Relation, lock: LockMode) -> Relation {
        std::mem::forget(held);
        Relation { pointer, lock }
    }

    pub fn as_ptr(&self) -> pg_sys::Relation {
        self.pointer
    }

    pub fn oid(&self) -> pg_sys::Oid {
        // SAFETY: the relation is open.
        unsafe { (*self.pointer).rd_id }
    }

    /// Returns the relation's schema and name.
    pub fn name(&self) -> QualifiedName {
        let form = self.form();
        QualifiedName { schema: names::schema_name(form.relnamespace), name: names::name_text(&form.relname) }
    }

    /// Returns the relation's row of pg_class.
    pub fn form(&self) -> &pg_sys::FormData_pg_class {
        // SAFETY: an open relation's rd_rel points to its pg_class row for as long as it is open.
        unsafe { &*(*self.pointer).rd_rel }
    }

    pub fn kind(&self) -> u8 {
        self.form().relkind as u8
    }

    /// Returns the row of pg_attribute for column `number`, dropped columns included.
    pub fn attribute(&self, number: i16) -> Option<pg_sys::FormData_pg_attribute> {
        let index = usize::try_from(number.checked_sub(1)?).ok()?;
        // SAFETY: an open relation has a tuple descriptor; it is neither kept nor released here.
        unsafe { PgTupleDesc::from_pg_unchecked((*self.pointer).rd_att) }.get(index).copied()
    }

    /// Raises an error for a relation without pages that this session can read: a temporary table
    /// of another session, which keeps them in its own memory, or an unlogged table on a standby.
    pub fn refuse_unreadable(&self) -> Result<(), Error> {
        // SAFETY: the relation is open; the rest is a plain read of backend state.
        let (is_ours, is_standby) = unsafe { ((*self.pointer).rd_islocaltemp, pg_sys::RecoveryInProgress()) };
        let reason = match self.form().relpersistence as u8 {
            pg_sys::RELPERSISTENCE_TEMP if !is_ours => "another session's temporary table",
            pg_sys::RELPERSISTENCE_UNLOGGED if is_standby => "unlogged, and not accessible on a standby",
            _ => return Ok(()),
        };
        Err(Error::new(PgSqlErrorCode::ERRCODE_FEATURE_NOT_SUPPORTED, reason))
    }

    /// Returns the size of the main fork in bytes.
    pub fn size(&self) -> u64 {
        // SAFETY: the relation is open; a kind without storage yields 0.
        let blocks = unsafe { pg_sys::RelationGetNumberOfBlocksInFork(self.pointer, pg_sys::ForkNumber::MAIN_FORKNUM) };
        u64::from(blocks) * u64::from(pg_sys::BLCKSZ)
    }

    /// Whether this transaction created the relation or gave it a new file, so that no other
    /// session can be using it.
    pub fn is_new_in_transaction(&self) -> bool {
        // SAFETY: the relation is open.
        let data = unsafe { &*self.pointer };
        #[cfg(not(since_16))]
        let rewritten = data.rd_firstRelfilenodeSubid;
        #[cfg(since_16)]
        let rewritten = data.rd_firstRelfilelocatorSubid;
        data.rd_createSubid != INVALID_SUBTRANSACTION || rewritten != INVALID_SUBTRANSACTION
    }

    /// Whether this transaction has given a new file to a table that existed before, by TRUNCATE or
    /// a rewrite.
    pub fn has_new_file_in_transaction(&self) -> bool {
        // SAFETY: the relation is open.
        unsafe { (*self.pointer).rd_createSubid == INVALID_SUBTRANSACTION && self.is_new_in_transaction() }
    }

    /// Whether changes to the relation have to be written to WAL. Correct only if the relation is
    /// not new in this transaction.
    pub fn is_logged(&self) -> bool {
        self.form().relpersistence as u8 == pg_sys::RELPERSISTENCE_PERMANENT
    }
}

impl Drop for Relation {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: opened with this lock, and not closed before.
            unsafe { pg_sys::relation_close(self.pointer, self.lock as pg_sys::LOCKMODE) }
        }
    }
}
