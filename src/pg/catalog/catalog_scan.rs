//! Reads a catalog through one of its indexes, without a query. Planning a query takes longer than
//! the rest of a small look-up, and each session has to plan it again.

use crate::pg::relation::{LockMode, Relation};
use crate::pg::varlena::detoasted;
use pgrx::pg_sys::{self, Oid};

/// The current row of a scan.
pub struct CatalogRow<'s> {
    scan: &'s Scan<'s>,
    tuple: pg_sys::HeapTuple,
}

impl CatalogRow<'_> {
    /// Returns the value of column `number`; `None` for NULL. A datum of its type holds the value
    /// or points to it.
    fn value(&self, number: i16) -> Option<pg_sys::Datum> {
        let mut is_null = false;
        // SAFETY: the tuple is the scan's current one, and the descriptor is its catalog's, which
        // is open.
        let value = unsafe {
            pg_sys::heap_getattr(self.tuple, number.into(), (*self.scan.catalog.as_ptr()).rd_att, &mut is_null)
        };
        (!is_null).then_some(value)
    }

    /// Returns the row's columns up to the first of variable length.
    ///
    /// # Safety
    /// `T` must be the server's `FormData_…` of the scan's catalog.
    pub(in crate::pg) unsafe fn form<T>(&self) -> &T {
        // SAFETY: the caller guarantees the type; the tuple is the scan's current one.
        unsafe { &*pg_sys::GETSTRUCT(self.tuple).cast::<T>() }
    }

    /// Returns a column of type oid.
    pub fn oid(&self, number: i16) -> Oid {
        Oid::from(self.value(number).map_or(0, |value| value.value() as u32))
    }

    /// Returns a column of type int4, int2 or "char".
    pub fn number(&self, number: i16) -> i32 {
        self.value(number).map_or(0, |value| value.value() as i32)
    }

    /// Returns a column of type text or pg_node_tree.
    pub fn text(&self, number: i16) -> Option<String> {
        // SAFETY: a value of variable length that is not null; it is copied before the scan
        // advances.
        self.value(number).map(|value| String::from_utf8_lossy(unsafe { detoasted(value) }).into_owned())
    }
}

struct Scan<'c> {
    catalog: &'c Relation,
    descriptor: pg_sys::SysScanDesc,
}

impl Drop for Scan<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: begun by `rows` and not ended before.
            unsafe { pg_sys::systable_endscan(self.descriptor) }
        }
    }
}

/// Returns the results of `read` for the rows of `catalog` that match these OIDs in the leading
/// columns of `index`. The columns are given by their numbers in the catalog. Sees what is
/// committed by now and what this transaction has done.
///
/// Takes AccessShareLock on the catalog and the index, and releases it.
pub fn rows<T>(
    catalog: Oid,
    index: Oid,
    columns: &[(i16, Oid)],
    mut read: impl FnMut(&CatalogRow<'_>) -> Option<T>,
) -> Vec<T> {
    let catalog = Relation::open(catalog, LockMode::AccessShare);
    let mut keys = vec![pg_sys::ScanKeyData::default(); columns.len()];
    // SAFETY: the catalog is open and outlives the scan, which translates the keys to the index's
    // columns and copies them.
    let scan = unsafe {
        for (key, (column, oid)) in keys.iter_mut().zip(columns) {
            let equal = pg_sys::BTEqualStrategyNumber as pg_sys::StrategyNumber;
            pg_sys::ScanKeyInit(key, *column, equal, Oid::from(pg_sys::F_OIDEQ), pg_sys::Datum::from(*oid));
        }
        let none = std::ptr::null_mut();
        let descriptor =
            pg_sys::systable_beginscan(catalog.as_ptr(), index, true, none, keys.len() as i32, keys.as_mut_ptr());
        Scan { catalog: &catalog, descriptor }
    };
    let mut found = Vec::new();
    loop {
        // SAFETY: the scan is in progress; the tuple that is returned stays valid until the next
        // call.
        let tuple = unsafe { pg_sys::systable_getnext(scan.descriptor) };
        if tuple.is_null() {
            return found;
        }
        found.extend(read(&CatalogRow { scan: &scan, tuple }));
    }
}
