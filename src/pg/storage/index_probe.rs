//! Ids straight from a btree index: a few microseconds where SPI takes tens.

use crate::error::Error;
use crate::ids::search::{Order, Search};
use crate::pg::heap_scan::value;
use crate::pg::id_datum::IdType;
use crate::pg::index_choice::{self, NumberKey};
use crate::pg::relation::Relation;
use crate::pg::snapshot::{Snapshot, Visibility};
use pgrx::pg_sys;
use pgrx::{AnyNumeric, IntoDatum, PgSqlErrorCode};

/// How many entries may go by between two checks for a cancel request.
const CHECK_INTERVAL: u32 = 1024;

/// Runs `search` on column `attribute` of the open table `heap` through its open `index`, without repetition. The index
/// must be a btree that leads on the column and sorts as numbers do; `None` if it is not.
///
/// An index whose HOT chains may be broken for old snapshots (`indcheckxmin`) is fine: ours are newer than the index.
pub fn find(
    heap: &Relation,
    index: &Relation,
    attribute: i16,
    search: &Search,
    visibility: Visibility,
) -> Result<Option<Vec<i64>>, Error> {
    heap.refuse_unreadable()?;
    let Some(key) = index_choice::number_key(index, attribute) else { return Ok(None) };
    let mut scan = Scan::begin(heap, index, key, search, Snapshot::take(visibility))?;
    let mut found: Vec<i64> = Vec::new();
    let mut seen = 0_u32;
    while found.len() < search.limit {
        seen = seen.wrapping_add(1);
        if seen.is_multiple_of(CHECK_INTERVAL) {
            pgrx::check_for_interrupts!();
        }
        if !scan.next() {
            break;
        }
        // SAFETY: the slot holds a row of the table, and the column is one of the table's, of the index's type.
        let id = unsafe { value(scan.slot, attribute).and_then(|datum| scan.key.id_type.id(datum)) };
        if let Some(id) = id.filter(|id| search.accepts(*id) && found.last() != Some(id)) {
            found.push(id);
        }
    }
    Ok(Some(found))
}

/// Which rows count as a transaction's own, besides those it has inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Own {
    /// Those to which an update of its own has given another id.
    updated: bool,
    /// All rows of a table that it has given a new file: they carry its id, whoever had inserted them before a rewrite.
    rewritten: bool,
    /// How many index entries, from the furthest id on, are looked at: of others' rows, and of dead ones, which an import that
    /// was undone leaves behind by the million. What lies beyond is not told of; most often the own ids are the furthest.
    most_entries: u32,
}

impl Own {
    /// Of a transaction whose statements supplied ids.
    pub const SUPPLIED: Own = Own { updated: true, rewritten: true, most_entries: 10_000 };
    /// Of one whose statements may have supplied ids, with nothing updated or rewritten since. (Who truncates a table and
    /// loads it in one transaction gives it a new file as well.)
    pub const INSERTED: Own = Own { updated: false, rewritten: true, most_entries: 10_000 };
    /// Of one whose statements supplied none: but its triggers may have.
    pub const UNSUPPLIED: Own = Own { updated: false, rewritten: false, most_entries: 64 };
}

/// The first id, in the search's order, in a row of this transaction's own. What the running statement has done counts.
/// Conditions as `find`; the table must be a heap.
pub fn find_own(
    heap: &Relation,
    index: &Relation,
    attribute: i16,
    search: &Search,
    own: Own,
) -> Result<Option<i64>, Error> {
    if !own.rewritten && heap.has_new_file_in_transaction() {
        return Ok(None);
    }
    let Some(key) = index_choice::number_key(index, attribute) else { return Ok(None) };
    // Of all snapshots this alone sees the running statement's rows, and takes no part in serializable transactions'
    // conflicts. That it may miss a row which another transaction updates does not matter: that is no row of ours.
    let mut scan = Scan::begin(heap, index, key, search, Snapshot::take(Visibility::InProgress))?;
    let is_new = heap.is_new_in_transaction();
    for _ in 0..own.most_entries {
        if !scan.next_entry() {
            break;
        }
        let mut has_more = true;
        while has_more && scan.fetch() {
            // SAFETY: as in `find`; a heap's slot holds the row's tuple.
            let (id, version) = unsafe {
                let id = value(scan.slot, attribute).and_then(|datum| scan.key.id_type.id(datum));
                (id, own_version(scan.slot, is_new))
            };
            if let (Some(id), Some(version)) = (id.filter(|id| search.accepts(*id)), version) {
                let brings_id = match version {
                    Version::Inserted => true,
                    Version::Updated => own.updated && !had_before(heap, index, attribute, id)?,
                };
                if brings_id {
                    return Ok(Some(id));
                }
            }
            has_more = scan.has_more();
        }
    }
    Ok(None)
}

/// How a transaction has made a version of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    Inserted,
    Updated,
}

