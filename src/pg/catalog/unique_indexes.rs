//! Finds the unique indexes that have a column in their key, through the index of pg_index.

use crate::pg::catalog_scan::rows;
use pgrx::pg_sys::{FormData_pg_index, Oid};

/// The OIDs of pg_index and its index on indrelid, and that column's number: catalog/pg_index.h.
const CATALOG: u32 = 2610;
const BY_TABLE: u32 = 2678;
const INDRELID: i16 = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UniqueIndex {
    pub oid: Oid,
    /// Whether the key consists of only this column.
    pub is_alone: bool,
    pub is_primary: bool,
}

/// Returns the table's unique indexes that have the column itself in their key, valid or not.
/// Included columns (INCLUDE) and expressions do not count.
///
/// Takes AccessShareLock on pg_index and releases it; does not lock the table.
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
