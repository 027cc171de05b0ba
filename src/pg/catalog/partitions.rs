//! Finds the partitions of a table and the tables above a partition, through the indexes of
//! pg_inherits.

use crate::pg::catalog_scan::rows;
use crate::pg::encoded_text::ServerText;
use crate::pg::settings::with_pinned_search_path;
use crate::pg::{barrier, list, lock_budget, names};
use pgrx::pg_sys::{self, Oid};
use pgrx::{IntoDatum, direct_function_call};

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

/// The condition that a partition's rows satisfy.
pub enum Condition {
    Known(Option<String>),
    /// Another session has locked the table, or a function in the partition key would be called:
    /// the server simplifies the key when it reads it (RelationBuildPartitionKey in
    /// utils/cache/partcache.c).
    Unknown,
}

/// Returns the condition that the rows of a partition satisfy, with the names in it resolved. The
/// caller's budget limits how long it waits for AccessShareLock on the partition.
pub fn condition(partition: Oid) -> Condition {
    let text = || {
        // SAFETY: a function of one OID that returns text, or null without a condition.
        let text = unsafe {
            direct_function_call::<ServerText>(pg_sys::pg_get_partition_constraintdef, &[partition.into_datum()])
        };
        text.map(|text| text.0)
    };
    let outcome = barrier::attempt(|| with_pinned_search_path(|| lock_budget::with_lock_timeout(text)));
    outcome.map_or(Condition::Unknown, Condition::Known)
}