/// How this transaction has made the version of a row; `None` if another one has. COPY FREEZE's rows are frozen at once, which
/// takes a table that `is_new`; a frozen row of another table may bear our number from an earlier age.
///
/// # Safety
/// The slot holds a row of a heap.
unsafe fn own_version(slot: *mut pg_sys::TupleTableSlot, is_new: bool) -> Option<Version> {
    const FROZEN: u32 = pg_sys::HEAP_XMIN_COMMITTED | pg_sys::HEAP_XMIN_INVALID;
    // SAFETY: the caller's promise.
    unsafe {
        let header = header(slot);
        let marks = u32::from(header.t_infomask);
        let is_own = (is_new || marks & FROZEN != FROZEN)
            && pg_sys::TransactionIdIsCurrentTransactionId(header.t_choice.t_heap.t_xmin);
        let version = if marks & pg_sys::HEAP_UPDATED == 0 { Version::Inserted } else { Version::Updated };
        is_own.then_some(version)
    }
}

/// # Safety
/// The slot holds a row of a heap, and goes on to do so for as long as the result is used.
unsafe fn header<'a>(slot: *mut pg_sys::TupleTableSlot) -> &'a pg_sys::HeapTupleHeaderData {
    // SAFETY: the caller's promise.
    unsafe { &*(*(*slot.cast::<pg_sys::HeapTupleTableSlot>()).tuple).t_data }
}

/// Whether a row that was there before this transaction had the id, and this transaction has made another version of it: an
/// upsert that updates a row brings no id. Such versions stay in table and index until the transaction has ended.
fn had_before(heap: &Relation, index: &Relation, attribute: i16, id: i64) -> Result<bool, Error> {
    any_version(heap, index, attribute, id, |_| true)
}

/// Whether this transaction has moved a row with the id, which was there before, to another partition.
pub fn has_moved_away(heap: &Relation, index: &Relation, attribute: i16, id: i64) -> Result<bool, Error> {
    any_version(heap, index, attribute, id, |header| {
        // `HeapTupleHeaderIndicatesMovedPartitions` in access/htup_details.h.
        let next = header.t_ctid;
        next.ip_blkid.bi_hi == u16::MAX && next.ip_blkid.bi_lo == u16::MAX && next.ip_posid == MOVED_PARTITIONS
    })
}

/// `MovedPartitionsOffsetNumber` of storage/itemptr.h.
const MOVED_PARTITIONS: pg_sys::OffsetNumber = 0xfffd;

/// Whether a version that was there before this transaction and that it has replaced or deleted has the id, and is of the kind.
fn any_version(
    heap: &Relation,
    index: &Relation,
    attribute: i16,
    id: i64,
    is_of_kind: impl Fn(&pg_sys::HeapTupleHeaderData) -> bool,
) -> Result<bool, Error> {
    let Some(key) = index_choice::number_key(index, attribute) else { return Ok(false) };
    let mut scan = Scan::begin(heap, index, key, &Search::exactly(id), Snapshot::any_version())?;
    for seen in 1_u32.. {
        if seen.is_multiple_of(CHECK_INTERVAL) {
            pgrx::check_for_interrupts!();
        }
        if !scan.next() {
            break;
        }
        // SAFETY: the slot holds a row of a heap; its transactions are read, not followed.
        let was_there = unsafe {
            let header = header(scan.slot);
            own_version(scan.slot, false).is_none() && is_replaced_by_us(header) && is_of_kind(header)
        };
        if was_there {
            return Ok(true);
        }
    }
    Ok(false)
}

/// # Safety
/// A row of a heap.
unsafe fn is_replaced_by_us(header: &pg_sys::HeapTupleHeaderData) -> bool {
    let marks = u32::from(header.t_infomask);
    if marks & (pg_sys::HEAP_XMAX_INVALID | pg_sys::HEAP_XMAX_LOCK_ONLY) != 0 {
        return false;
    }
    // SAFETY: what is marked so was updated or deleted by one transaction, among others perhaps that only locked it.
    unsafe {
        let by = match marks & pg_sys::HEAP_XMAX_IS_MULTI {
            0 => header.t_choice.t_heap.t_xmax,
            _ => pg_sys::HeapTupleGetUpdateXid(std::ptr::from_ref(header).cast_mut()),
        };
        by != pg_sys::InvalidTransactionId && pg_sys::TransactionIdIsCurrentTransactionId(by)
    }
}

/// A scan key `column <strategy> bound`, across integer types.
fn bound_key(key: &NumberKey, strategy: u32, bound: i64) -> Result<pg_sys::ScanKeyData, Error> {
    let (subtype, argument) = match key.id_type {
        IdType::Numeric => (pg_sys::NUMERICOID, AnyNumeric::from(bound).into_datum()),
        _ => (pg_sys::INT8OID, bound.into_datum()),
    };
    // SAFETY: catalog look-ups by OID and number.
    let procedure =
        unsafe { pg_sys::get_opcode(pg_sys::get_opfamily_member(key.family, key.type_oid, subtype, strategy as i16)) };
    match argument {
        Some(argument) if procedure != pg_sys::InvalidOid => Ok(scan_key(0, strategy, subtype, procedure, argument)),
        _ => Err(Error::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, "no operator to compare the column with")),
    }
}

