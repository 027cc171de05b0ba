//! Finds the partitions of a table and the tables above a partition, through the indexes of
//! pg_inherits.

use crate::pg::catalog_scan::rows;
use crate::pg::{list, names};
use pgrx::pg_sys::{self, Oid};

/// The OIDs of pg_inherits and its index on inhparent, and the numbers of its columns:
/// catalog/pg_inherits.h.
const CATALOG: u32 = 2611;
const BY_PARENT: u32 = 2187;
const INHRELID: i16 = 1;
const INHPARENT: i16 = 2;

/// Returns the table itself and its partitions at every level; only the table if it is not
/// partitioned. `None` if there are more than `most` partitions.
///
/// Takes AccessShareLock on pg_inherits and releases it. Does not lock the partitions, so some may
/// no longer exist.
pub fn tree(table: Oid, most: usize) -> Option<Vec<Oid>> {
    let mut tree = vec![table];
    let mut next = 0;
    while let Some(parent) = tree.get(next).copied() {
        next += 1;
        if names::relation_kind(parent) == Some(pg_sys::RELKIND_PARTITIONED_TABLE) {
            tree.extend(rows(CATALOG.into(), BY_PARENT.into(), &[(INHPARENT, parent)], |row| Some(row.oid(INHRELID))));
        }
        if tree.len() > most + 1 {
            return None;
        }
    }
    Some(tree)
}

// Declared in catalog/partition.h, which pgrx does not bind.
unsafe extern "C-unwind" {
    fn get_partition_ancestors(relation: Oid) -> *mut pg_sys::List;
}

/// Returns the partitioned tables above a partition, its parent first. The result is empty for any
/// other table, and for a partition while it is being detached. Reads pg_inherits and takes no lock
/// on a table.
pub fn ancestors(relation: Oid) -> Vec<Oid> {
    // SAFETY: takes any OID; null is the empty list, and this function owns the list that is
    // returned. The closure holds nothing that an error would leave undropped.
    unsafe {
        let list = pg_sys::ffi::pg_guard_ffi_boundary(|| get_partition_ancestors(relation));
        let ancestors = list::oids(list).collect();
        pg_sys::list_free(list);
        ancestors
    }
}
