//! Lists the nodes of an analyzed query.
//!
//! The server's walkers are called without pgrx's guards. With a guard at each level, the error of
//! a deep one, such as 54001 of check_stack_depth, would become a panic that cannot unwind through
//! the guards of the levels above. For the same reason, the callback calls nothing that may raise
//! an error: what is to be done with the nodes is done with the list.

use pgrx::pg_sys::{self, Node, NodeTag, Query};
use std::ffi::{c_int, c_void};

type Walker = unsafe extern "C-unwind" fn(*mut Node, *mut c_void) -> bool;

// Declared in nodes/nodeFuncs.h.
unsafe extern "C-unwind" {
    #[cfg_attr(since_16, link_name = "query_tree_walker_impl")]
    fn query_tree_walker(query: *mut Query, walker: Walker, context: *mut c_void, flags: c_int) -> bool;
    #[cfg_attr(since_16, link_name = "expression_tree_walker_impl")]
    fn expression_tree_walker(node: *mut Node, walker: Walker, context: *mut c_void) -> bool;
}

/// Returns the query and everything below it, also in subqueries, each node before its parts.
///
/// # Safety
/// `query` must be an analyzed query.
pub unsafe fn nodes(query: *mut Query) -> Vec<*mut Node> {
    let mut found = Vec::new();
    let context = std::ptr::from_mut(&mut found).cast::<c_void>();
    // SAFETY: the caller guarantees the query; `collect` expects the context that it gets.
    unsafe { pg_sys::ffi::pg_guard_ffi_boundary(|| collect(query.cast(), context)) };
    found
}

/// # Safety
/// `node` must be part of an analyzed query or null; `context` must point to a vector of nodes.
unsafe extern "C-unwind" fn collect(node: *mut Node, context: *mut c_void) -> bool {
    if node.is_null() {
        return false;
    }
    // SAFETY: the caller guarantees both; the tag identifies a query.
    unsafe {
        (*context.cast::<Vec<*mut Node>>()).push(node);
        match (*node).type_ {
            NodeTag::T_Query => query_tree_walker(node.cast(), collect, context, 0),
            _ => expression_tree_walker(node, collect, context),
        }
    }
}
