//! Relations that are closed together with their lock, so that a call over 20,000 of them holds a handful.

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

/// The table-level locks this project takes.
#[derive(Clone, Copy, Debug)]
pub enum LockMode {
    AccessShare = pg_sys::AccessShareLock as isize,
    RowExclusive = pg_sys::RowExclusiveLock as isize,
}

thread_local! {
    static WAITS: Cell<bool> = const { Cell::new(true) };
}

/// Runs `work` so that it raises 55P03 where it would have to wait for a relation's lock. Unlike a lock_timeout it works at
/// the end of a session as well, when no time-out and no cancel request interrupts a wait any more.
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

/// A lock that is taken before the relation is opened, and given back if it is not.
struct Held(pg_sys::Oid, LockMode);

impl Held {
    fn now(oid: pg_sys::Oid, lock: LockMode) -> Option<Held> {
        // SAFETY: takes any OID and waits for nobody.
        unsafe { pg_sys::ConditionalLockRelationOid(oid, lock as pg_sys::LOCKMODE) }.then(|| Held(oid, lock))
    }

    /// Nothing where waiting is allowed for as long as it takes, or will not happen.
    fn now_or_wait(oid: pg_sys::Oid, lock: LockMode) -> Option<Held> {
        let is_limited = lock_budget::is_set();
        if WAITS.get() && !is_limited {
            return None;
        }
        if is_limited && let Some(held) = Held::now(oid, lock) {
            return Some(held);
        }
        // What we have locked already we get at once, even ahead of those who queue for it, but not conditionally.
        if table_lock::is_write_locked(oid) {
            return None;
        }
        let held = if WAITS.get() { Held::in_time(oid, lock) } else { Held::now(oid, lock).ok_or_else(busy) };
        // Raised in Rust alone: the server makes any error of its own FATAL while a session ends.
        held.map_err(|error| ErrorReport::from(error).report(PgLogLevel::ERROR)).ok()
    }

    /// The lock that is still to be taken, or `NoLock`.
    fn missing(held: &Option<Held>, lock: LockMode) -> pg_sys::LOCKMODE {
        if held.is_some() { pg_sys::NoLock as pg_sys::LOCKMODE } else { lock as pg_sys::LOCKMODE }
    }

    fn in_time(oid: pg_sys::Oid, lock: LockMode) -> Result<Held, Error> {
        lock_budget::wait(oid, lock as pg_sys::LOCKMODE)?;
        Ok(Held(oid, lock))
    }
}

fn busy() -> Error {
    Error::new(PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE, "others hold a lock on it")
}

impl Drop for Held {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: taken by `now`, not given back before.
            unsafe { pg_sys::UnlockRelationOid(self.0, self.1 as pg_sys::LOCKMODE) }
        }
    }
}

/// An open relation with a lock of its own; dropping it gives back both.
pub struct Relation {
    pointer: pg_sys::Relation,
    lock: LockMode,
}

impl Relation {
    /// Opens relation `oid`; raises an error if it is gone. Waits for the lock as any statement does (`lock_timeout`), or for as long as
    /// the call's budget lasts; or raises 55P03 within `nowait`.
    pub fn open(oid: pg_sys::Oid, lock: LockMode) -> Relation {
        let held = Held::now_or_wait(oid, lock);
        // SAFETY: takes any OID, and the lock before it looks the relation up, unless that is held.
        let pointer = unsafe { pg_sys::relation_open(oid, Held::missing(&held, lock)) };
        Relation::holding(held, pointer, lock)
    }

    /// As `open`, but `None` if it is gone.
    ///
    /// Does what `try_relation_open` does, without asking the catalog once more whether the relation exists: the relation
    /// cache knows, once the lock has brought it up to date. Nor does it count the scans that follow among the table's
    /// statistics.
    pub fn try_open(oid: pg_sys::Oid, lock: LockMode) -> Option<Relation> {
        Relation::try_open_with(Held::now_or_wait(oid, lock), oid, lock)
    }

    /// As `try_open`, and also `None` where that would have to wait.
    pub fn open_nowait(oid: pg_sys::Oid, lock: LockMode) -> Option<Relation> {
        let held = if table_lock::is_write_locked(oid) { None } else { Some(Held::now(oid, lock)?) };
        Relation::try_open_with(held, oid, lock)
    }

