//! Lists the nodes of a tree.
//!
//! The server's walkers are called without pgrx's guards. With a guard at each level, the error of
//! a deep one, such as 54001 of check_stack_depth, would become a panic that cannot unwind through
//! the guards of the levels above. For the same reason, the callback calls nothing that may raise
//! an error: what is to be done with the nodes is done with the list.

use pgrx::pg_sys::{self, Node, NodeTag, Query};
use std::ffi::{c_int, c_void};

pub type Walker = unsafe extern "C-unwind" fn(*mut Node, *mut c_void) -> bool;

// Declared in nodes/nodeFuncs.h.
unsafe extern "C-unwind" {
    #[cfg_attr(since_16, link_name = "query_tree_walker_impl")]
    fn query_tree_walker(query: *mut Query, walker: Walker, context: *mut c_void, flags: c_int) -> bool;
    #[cfg_attr(since_16, link_name = "expression_tree_walker_impl")]
    fn expression_tree_walker(node: *mut Node, walker: Walker, context: *mut c_void) -> bool;
}

/// Calls the walker with the parts of a node that is not null, by one of the server's walkers.
pub type Parts = unsafe fn(*mut Node, Walker, *mut c_void) -> bool;

struct Listing {
    found: Vec<*mut Node>,
    parts: Parts,
}

/// Returns the query and everything below it, also in subqueries, each node before its parts.
///
/// # Safety
/// `query` must be an analyzed query.
pub unsafe fn nodes(query: *mut Query) -> Vec<*mut Node> {
    // SAFETY: the caller guarantees the query.
    unsafe { list(query.cast(), parts_of_query) }
}

/// Returns the node and everything that `parts` finds below it, each node before its parts.
///
/// # Safety
/// `node` must be a tree of the kind that `parts` takes.
pub unsafe fn list(node: *mut Node, parts: Parts) -> Vec<*mut Node> {
    let mut listing = Listing { found: Vec::new(), parts };
    let context = std::ptr::from_mut(&mut listing).cast::<c_void>();
    // SAFETY: the caller guarantees the tree; `collect` expects the context that it gets.
    unsafe { pg_sys::ffi::pg_guard_ffi_boundary(|| collect(node, context)) };
    listing.found
}

/// # Safety
/// `node` must be part of the tree or null; `context` must point to the listing.
unsafe extern "C-unwind" fn collect(node: *mut Node, context: *mut c_void) -> bool {
    if node.is_null() {
        return false;
    }
    let listing = context.cast::<Listing>();
    // SAFETY: the caller guarantees both.
    unsafe {
        (*listing).found.push(node);
        ((*listing).parts)(node, collect, context)
    }
}

/// # Safety
/// As for `walker`; `node` must be part of an analyzed query.
unsafe fn parts_of_query(node: *mut Node, walker: Walker, context: *mut c_void) -> bool {
    // SAFETY: the caller guarantees the node; the tag identifies a query.
    unsafe {
        match (*node).type_ {
            NodeTag::T_Query => query_tree_walker(node.cast(), walker, context, 0),
            _ => expression_tree_walker(node, walker, context),
        }
    }
}
