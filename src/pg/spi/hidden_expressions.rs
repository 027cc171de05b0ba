//! Hides owners' expressions from the planner.
//!
//! The planner simplifies the expressions and predicates of all indexes of a table, and the
//! expressions of its extended statistics, whether the query uses them or not: it runs each
//! immutable function that is called with constants. A role without privileges often cannot run it:
//! the function, or something that its body names, is in a schema without USAGE for PUBLIC, or
//! EXECUTE was revoked, or the body finds a name only along the owner's search_path. An expression
//! that was simplified for an earlier query of the session is in the relation cache, so the same
//! call succeeds or fails depending on what the session has done before.
//!
//! So a query that fails because a name or a privilege is missing is planned again, as follows:
//!
//! - Indexes with an expression or a predicate are marked as not valid in this session's relation
//!   cache. `get_relation_info` in optimizer/util/plancat.c skips such an index before it fetches
//!   its expressions. The queries of `unprivileged` never need one. Only the planner and ON
//!   CONFLICT respect the mark: an index that is ready is maintained, as it is while CREATE INDEX
//!   CONCURRENTLY builds it. So a row that a user's function writes meanwhile still gets its index
//!   entries, which it would not if the index were removed from the list of indexes.
//! - Statistics with expressions are removed from the relation cache's list, which only the planner
//!   and CREATE TABLE (LIKE) read. They are simplified at each planning, so fetching them
//!   beforehand would not help.
//! - CHECK constraints are never evaluated, because of a setting: see `unprivileged`.
//! - A partition key cannot be hidden. It is fetched as its table's owner under
//!   SECURITY_RESTRICTED_OPERATION, which is how ANALYZE runs owners' code. The relation cache
//!   keeps it for as long as the table is open. Only a key with a function that needs the owner's
//!   search_path still fails.
//!
//! No other code of an owner's is run for this, not even with the owner's privileges. Fetching each
//! table's index expressions as its owner would run more code than before, and fail where the body
//! needs the owner's search_path. Errors of other classes than 42 are the code's own, which it
//! would raise for any role; they are reported unchanged.
//!
//! Failures are harmless. The planner still works for the role without privileges, so if an
//! invalidation brings an expression back between hiding and planning, the query fails with the
//! same error as before and is tried again. The tables, partitions and indexes are locked by then,
//! so planning acquires no new locks among them and receives few invalidations; ANALYZE and CREATE
//! STATISTICS can still send one. Hidden expressions are restored when the query has ended, with an
//! error or without, by only setting variables of this session, and what may have changed meanwhile
//! is read again at its next use.

use crate::pg::index_choice::index_oids;
use crate::pg::list::oids;
use crate::pg::partitions;
use crate::pg::relation::{LockMode, Relation};
use crate::pg::run_as::run_as;
use pgrx::pg_sys::{self, Oid};
use std::cell::Cell;

/// The number of pg_statistic_ext's column stxexprs: catalog/pg_statistic_ext_d.h, which pgrx does
/// not bind for each major version.
const STATISTICS_EXPRESSIONS: std::ffi::c_int = 9;