    fn try_open_with(held: Option<Held>, oid: pg_sys::Oid, lock: LockMode) -> Option<Relation> {
        let missing = Held::missing(&held, lock);
        // SAFETY: takes any OID; the relation is looked up once the lock is there. The result is null, or an entry of the
        // relation cache that is pinned until `drop` closes it.
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
                // PREPARE TRANSACTION refuses transactions that have seen temporary tables.
                pg_sys::MyXactFlags |= pg_sys::XACT_FLAGS_ACCESSEDTEMPNAMESPACE as std::ffi::c_int;
            }
            Some(Relation::holding(held, pointer, lock))
        }
    }

    /// An open relation whose lock is given back with it.
    fn holding(held: Option<Held>, pointer: pg_sys::Relation, lock: LockMode) -> Relation {
        std::mem::forget(held);
        Relation { pointer, lock }
    }

    pub fn as_ptr(&self) -> pg_sys::Relation {
        self.pointer
    }

    pub fn oid(&self) -> pg_sys::Oid {
        // SAFETY: an open relation.
        unsafe { (*self.pointer).rd_id }
    }

    /// Schema and name.
    pub fn name(&self) -> QualifiedName {
        let form = self.form();
        QualifiedName { schema: names::schema_name(form.relnamespace), name: names::name_text(&form.relname) }
    }

    /// Its row of pg_class.
    pub fn form(&self) -> &pg_sys::FormData_pg_class {
        // SAFETY: an open relation's rd_rel points to its pg_class row for as long as it is open.
        unsafe { &*(*self.pointer).rd_rel }
    }

    pub fn kind(&self) -> u8 {
        self.form().relkind as u8
    }

    /// Its row of pg_attribute for column `number`, dropped columns included.
    pub fn attribute(&self, number: i16) -> Option<pg_sys::FormData_pg_attribute> {
        let index = usize::try_from(number.checked_sub(1)?).ok()?;
        // SAFETY: an open relation has a tuple descriptor; it is neither kept nor released here.
        unsafe { PgTupleDesc::from_pg_unchecked((*self.pointer).rd_att) }.get(index).copied()
    }

    /// Refuses what has no pages to read here: a temporary table of another session, which has them in its memory, and
    /// an unlogged one on a standby.
    pub fn refuse_unreadable(&self) -> Result<(), Error> {
        // SAFETY: the relation is open; the rest is a plain read of backend state.
        let (is_ours, is_standby) = unsafe { ((*self.pointer).rd_islocaltemp, pg_sys::RecoveryInProgress()) };
        let reason = match self.form().relpersistence as u8 {
            pg_sys::RELPERSISTENCE_TEMP if !is_ours => "another session's temporary table",
            pg_sys::RELPERSISTENCE_UNLOGGED if is_standby => "unlogged, and so not there on a standby",
            _ => return Ok(()),
        };
        Err(Error::new(PgSqlErrorCode::ERRCODE_FEATURE_NOT_SUPPORTED, reason))
    }

    /// Size of the main fork in bytes.
    pub fn size(&self) -> u64 {
        // SAFETY: the relation is open and of a kind that has storage or yields 0.
        let blocks = unsafe { pg_sys::RelationGetNumberOfBlocksInFork(self.pointer, pg_sys::ForkNumber::MAIN_FORKNUM) };
        u64::from(blocks) * u64::from(pg_sys::BLCKSZ)
    }

    /// Whether this transaction created the relation or gave it a new file, so that nobody else can be using it.
    pub fn is_new_in_transaction(&self) -> bool {
        // SAFETY: the relation is open.
        let data = unsafe { &*self.pointer };
        #[cfg(feature = "pg15")]
        let rewritten = data.rd_firstRelfilenodeSubid;
        #[cfg(not(feature = "pg15"))]
        let rewritten = data.rd_firstRelfilelocatorSubid;
        data.rd_createSubid != INVALID_SUBTRANSACTION || rewritten != INVALID_SUBTRANSACTION
    }

    /// Whether this transaction has given a table that was there before a new file: TRUNCATE, or a rewrite.
    pub fn has_new_file_in_transaction(&self) -> bool {
        // SAFETY: the relation is open.
        unsafe { (*self.pointer).rd_createSubid == INVALID_SUBTRANSACTION && self.is_new_in_transaction() }
    }

    /// Whether changes to the relation have to be written to the log. Only right if it is not new in this transaction.
    pub fn is_logged(&self) -> bool {
        self.form().relpersistence as u8 == pg_sys::RELPERSISTENCE_PERMANENT
    }
}

impl Drop for Relation {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: opened by us with this lock, and not closed before.
            unsafe { pg_sys::relation_close(self.pointer, self.lock as pg_sys::LOCKMODE) }
        }
    }
}
