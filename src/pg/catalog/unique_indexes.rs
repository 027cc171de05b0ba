//! Unique indexes by the columns of their keys, by the catalog's index.

use crate::pg::catalog_scan::rows;
use pgrx::pg_sys::{FormData_pg_index, Oid};

/// pg_index, its index on indrelid, and that column's number: catalog/pg_index.h.
const CATALOG: u32 = 2610;
const BY_TABLE: u32 = 2678;
const INDRELID: i16 = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UniqueIndex {
    pub oid: Oid,
    /// Whether the column is all of its key.
    pub is_alone: bool,
    pub is_primary: bool,
}

/// Returns the table's unique indexes that have the column itself in their key, valid or not.
/// Columns that are only stored along with the key do not count, nor do expressions.
///
/// Takes AccessShareLock on pg_index and gives it back; the table is not locked.
pub fn unique_indexes(table: Oid, attribute: i16) -> Vec<UniqueIndex> {
    rows(CATALOG.into(), BY_TABLE.into(), &[(INDRELID, table)], |row| {
        // SAFETY: a row of pg_index; `indkey` has `indnatts` elements, of which the first
        // `indnkeyatts` are the key.
        let (index, key) = unsafe {
            let index = row.form::<FormData_pg_index>();
            let count = usize::try_from(index.indnkeyatts).unwrap_or(0);
            (index, std::slice::from_raw_parts(index.indkey.values.as_ptr(), count))
        };
        let is_meant = index.indisunique && key.contains(&attribute);
        is_meant.then_some(UniqueIndex {
            oid: index.indexrelid,
            is_alone: key.len() == 1,
            is_primary: index.indisprimary,
        })
    })
}
