//! Reads a sequence's definition and its only tuple as nextval reads them.

use crate::error::Error;
use crate::ids::position::{Definition, State};
use crate::pg::relation::{LockMode, Relation};
use crate::pg::subtransaction;
use pgrx::PgSqlErrorCode;
use pgrx::{IntoDatum, direct_function_call, pg_sys};

/// `SEQ_MAGIC` in commands/sequence.c, at the end of a sequence's page.
const SEQUENCE_MAGIC: u32 = 0x1717;

/// The user data of a sequence's tuple: `FormData_pg_sequence_data` in commands/sequence.h.
#[repr(C)]
pub(in crate::pg) struct SequenceData {
    pub last_value: i64,
    pub log_count: i64,
    /// A C `bool`, read as a byte, since a corrupted page may hold any value.
    pub is_called: u8,
}

/// A row of `pg_sequence`: `FormData_pg_sequence` in catalog/pg_sequence.h, unchanged since
/// PostgreSQL 10.
#[repr(C)]
struct SequenceForm {
    sequence: pg_sys::Oid,
    data_type: pg_sys::Oid,
    start: i64,
    increment: i64,
    max: i64,
    min: i64,
    cache: i64,
    cycle: bool,
}

/// A lock on the contents of a buffer.
#[derive(Clone, Copy, Debug)]
pub(in crate::pg) enum BufferLock {
    Share,
    Exclusive,
}

impl BufferLock {
    /// # Safety
    /// The buffer must be pinned, and not locked by this backend.
    #[cfg(not(since_19))]
    unsafe fn acquire(self, buffer: pg_sys::Buffer) {
        let mode = match self {
            Self::Share => pg_sys::BUFFER_LOCK_SHARE,
            Self::Exclusive => pg_sys::BUFFER_LOCK_EXCLUSIVE,
        };
        // SAFETY: the caller guarantees it.
        unsafe { pg_sys::LockBuffer(buffer, mode as i32) };
    }

    /// Since 19, `LockBuffer` is inline, and pgrx's binding of it refers to no symbol.
    ///
    /// # Safety
    /// The buffer must be pinned, and not locked by this backend.
    #[cfg(since_19)]
    unsafe fn acquire(self, buffer: pg_sys::Buffer) {
        let mode = match self {
            Self::Share => pg_sys::BufferLockMode::BUFFER_LOCK_SHARE,
            Self::Exclusive => pg_sys::BufferLockMode::BUFFER_LOCK_EXCLUSIVE,
        };
        // SAFETY: the caller guarantees it.
        unsafe { pg_sys::LockBufferInternal(buffer, mode) };
    }
}

/// A pinned and locked page of a sequence. Dropping it unlocks and unpins the page.
pub(in crate::pg) struct SequencePage {
    buffer: pg_sys::Buffer,
}

impl SequencePage {
    /// Reads and locks the page.
    pub fn lock(sequence: &Relation, lock: BufferLock) -> Result<SequencePage, Error> {
        // SAFETY: the relation is open and locked; a missing block raises an error.
        let buffer = unsafe { pg_sys::ReadBuffer(sequence.as_ptr(), 0) };
        // SAFETY: the buffer has just been pinned.
        unsafe { lock.acquire(buffer) };
        let page = SequencePage { buffer };
        page.verify()?;
        Ok(page)
    }

    pub fn buffer(&self) -> pg_sys::Buffer {
        self.buffer
    }

    pub fn page(&self) -> pg_sys::Page {
        // SAFETY: the buffer is pinned.
        unsafe { pg_sys::BufferGetPage(self.buffer) }
    }

    /// Does what `PageSetLSN` does. The page keeps the LSN as two native 32-bit words, the high one
    /// first. Since 19, the server's struct has a single u64, whose halves it swaps on
    /// little-endian machines for the same layout (storage/bufpage.h).
    ///
    /// # Safety
    /// The page must be exclusively locked.
    pub unsafe fn set_lsn(&self, lsn: pg_sys::XLogRecPtr) {
        const { assert!(std::mem::size_of::<pg_sys::PageXLogRecPtr>() == std::mem::size_of::<[u32; 2]>()) };
        let header = self.page().cast::<pg_sys::PageHeaderData>();
        // SAFETY: a page begins with its header, and that with the LSN; the caller guarantees the
        // lock.
        unsafe { (&raw mut (*header).pd_lsn).cast::<[u32; 2]>().write([(lsn >> 32) as u32, lsn as u32]) };
    }

    fn item_id(&self) -> pg_sys::ItemIdData {
        let header = self.page().cast::<pg_sys::PageHeaderData>();
        // SAFETY: the page is pinned and locked, and its first line pointer lies within it whatever
        // the page contains.
        unsafe { *(*header).pd_linp.as_ptr() }
    }

