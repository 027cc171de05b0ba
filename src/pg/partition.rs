//! Above a partition.

use super::list;
use pgrx::pg_sys::{self, Oid};

// In catalog/partition.h, which pgrx does not bind.
unsafe extern "C-unwind" {
    fn get_partition_ancestors(relation: Oid) -> *mut pg_sys::List;
}

/// The partitioned tables above a partition, its parent first; none for any other table, nor for a partition while it is
/// being detached. Reads pg_inherits and takes no lock on a table.
pub fn ancestors(relation: Oid) -> Vec<Oid> {
    // SAFETY: takes any OID; null is the empty list, which nobody else holds. The closure has nothing to drop, should that
    // raise an error.
    unsafe {
        let list = pg_sys::ffi::pg_guard_ffi_boundary(|| get_partition_ancestors(relation));
        let ancestors = list::oids(list).collect();
        pg_sys::list_free(list);
        ancestors
    }
}
