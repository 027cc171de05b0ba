//! Reads ids from a whole table, without the planner. Planning a query over another role's table
//! evaluates the expressions of its indexes with the caller's privileges.

use crate::error::Error;
use crate::ids::search::Search;
use crate::pg::id_datum::IdType;
use crate::pg::relation::Relation;
use crate::pg::snapshot::{Snapshot, Visibility};
use pgrx::pg_sys;

/// Runs `search` on column `attribute` of the open heap table.
pub fn find(
    heap: &Relation,
    attribute: i16,
    id_type: IdType,
    search: &Search,
    visibility: Visibility,
) -> Result<Vec<i64>, Error> {
    heap.refuse_unreadable()?;
    let mut scan = Scan::begin(heap, visibility);
    let mut found = Vec::new();
    while scan.next() {
        // SAFETY: the slot holds a row of the table, and the column is one of the table's and of
        // this type.
        if let Some(id) = unsafe { value(scan.slot, attribute).and_then(|datum| id_type.id(datum)) } {
            search.keep(&mut found, id);
        }
    }
    Ok(found)
}

/// Returns column `attribute` of the row in the slot, or `None` if it is null.
///
/// # Safety
/// The slot must hold a row of a table that has this column.
pub(in crate::pg) unsafe fn value(slot: *mut pg_sys::TupleTableSlot, attribute: i16) -> Option<pg_sys::Datum> {
    let column = usize::try_from(attribute.checked_sub(1)?).ok()?;
    // SAFETY: the caller guarantees that the column exists; slot_getsomeattrs_int fills both arrays
    // up to the column.
    unsafe {
        if usize::try_from((*slot).tts_nvalid).ok()? <= column {
            pg_sys::slot_getsomeattrs_int(slot, attribute.into());
        }
        (!*(*slot).tts_isnull.add(column)).then(|| *(*slot).tts_values.add(column))
    }
}

/// A scan in progress, with its slot and snapshot.
pub(in crate::pg) struct Scan {
    descriptor: pg_sys::TableScanDesc,
    pub(in crate::pg) slot: *mut pg_sys::TupleTableSlot,
    _snapshot: Snapshot,
}

impl Scan {
    pub(in crate::pg) fn begin(heap: &Relation, visibility: Visibility) -> Scan {
        use pg_sys::ScanOptions::{SO_ALLOW_PAGEMODE, SO_ALLOW_STRAT, SO_ALLOW_SYNC, SO_TYPE_SEQSCAN};
        let flags = SO_TYPE_SEQSCAN | SO_ALLOW_STRAT | SO_ALLOW_SYNC | SO_ALLOW_PAGEMODE;
        let mut snapshot = Snapshot::take(visibility);
        // SAFETY: the table is open, locked, of the heap access method, and outlives the scan; the
        // snapshot lives in the scan (a dirty one on Rust's heap, so moving the scan does not move
        // it).
        let (descriptor, slot) = unsafe {
            let slot = pg_sys::table_slot_create(heap.as_ptr(), std::ptr::null_mut());
            let none = std::ptr::null_mut();
            let descriptor =
                pg_sys::heap_beginscan(heap.as_ptr(), snapshot.as_ptr(), 0, none, std::ptr::null_mut(), flags);
            (descriptor, slot)
        };
        Scan { descriptor, slot, _snapshot: snapshot }
    }

    /// Fetches the next row into the slot. Checks for a cancel request at every page.
    pub(in crate::pg) fn next(&mut self) -> bool {
        // SAFETY: the scan is in progress, and the slot is of the table's kind.
        unsafe { pg_sys::heap_getnextslot(self.descriptor, pg_sys::ScanDirection::ForwardScanDirection, self.slot) }
    }
}

impl Drop for Scan {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: both were made by `begin` and not released before; the snapshot is dropped
            // after this.
            unsafe {
                pg_sys::heap_endscan(self.descriptor);
                pg_sys::ExecDropSingleTupleTableSlot(self.slot);
            }
        }
    }
}
