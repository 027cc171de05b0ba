//! Reads ids from a btree index directly, which takes a few microseconds where SPI takes tens.

use crate::error::Error;
use crate::ids::search::Search;
use crate::pg::heap_scan::value;
use crate::pg::index_choice;
use crate::pg::index_scan::Scan;
use crate::pg::relation::Relation;
use crate::pg::snapshot::{Snapshot, Visibility};
use pgrx::pg_sys;

/// How many entries are read between two checks for a cancel request.
const CHECK_INTERVAL: u32 = 1024;

/// Runs `search` on column `attribute` of the open table `heap` through its open `index`. Returns
/// each id once. The index must be a btree that leads on the column and sorts as numbers do; `None`
/// if it is not.
///
/// An index with HOT chains that may be broken for old snapshots (`indcheckxmin`) can be used: the
/// snapshots taken here are newer than the index.
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
        // SAFETY: the slot holds a row of the table, and the column is one of the table's and of
        // the index's type.
        let id = unsafe { value(scan.slot, attribute).and_then(|datum| scan.key.id_type.id(datum)) };
        if let Some(id) = id.filter(|id| search.accepts(*id) && found.last() != Some(id)) {
            found.push(id);
        }
    }
    Ok(Some(found))
}

/// Which rows count as a transaction's own, in addition to those it has inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Own {
    /// Whether rows count that an update of the transaction has given another id.
    updated: bool,
    /// Whether all rows count of a table that the transaction has given a new file. They carry its
    /// transaction id, whichever transaction had inserted them before a rewrite.
    rewritten: bool,
    /// How many index entries are read from the furthest id on. They include other transactions'
    /// rows, and dead ones, which an import that was rolled back leaves behind by the million. What
    /// lies beyond is not reported; usually the transaction's own ids are the furthest.
    most_entries: u32,
}

impl Own {
    /// The transaction's statements supplied ids.
    pub const SUPPLIED: Own = Own { updated: true, rewritten: true, most_entries: 10_000 };
    /// The transaction's statements may have supplied ids, and it has updated and rewritten nothing
    /// since. (TRUNCATE and a load in one transaction also give a table a new file.)
    pub const INSERTED: Own = Own { updated: false, rewritten: true, most_entries: 10_000 };
    /// The transaction's statements supplied no ids, although its triggers may have.
    pub const UNSUPPLIED: Own = Own { updated: false, rewritten: false, most_entries: 64 };
}

/// Returns the first id, in the search's order, in a row of this transaction's own. Sees what the
/// running statement has done. The conditions of `find` apply, and the table must be a heap.
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
    // Only a dirty snapshot sees the running statement's rows and does not take part in the
    // conflicts of serializable transactions. It may miss a row that another transaction updates,
    // which does not matter: such a row is not this transaction's.
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

/// How a transaction has created a version of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    Inserted,
    Updated,
}

/// Returns how this transaction has created the version of a row; `None` if another transaction
/// has. COPY FREEZE freezes rows immediately, but only in a table that `is_new`. A frozen row of
/// another table may carry this transaction's id from before a wraparound.
///
/// # Safety
/// The slot must hold a row of a heap.
unsafe fn own_version(slot: *mut pg_sys::TupleTableSlot, is_new: bool) -> Option<Version> {
    const FROZEN: u32 = pg_sys::HEAP_XMIN_COMMITTED | pg_sys::HEAP_XMIN_INVALID;
    // SAFETY: the caller guarantees a row of a heap.
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
/// The slot must hold a row of a heap for as long as the result is used.
unsafe fn header<'a>(slot: *mut pg_sys::TupleTableSlot) -> &'a pg_sys::HeapTupleHeaderData {
    // SAFETY: the caller guarantees a row of a heap.
    unsafe { &*(*(*slot.cast::<pg_sys::HeapTupleTableSlot>()).tuple).t_data }
}

/// Whether a row that existed before this transaction had the id, and this transaction has created
/// another version of it. An upsert that updates a row does not add an id. Such versions stay in
/// the table and the index until the transaction has ended.
fn had_before(heap: &Relation, index: &Relation, attribute: i16, id: i64) -> Result<bool, Error> {
    any_version(heap, index, attribute, id, |_| true)
}

/// Whether this transaction has moved a row with the id, which existed before, to another
/// partition.
pub fn has_moved_away(heap: &Relation, index: &Relation, attribute: i16, id: i64) -> Result<bool, Error> {
    any_version(heap, index, attribute, id, |header| {
        // `HeapTupleHeaderIndicatesMovedPartitions` in access/htup_details.h.
        let next = header.t_ctid;
        next.ip_blkid.bi_hi == u16::MAX && next.ip_blkid.bi_lo == u16::MAX && next.ip_posid == MOVED_PARTITIONS
    })
}

/// `MovedPartitionsOffsetNumber` of storage/itemptr.h.
const MOVED_PARTITIONS: pg_sys::OffsetNumber = 0xfffd;

/// Whether a version with this id existed before this transaction, is of the kind, and has been
/// replaced or deleted by this transaction.
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
        // SAFETY: the slot holds a row of a heap; its transaction ids are only read.
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
/// `header` must be that of a row of a heap.
unsafe fn is_replaced_by_us(header: &pg_sys::HeapTupleHeaderData) -> bool {
    let marks = u32::from(header.t_infomask);
    if marks & (pg_sys::HEAP_XMAX_INVALID | pg_sys::HEAP_XMAX_LOCK_ONLY) != 0 {
        return false;
    }
    // SAFETY: these marks mean that one transaction has updated or deleted the row, possibly along
    // with others that only locked it.
    unsafe {
        let by = match marks & pg_sys::HEAP_XMAX_IS_MULTI {
            0 => header.t_choice.t_heap.t_xmax,
            _ => pg_sys::HeapTupleGetUpdateXid(std::ptr::from_ref(header).cast_mut()),
        };
        by != pg_sys::InvalidTransactionId && pg_sys::TransactionIdIsCurrentTransactionId(by)
    }
}
