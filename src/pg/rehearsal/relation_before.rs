//! Reads pg_class as it was before a statement.

use crate::pg::encoded_text::decode;
use crate::pg::relation::{LockMode, Relation};
use pgrx::pg_sys::{self, Datum, FormData_pg_class, FormData_pg_namespace, Oid, ScanKeyData};
use std::ffi::CStr;

/// A snapshot that sees what the transaction has done so far, and nothing that it does later.
pub(in crate::pg) struct Before(pg_sys::Snapshot);

/// A relation as a catalog row describes it.
#[derive(Clone, Debug)]
pub(in crate::pg) struct Described {
    pub oid: Oid,
    pub schema: Oid,
    pub name: String,
    pub kind: u8,
    pub file: u32,
}

impl Before {
    pub fn take() -> Before {
        // SAFETY: runs in a transaction; the copy is registered with the current resource owner.
        Before(unsafe {
            pg_sys::PushCopiedSnapshot(pg_sys::GetTransactionSnapshot());
            pg_sys::UpdateActiveSnapshotCommandId();
            let snapshot = pg_sys::RegisterSnapshot(pg_sys::GetActiveSnapshot());
            pg_sys::PopActiveSnapshot();
            snapshot
        })
    }

    pub fn relation(&self, oid: Oid) -> Option<Described> {
        first(
            self.0,
            pg_sys::RelationRelationId,
            pg_sys::ClassOidIndexId,
            &mut [key(pg_sys::Anum_pg_class_oid, pg_sys::F_OIDEQ, oid.into())],
            |tuple| {
                // SAFETY: a row of pg_class.
                describe(unsafe { &*pg_sys::GETSTRUCT(tuple).cast::<FormData_pg_class>() })
            },
        )
    }

    /// Returns the relation of this name in the schema.
    pub fn relation_named(&self, name: &pg_sys::NameData, schema: Oid) -> Option<Described> {
        let mut keys = [
            key(pg_sys::Anum_pg_class_relname, pg_sys::F_NAMEEQ, Datum::from(std::ptr::from_ref(name).cast_mut())),
            key(pg_sys::Anum_pg_class_relnamespace, pg_sys::F_OIDEQ, schema.into()),
        ];
        first(self.0, pg_sys::RelationRelationId, pg_sys::ClassNameNspIndexId, &mut keys, |tuple| {
            // SAFETY: a row of pg_class.
            describe(unsafe { &*pg_sys::GETSTRUCT(tuple).cast::<FormData_pg_class>() })
        })
    }

    /// Returns the schema's name.
    pub fn schema(&self, oid: Oid) -> Option<String> {
        let mut keys = [key(pg_sys::Anum_pg_namespace_oid, pg_sys::F_OIDEQ, oid.into())];
        first(self.0, pg_sys::NamespaceRelationId, pg_sys::NamespaceOidIndexId, &mut keys, |tuple| {
            // SAFETY: a row of pg_namespace.
            name_text(unsafe { &(*pg_sys::GETSTRUCT(tuple).cast::<FormData_pg_namespace>()).nspname })
        })
    }
}

impl Drop for Before {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: registered by `take`, with the resource owner that is current again.
            unsafe { pg_sys::UnregisterSnapshot(self.0) }
        }
    }
}

/// Returns the relation whose file has this number, as the transaction sees it now, and its name.
pub(in crate::pg) fn with_file(tablespace: Oid, file: u32) -> Option<(Described, pg_sys::NameData)> {
    let mut keys = [
        key(pg_sys::Anum_pg_class_reltablespace, pg_sys::F_OIDEQ, tablespace.into()),
        key(pg_sys::Anum_pg_class_relfilenode, pg_sys::F_OIDEQ, Oid::from(file).into()),
    ];
    let none = std::ptr::null_mut();
    first(none, pg_sys::RelationRelationId, pg_sys::ClassTblspcRelfilenodeIndexId, &mut keys, |tuple| {
        // SAFETY: a row of pg_class.
        let form = unsafe { &*pg_sys::GETSTRUCT(tuple).cast::<FormData_pg_class>() };
        (describe(form), form.relname)
    })
}

fn name_text(name: &pg_sys::NameData) -> String {
    // SAFETY: a NameData ends with a zero byte.
    decode(unsafe { CStr::from_ptr(name.data.as_ptr()) }.to_bytes())
}

fn describe(form: &FormData_pg_class) -> Described {
    Described {
        oid: form.oid,
        schema: form.relnamespace,
        name: name_text(&form.relname),
        kind: form.relkind as u8,
        file: u32::from(form.relfilenode),
    }
}

fn key(column: u32, function: u32, value: Datum) -> ScanKeyData {
    let mut key = ScanKeyData::default();
    let equal = pg_sys::BTEqualStrategyNumber as pg_sys::StrategyNumber;
    // SAFETY: fills the key for a btree index over a system catalog.
    unsafe { pg_sys::ScanKeyInit(&mut key, column as i16, equal, Oid::from(function), value) };
    key
}

/// Returns what `read` makes of the first row. A null snapshot sees what the transaction has done.
fn first<T>(
    snapshot: pg_sys::Snapshot,
    catalog: Oid,
    index: u32,
    keys: &mut [ScanKeyData],
    read: impl FnOnce(pg_sys::HeapTuple) -> T,
) -> Option<T> {
    let catalog = Relation::open(catalog, LockMode::AccessShare);
    // SAFETY: the catalog is open, and the snapshot is registered or null; the tuple is read before
    // the scan ends.
    unsafe {
        let scan = pg_sys::systable_beginscan(
            catalog.as_ptr(),
            Oid::from(index),
            true,
            snapshot,
            keys.len() as i32,
            keys.as_mut_ptr(),
        );
        let tuple = pg_sys::systable_getnext(scan);
        let found = (!tuple.is_null()).then(|| read(tuple));
        pg_sys::systable_endscan(scan);
        found
    }
}