    /// Checks everything that the accessors below rely on, so that a corrupted page causes an error
    /// and not an invalid read.
    fn verify(&self) -> Result<(), Error> {
        const PAGE: usize = pg_sys::BLCKSZ as usize;
        let header = self.page().cast::<pg_sys::PageHeaderData>();
        // SAFETY: the page is pinned and locked, and a page has a header whatever it contains.
        let special = usize::from(unsafe { (*header).pd_special });
        let magic_is_right = special == PAGE - std::mem::align_of::<i64>()
            // SAFETY: the offset was just found to lie within the page, aligned.
            && unsafe { *self.page().add(special).cast::<u32>() } == SEQUENCE_MAGIC;
        let item = self.item_id();
        let (offset, length) = (item.lp_off() as usize, item.lp_len() as usize);
        let tuple_is_right = item.lp_flags() == pg_sys::LP_NORMAL
            && offset.is_multiple_of(std::mem::align_of::<i64>())
            && offset + length <= special
            && length > std::mem::size_of::<pg_sys::HeapTupleHeaderData>()
            && self.data_offset() + std::mem::offset_of!(SequenceData, is_called) < length;
        if magic_is_right && tuple_is_right {
            return Ok(());
        }
        Err(Error::new(PgSqlErrorCode::ERRCODE_DATA_CORRUPTED, "the sequence's page is corrupted"))
    }

    /// Returns the tuple's offset and length within the page.
    pub fn tuple_extent(&self) -> (usize, usize) {
        let item = self.item_id();
        (item.lp_off() as usize, item.lp_len() as usize)
    }

    /// Returns the offset of the user data within the tuple.
    fn data_offset(&self) -> usize {
        let (offset, _) = self.tuple_extent();
        // SAFETY: `verify` has found that the tuple's header lies within the page before it calls
        // this.
        usize::from(unsafe { (*self.page().add(offset).cast::<pg_sys::HeapTupleHeaderData>()).t_hoff })
    }

    pub fn data(&self) -> *mut SequenceData {
        let (offset, _) = self.tuple_extent();
        // SAFETY: `verify` has found that header and data lie within the page.
        unsafe { self.page().add(offset + self.data_offset()).cast() }
    }

    pub fn state(&self) -> State {
        // SAFETY: `verify` has passed, and the page is locked at least for reading.
        let data = unsafe { &*self.data() };
        State { last_value: data.last_value, is_called: data.is_called != 0 }
    }
}

impl Drop for SequencePage {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: pinned and locked by `lock`.
            unsafe { pg_sys::UnlockReleaseBuffer(self.buffer) }
        }
    }
}

/// Reads the sequence's tuple: `last_value` and `is_called`, committed or not (sequences are not
/// transactional).
pub fn read_state(sequence: &Relation) -> Result<State, Error> {
    if sequence.kind() != pg_sys::RELKIND_SEQUENCE {
        return Err(Error::new(PgSqlErrorCode::ERRCODE_WRONG_OBJECT_TYPE, "no longer a sequence"));
    }
    sequence.refuse_unreadable()?;
    Ok(SequencePage::lock(sequence, BufferLock::Share)?.state())
}

/// Returns the data type and definition in the sequence's row of `pg_sequence`. They do not change
/// while the caller holds RowExclusiveLock, which conflicts with ALTER SEQUENCE.
pub fn read_definition(oid: pg_sys::Oid) -> Option<(pg_sys::Oid, Definition)> {
    // SAFETY: SEQRELID is keyed by one OID.
    let tuple =
        unsafe { pg_sys::SearchSysCache1(pg_sys::SysCacheIdentifier::SEQRELID as i32, pg_sys::Datum::from(oid)) };
    if tuple.is_null() {
        return None;
    }
    // SAFETY: a pg_sequence row has exactly this layout, without nullable or variable-length
    // columns.
    let form = unsafe { &*pg_sys::GETSTRUCT(tuple).cast::<SequenceForm>() };
    let SequenceForm { data_type, increment, max, min, cache, cycle, .. } = *form;
    // SAFETY: the tuple came from the cache and is not used any more.
    unsafe { pg_sys::ReleaseSysCache(tuple) };
    Some((data_type, Definition { increment, min, max, cache, cycle }))
}

/// Returns the value that this session has drawn last from the sequence, as `currval` returns it;
/// `None` if there is none, if the current user may not see it, or if the sequence is being altered
/// or dropped.
///
/// Takes RowExclusiveLock on the sequence, as nextval does, and holds it to the end of the
/// transaction.
pub fn last_drawn(oid: pg_sys::Oid) -> Option<i64> {
    // currval would wait for the lock.
    let relation = Relation::open_nowait(oid, LockMode::RowExclusive)?;
    if relation.kind() != pg_sys::RELKIND_SEQUENCE {
        return None;
    }
    let drawn = subtransaction::attempt(|| {
        // SAFETY: the function takes a regclass, which is not null.
        Ok(unsafe { direct_function_call::<i64>(pg_sys::currval_oid, &[oid.into_datum()]) })
    });
    drawn.ok().flatten()
}