fn scan_key(
    flags: u32,
    strategy: u32,
    subtype: pg_sys::Oid,
    procedure: pg_sys::Oid,
    argument: pg_sys::Datum,
) -> pg_sys::ScanKeyData {
    let mut key = pg_sys::ScanKeyData::default();
    // SAFETY: fills the key; the procedure exists, or is 0 together with the flags that need none.
    unsafe {
        let strategy = strategy as pg_sys::StrategyNumber;
        pg_sys::ScanKeyEntryInitialize(
            &mut key,
            flags as i32,
            1,
            strategy,
            subtype,
            pg_sys::InvalidOid,
            procedure,
            argument,
        );
    }
    key
}

/// A running index scan with its slot, snapshot and keys. Field order is not drop order: see `Drop`.
struct Scan {
    descriptor: pg_sys::IndexScanDesc,
    slot: *mut pg_sys::TupleTableSlot,
    direction: pg_sys::ScanDirection::Type,
    key: NumberKey,
    _snapshot: Snapshot,
}

impl Scan {
    fn begin(
        heap: &Relation,
        index: &Relation,
        key: NumberKey,
        search: &Search,
        mut snapshot: Snapshot,
    ) -> Result<Scan, Error> {
        let not_null = pg_sys::SK_ISNULL | pg_sys::SK_SEARCHNOTNULL;
        let mut keys = vec![scan_key(not_null, 0, pg_sys::InvalidOid, pg_sys::InvalidOid, pg_sys::Datum::from(0))];
        // Numeric is always bounded: it goes on to infinity and NaN.
        let is_unbounded = key.id_type != IdType::Numeric;
        if search.within.low > i64::MIN || !is_unbounded {
            keys.push(bound_key(&key, pg_sys::BTGreaterEqualStrategyNumber, search.within.low)?);
        }
        if search.within.high < i64::MAX || !is_unbounded {
            keys.push(bound_key(&key, pg_sys::BTLessEqualStrategyNumber, search.within.high)?);
        }
        let direction = if (search.order == Order::Ascending) == key.is_descending {
            pg_sys::ScanDirection::BackwardScanDirection
        } else {
            pg_sys::ScanDirection::ForwardScanDirection
        };
        // SAFETY: both relations are open and locked and outlive the scan; the keys are copied by index_rescan; the
        // snapshot lives in the scan (a dirty one on the heap, so moving the scan does not move it).
        let (descriptor, slot) = unsafe {
            let slot = pg_sys::table_slot_create(heap.as_ptr(), std::ptr::null_mut());
            let count = keys.len() as i32;
            #[cfg(not(feature = "pg18"))]
            let descriptor = pg_sys::index_beginscan(heap.as_ptr(), index.as_ptr(), snapshot.as_ptr(), count, 0);
            #[cfg(feature = "pg18")]
            let descriptor = pg_sys::index_beginscan(
                heap.as_ptr(),
                index.as_ptr(),
                snapshot.as_ptr(),
                std::ptr::null_mut(),
                count,
                0,
            );
            pg_sys::index_rescan(descriptor, keys.as_mut_ptr(), count, std::ptr::null_mut(), 0);
            (descriptor, slot)
        };
        Ok(Scan { descriptor, slot, direction, key, _snapshot: snapshot })
    }

    /// Goes on to the next entry, whether or not a row that the snapshot sees belongs to it.
    fn next_entry(&mut self) -> bool {
        // SAFETY: the scan is running.
        !unsafe { pg_sys::index_getnext_tid(self.descriptor, self.direction) }.is_null()
    }

    /// Whether the current entry may have another version of the row that `fetch` has found.
    fn has_more(&self) -> bool {
        // SAFETY: the scan is running.
        unsafe { (*self.descriptor).xs_heap_continue }
    }

    /// Fetches the current entry's row into the slot, if the snapshot sees one.
    fn fetch(&mut self) -> bool {
        // SAFETY: the scan stands at an entry; the slot is of the table's kind.
        unsafe { pg_sys::index_fetch_heap(self.descriptor, self.slot) }
    }

    /// Fetches the next row into the slot.
    fn next(&mut self) -> bool {
        // SAFETY: the scan is running; the slot is of the table's kind.
        unsafe { pg_sys::index_getnext_slot(self.descriptor, self.direction, self.slot) }
    }
}

impl Drop for Scan {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: both made by `begin`, not released before; the snapshot is dropped after this.
            unsafe {
                pg_sys::index_endscan(self.descriptor);
                pg_sys::ExecDropSingleTupleTableSlot(self.slot);
            }
        }
    }
}
