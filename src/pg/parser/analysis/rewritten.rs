//! The locks of a query when it is run, after the rewriter has replaced views, rules and row
//! security by what they read.

use super::query::{Analyzed, Lock, subject};
use crate::pg::list::pointers;
use crate::pg::raised::catch;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, CmdType, Node, NodeTag, Oid, Query, RTEKind};
use std::ffi::c_void;

/// Notes the locks. The rewriter changes the query, and runs no function of users. Its error is one
/// that the statement would raise, which then locks nothing.
///
/// # Safety
/// `query` must be an analyzed query of the caller's own, in a subtransaction that is rolled back.
pub(super) unsafe fn note_locks(found: &mut Analyzed, query: *mut Query) {
    // SAFETY: the caller guarantees the query.
    let query = unsafe { subject(query) };
    let locks: *mut Vec<Lock> = &raw mut found.locks;
    let outcome = catch(|| {
        // SAFETY: the caller guarantees the query; `collect` expects the context that it gets.
        unsafe {
            if (*query).commandType == CmdType::CMD_UTILITY {
                return;
            }
            for rewritten in pointers::<Query>(pg_sys::QueryRewrite(query)) {
                let rewritten = std::ptr::from_ref(rewritten).cast_mut().cast::<Node>();
                pg_sys::ffi::pg_guard_ffi_boundary(|| collect(rewritten, locks.cast::<c_void>()));
            }
        }
    });
    if let Err(caught) = outcome {
        let is_of_statement = caught.raised.as_ref().is_some_and(|raised| {
            !raised.is_cancel && raised.error.sqlstate != PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE
        });
        if !is_of_statement {
            caught.rethrow();
        }
    }
}

/// # Safety
/// `node` must be part of a query or null; `context` must point to locks.
unsafe extern "C-unwind" fn collect(node: *mut Node, context: *mut c_void) -> bool {
    // SAFETY: the caller guarantees both; the tag identifies a query.
    unsafe {
        if node.is_null() {
            return false;
        }
        if (*node).type_ != NodeTag::T_Query {
            return pg_sys::expression_tree_walker(node, Some(collect), context);
        }
        let query = &*node.cast::<Query>();
        let locks = &mut *context.cast::<Vec<Lock>>();
        for (index, entry) in pointers::<pg_sys::RangeTblEntry>(query.rtable).enumerate() {
            // Since version 16, a view that has been replaced keeps its OID.
            let is_relation = matches!(entry.rtekind, RTEKind::RTE_RELATION | RTEKind::RTE_SUBQUERY);
            if is_relation && entry.relid != Oid::INVALID {
                let is_target = usize::try_from(query.resultRelation).is_ok_and(|target| target == index + 1);
                let mode = if is_target { pg_sys::RowExclusiveLock as i32 } else { entry.rellockmode };
                locks.push(Lock { relation: entry.relid, mode, inherits: entry.inh });
            }
        }
        pg_sys::query_tree_walker(node.cast(), Some(collect), context, 0)
    }
}
