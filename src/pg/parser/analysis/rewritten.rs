//! The locks of a query when it is run, after the rewriter has replaced views, rules and row
//! security by what they read.

use super::query::{Analyzed, Lock, subject};
use crate::pg::list::pointers;
use crate::pg::nodes::nodes;
use crate::pg::raised::catch;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, CmdType, NodeTag, Oid, Query, RTEKind};

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
        // SAFETY: the caller guarantees the query; the tag identifies one below it.
        unsafe {
            if (*query).commandType == CmdType::CMD_UTILITY {
                return;
            }
            for rewritten in pointers::<Query>(pg_sys::QueryRewrite(query)) {
                for node in nodes(std::ptr::from_ref(rewritten).cast_mut()) {
                    if (*node).type_ == NodeTag::T_Query {
                        note(&mut *locks, &*node.cast::<Query>());
                    }
                }
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
/// `query` must be a rewritten query.
unsafe fn note(locks: &mut Vec<Lock>, query: &Query) {
    // SAFETY: the caller guarantees the query.
    let entries = unsafe { pointers::<pg_sys::RangeTblEntry>(query.rtable) };
    for (index, entry) in entries.enumerate() {
        // Since version 16, a view that has been replaced keeps its OID.
        let is_relation = matches!(entry.rtekind, RTEKind::RTE_RELATION | RTEKind::RTE_SUBQUERY);
        if is_relation && entry.relid != Oid::INVALID {
            let is_target = usize::try_from(query.resultRelation).is_ok_and(|target| target == index + 1);
            let mode = if is_target { pg_sys::RowExclusiveLock as i32 } else { entry.rellockmode };
            locks.push(Lock { relation: entry.relid, mode, inherits: entry.inh });
        }
    }
}