thread_local! {
    static HIDING: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` so that `if_hiding` hides expressions.
pub(in crate::pg) fn hiding<T>(work: impl FnOnce() -> T) -> T {
    struct Restored(bool);
    impl Drop for Restored {
        fn drop(&mut self) {
            HIDING.set(self.0);
        }
    }
    let _restored = Restored(HIDING.replace(true));
    work()
}

/// Runs `work`, which plans and executes a query over `tables` and their partitions. Within
/// `hiding`, their owners' expressions are hidden.
///
/// Locks: AccessShareLock on the partitions and on the indexes of tables and partitions, released
/// when `work` has ended.
pub(in crate::pg) fn if_hiding<T>(tables: &[&Relation], work: impl FnOnce() -> T) -> T {
    let mut hidden = Hidden::default();
    if HIDING.get() {
        for table in tables {
            hidden.hide_tree(table);
        }
    }
    work()
}

/// The objects whose expressions are hidden until this is dropped. The tables are open for at least
/// as long.
#[derive(Default)]
struct Hidden {
    indexes: Vec<Relation>,
    partitions: Vec<Relation>,
    tables: Vec<pg_sys::Relation>,
}

impl Hidden {
    fn hide_tree(&mut self, table: &Relation) {
        self.hide(table);
        let tree = partitions::tree(table.oid(), usize::MAX - 1).unwrap_or_default();
        for partition in tree.into_iter().filter(|oid| *oid != table.oid()) {
            // The query does not read a partition that no longer exists.
            if let Some(partition) = Relation::try_open(partition, LockMode::AccessShare) {
                self.hide(&partition);
                self.partitions.push(partition);
            }
        }
    }

    fn hide(&mut self, table: &Relation) {
        if table.kind() == pg_sys::RELKIND_PARTITIONED_TABLE {
            fetch_partition_key(table);
        }
        for index in index_oids(table).into_iter().filter_map(|oid| Relation::try_open(oid, LockMode::AccessShare)) {
            if has_expressions(&index) {
                self.indexes.push(index);
            }
        }
        for index in &self.indexes {
            // SAFETY: `has_expressions` found an open index, and its row of pg_index is this
            // session's copy.
            unsafe { (*(*index.as_ptr()).rd_index).indisvalid = false }
        }
        self.tables.push(table.as_ptr());
        hide_statistics(table);
    }
}

impl Drop for Hidden {
    /// Only sets variables, so it may run while an error is raised. In that case the relations stay
    /// open until the subtransaction has ended.
    fn drop(&mut self) {
        for index in &self.indexes {
            // SAFETY: an open index, which was valid; whether it still is will be read when it is
            // opened next.
            unsafe {
                (*(*index.as_ptr()).rd_index).indisvalid = true;
                (*index.as_ptr()).rd_isvalid = false;
            }
        }
        for table in &self.tables {
            // SAFETY: an open table; the list will be read again at its next use.
            unsafe { (**table).rd_statvalid = false }
        }
    }
}

/// Whether it is a valid index with an expression or a predicate.
fn has_expressions(index: &Relation) -> bool {
    // SAFETY: an open relation; rd_index is checked for null before it is followed, and an index
    // has its row of pg_index.
    unsafe {
        let data = &*index.as_ptr();
        let has = |column: u32| !pg_sys::heap_attisnull(data.rd_indextuple, column as i32, std::ptr::null_mut());
        data.rd_index.as_ref().is_some_and(|form| form.indisvalid)
            && (has(pg_sys::Anum_pg_index_indexprs) || has(pg_sys::Anum_pg_index_indpred))
    }
}

fn hide_statistics(table: &Relation) {
    // SAFETY: the table is open; the first list is a copy that this function owns. The one in the
    // relation cache is this session's. Looking rows up may have replaced it by a null one, and
    // deleting from a null list does nothing.
    unsafe {
        let list = pg_sys::RelationGetStatExtList(table.as_ptr());
        let hidden: Vec<Oid> = oids(list).filter(|oid| has_statistics_expressions(*oid)).collect();
        pg_sys::list_free(list);
        for oid in hidden {
            let data = table.as_ptr();
            (*data).rd_statlist = pg_sys::list_delete_oid((*data).rd_statlist, oid);
        }
    }
}

fn has_statistics_expressions(statistics: Oid) -> bool {
    let cache = pg_sys::SysCacheIdentifier::STATEXTOID as i32;
    // SAFETY: the tuple is released after one of its columns has been read.
    unsafe {
        let tuple = pg_sys::SearchSysCache1(cache, pg_sys::Datum::from(statistics));
        if tuple.is_null() {
            return false;
        }
        let has_none = pg_sys::heap_attisnull(tuple, STATISTICS_EXPRESSIONS, std::ptr::null_mut());
        pg_sys::ReleaseSysCache(tuple);
        !has_none
    }
}

// Declared in utils/partcache.h, which pgrx does not bind.
unsafe extern "C-unwind" {
    fn RelationGetPartitionKey(relation: pg_sys::Relation) -> *mut std::ffi::c_void;
}

fn fetch_partition_key(table: &Relation) {
    // SAFETY: an open partitioned table; the result stays in the relation cache. The closure holds
    // nothing that an error would leave undropped.
    let fetch = || unsafe { pg_sys::ffi::pg_guard_ffi_boundary(|| RelationGetPartitionKey(table.as_ptr())) };
    run_as(table.form().relowner, fetch);
}
