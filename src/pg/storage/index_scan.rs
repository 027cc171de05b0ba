//! Scans a btree index between two bounds, in either direction.

use crate::error::Error;
use crate::ids::search::{Order, Search};
use crate::pg::id_datum::IdType;
use crate::pg::index_choice::NumberKey;
use crate::pg::relation::Relation;
use crate::pg::snapshot::Snapshot;
use pgrx::pg_sys;
use pgrx::{AnyNumeric, IntoDatum, PgSqlErrorCode};

/// Returns a scan key `column <strategy> bound`, across integer types.
fn bound_key(key: &NumberKey, strategy: u32, bound: i64) -> Result<pg_sys::ScanKeyData, Error> {
    let (subtype, argument) = match key.id_type {
        IdType::Numeric => (pg_sys::NUMERICOID, AnyNumeric::from(bound).into_datum()),
        _ => (pg_sys::INT8OID, bound.into_datum()),
    };
    // SAFETY: looks OIDs and numbers up in the catalogs.
    let procedure =
        unsafe { pg_sys::get_opcode(pg_sys::get_opfamily_member(key.family, key.type_oid, subtype, strategy as i16)) };
    match argument {
        Some(argument) if procedure != pg_sys::InvalidOid => Ok(scan_key(0, strategy, subtype, procedure, argument)),
        _ => Err(Error::new(
            PgSqlErrorCode::ERRCODE_INTERNAL_ERROR,
            "missing operator to compare the column with a number",
        )),
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
    // SAFETY: fills the key; the procedure exists, or is 0 together with flags that need none.
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

/// An index scan in progress, with its slot, snapshot and keys. The order of the fields is not the
/// order of destruction: see `Drop`.
pub(in crate::pg) struct Scan {
    descriptor: pg_sys::IndexScanDesc,
    pub(in crate::pg) slot: *mut pg_sys::TupleTableSlot,
    direction: pg_sys::ScanDirection::Type,
    pub(in crate::pg) key: NumberKey,
    _snapshot: Snapshot,
}

impl Scan {
    pub(in crate::pg) fn begin(
        heap: &Relation,
        index: &Relation,
        key: NumberKey,
        search: &Search,
        mut snapshot: Snapshot,
    ) -> Result<Scan, Error> {
        let not_null = pg_sys::SK_ISNULL | pg_sys::SK_SEARCHNOTNULL;
        let mut keys = vec![scan_key(not_null, 0, pg_sys::InvalidOid, pg_sys::InvalidOid, pg_sys::Datum::from(0))];
        // A numeric column is always bounded: its values include infinity and NaN.
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
        // SAFETY: both relations are open and locked and outlive the scan; index_rescan copies the
        // keys; the snapshot lives in the scan (a dirty one on Rust's heap, so moving the scan does
        // not move it).
        let (descriptor, slot) = unsafe {
            let slot = pg_sys::table_slot_create(heap.as_ptr(), std::ptr::null_mut());
            let count = keys.len() as i32;
            #[cfg(not(since_18))]
            let descriptor = pg_sys::index_beginscan(heap.as_ptr(), index.as_ptr(), snapshot.as_ptr(), count, 0);
            #[cfg(since_18)]
            let descriptor = pg_sys::index_beginscan(
                heap.as_ptr(),
                index.as_ptr(),
                snapshot.as_ptr(),
                std::ptr::null_mut(),
                count,
                0,
                #[cfg(since_19)]
                0, // no flags: SO_NONE
            );
            pg_sys::index_rescan(descriptor, keys.as_mut_ptr(), count, std::ptr::null_mut(), 0);
            (descriptor, slot)
        };
        Ok(Scan { descriptor, slot, direction, key, _snapshot: snapshot })
    }

    /// Moves to the next entry, even if the snapshot does not see a row for it.
    pub(in crate::pg) fn next_entry(&mut self) -> bool {
        // SAFETY: the scan is in progress.
        !unsafe { pg_sys::index_getnext_tid(self.descriptor, self.direction) }.is_null()
    }

    /// Whether the current entry may have another version of the row that `fetch` has found.
    pub(in crate::pg) fn has_more(&self) -> bool {
        // SAFETY: the scan is in progress.
        unsafe { (*self.descriptor).xs_heap_continue }
    }

    /// Fetches the current entry's row into the slot, if the snapshot sees one.
    pub(in crate::pg) fn fetch(&mut self) -> bool {
        // SAFETY: the scan has a current entry; the slot is of the table's kind.
        unsafe { pg_sys::index_fetch_heap(self.descriptor, self.slot) }
    }

    /// Fetches the next row into the slot.
    pub(in crate::pg) fn next(&mut self) -> bool {
        // SAFETY: the scan is in progress; the slot is of the table's kind.
        unsafe { pg_sys::index_getnext_slot(self.descriptor, self.direction, self.slot) }
    }
}

impl Drop for Scan {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: both were made by `begin` and not released before; the snapshot is dropped
            // after this.
            unsafe {
                pg_sys::index_endscan(self.descriptor);
                pg_sys::ExecDropSingleTupleTableSlot(self.slot);
            }
        }
    }
}
