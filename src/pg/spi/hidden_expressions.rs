//! Hides owners' expressions from the planner.
//!
//! The planner simplifies the expressions and predicates of all indexes of a table, and the expressions of its extended statistics, whether
//! the query uses them or not: it runs each immutable function that is called with constants. A role without rights often cannot: the
//! function, or what its body names, lies in a schema without USAGE for PUBLIC, or EXECUTE was revoked, or the body finds a name only along
//! the owner's search_path. What was simplified for another query of the session is in the relation cache, so that the same call succeeds
//! or fails by what the session has done before.
//!
//! So a query that fails for want of a name or a right is planned again, and then:
//!
//! - Indexes with an expression or a predicate are marked as not valid in this session's relation cache. `get_relation_info` in
//!   optimizer/util/plancat.c skips such an index before it fetches its expressions. No query of this module needs one. Nothing but the
//!   planner and ON CONFLICT heeds the mark: an index that is ready is maintained, as it is while CREATE INDEX CONCURRENTLY builds it. So
//!   a row that a function of theirs writes meanwhile still gets its index entries, which it would not if the list of indexes were cut.
//! - Statistics with expressions leave the relation cache's list, which nothing but the planner and CREATE TABLE (LIKE) reads. They are
//!   simplified at each planning, so nothing that is fetched beforehand would help.
//! - CHECK constraints are left alone by a setting, always: see `nobody`.
//! - A partition key cannot be hidden. It is fetched as its table's owner under SECURITY_RESTRICTED_OPERATION, which is how ANALYZE runs
//!   owners' code. The relation cache keeps it for as long as the table is open. A key whose function needs the owner's search_path is the
//!   one expression that still fails.
//!
//! Nothing else of an owner's is run for it, not even with the owner's rights. To fetch each table's index expressions as its owner instead
//! would run more code than before, and fail where the body needs the owner's search_path. Errors of other classes than 42 are the code's
//! own, which it would raise for anybody; they are told as they are.
//!
//! What goes wrong stays harmless. The planner still works for the role without rights, so if an invalidation brings an expression back
//! between hiding and planning, the query fails with the same error as before and is tried again. The tables, partitions and indexes are
//! locked by then, so that planning locks nothing new among them and receives few invalidations; ANALYZE and CREATE STATISTICS can still
//! send one. What was hidden is shown again when the query has ended, by error or not, by setting variables of this session only, and what
//! may have changed meanwhile is read again at its next use.

use crate::pg::list::oids;
use crate::pg::partitions;
use crate::pg::relation::{LockMode, Relation};
use crate::pg::run_as::run_as;
use pgrx::pg_sys::{self, Oid};
use std::cell::Cell;

/// The number of pg_statistic_ext's column stxexprs: catalog/pg_statistic_ext_d.h, which pgrx does not bind for each major version.
const STATISTICS_EXPRESSIONS: std::ffi::c_int = 9;

thread_local! {
    static HIDING: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` so that `if_hiding` hides.
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

/// Runs `work`, which plans and executes a query over `tables` and their partitions; within `hiding`, with their owners' expressions hidden.
///
/// Locks: AccessShareLock on the partitions and on their and the tables' indexes, released when `work` has ended.
pub(in crate::pg) fn if_hiding<T>(tables: &[&Relation], work: impl FnOnce() -> T) -> T {
    let mut hidden = Hidden::default();
    if HIDING.get() {
        for table in tables {
            hidden.hide_tree(table);
        }
    }
    work()
}

/// What is hidden until it is dropped. Its tables are open for at least as long.
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
            // What is gone by now is none of the query's.
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
            // SAFETY: `has_expressions` found an open index, whose row of pg_index is this session's copy.
            unsafe { (*(*index.as_ptr()).rd_index).indisvalid = false }
        }
        self.tables.push(table.as_ptr());
        hide_statistics(table);
    }
}

impl Drop for Hidden {
    /// Only sets variables, so an error may be on its way. Relations stay open until the subtransaction has ended then.
    fn drop(&mut self) {
        for index in &self.indexes {
            // SAFETY: an open index, which was valid; whether it still is, is read when it is opened next.
            unsafe {
                (*(*index.as_ptr()).rd_index).indisvalid = true;
                (*index.as_ptr()).rd_isvalid = false;
            }
        }
        for table in &self.tables {
            // SAFETY: an open table; has the list read again when it is asked for.
            unsafe { (**table).rd_statvalid = false }
        }
    }
}

fn index_oids(table: &Relation) -> Vec<Oid> {
    // SAFETY: the table is open; the list is a copy that is ours to free.
    unsafe {
        let list = pg_sys::RelationGetIndexList(table.as_ptr());
        let indexes = oids(list).collect();
        pg_sys::list_free(list);
        indexes
    }
}

/// Whether it is a valid index over an expression, or with a predicate.
fn has_expressions(index: &Relation) -> bool {
    // SAFETY: an open relation; rd_index is checked before it is followed, and an index has its row of pg_index.
    unsafe {
        let data = &*index.as_ptr();
        let has = |column: u32| !pg_sys::heap_attisnull(data.rd_indextuple, column as i32, std::ptr::null_mut());
        data.rd_index.as_ref().is_some_and(|form| form.indisvalid)
            && (has(pg_sys::Anum_pg_index_indexprs) || has(pg_sys::Anum_pg_index_indpred))
    }
}

fn hide_statistics(table: &Relation) {
    // SAFETY: the table is open; the first list is a copy that is ours to free. The one in the relation cache is this session's, and
    // looking rows up may have replaced it by a null one, of which nothing is deleted.
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
    // SAFETY: the tuple is released after one of its columns has been looked at.
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

// In utils/partcache.h, which pgrx does not bind.
unsafe extern "C-unwind" {
    fn RelationGetPartitionKey(relation: pg_sys::Relation) -> *mut std::ffi::c_void;
}

fn fetch_partition_key(table: &Relation) {
    // SAFETY: an open partitioned table; what is returned stays in the relation cache. The closure has nothing to drop, should that
    // raise an error.
    let fetch = || unsafe { pg_sys::ffi::pg_guard_ffi_boundary(|| RelationGetPartitionKey(table.as_ptr())) };
    run_as(table.form().relowner, fetch);
}
