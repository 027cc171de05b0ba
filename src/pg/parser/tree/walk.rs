//! Finds the names of relations in a raw parse tree.

use super::reading::{name, relation, strings};
use super::{Raw, RelationName};
use pgrx::pg_sys::{self, Node, NodeTag};
use std::ffi::c_void;

// Declared in nodes/nodeFuncs.h, which pgrx does not bind for raw parse trees.
unsafe extern "C-unwind" {
    #[cfg_attr(since_16, link_name = "raw_expression_tree_walker_impl")]
    fn raw_expression_tree_walker(
        node: *mut Node,
        walker: unsafe extern "C-unwind" fn(*mut Node, *mut c_void) -> bool,
        context: *mut c_void,
    ) -> bool;
}

/// The names in a query or expression.
#[derive(Debug, Default)]
pub struct Names {
    /// Relations, in the order of the text; also names of common table expressions.
    pub relations: Vec<RelationName>,
    /// The names that WITH defines.
    pub queries: Vec<String>,
    /// The names of the called functions.
    pub functions: Vec<Vec<String>>,
    /// The column references, as names.
    pub columns: Vec<Vec<String>>,
    pub has_subquery: bool,
}

/// Returns the names in a query or an expression.
pub fn names(raw: Raw<'_>) -> Names {
    let mut names = Names::default();
    let context = std::ptr::from_mut(&mut names).cast::<c_void>();
    // SAFETY: a raw parse tree, and the context that `collect` expects.
    unsafe { pg_sys::ffi::pg_guard_ffi_boundary(|| collect(raw.as_ptr(), context)) };
    names
}

/// # Safety
/// `node` must be a raw parse tree or null; `context` must point to `Names`.
unsafe extern "C-unwind" fn collect(node: *mut Node, context: *mut c_void) -> bool {
    // SAFETY: the caller guarantees both; each tag identifies its node's type.
    unsafe {
        if node.is_null() {
            return false;
        }
        let names = &mut *context.cast::<Names>();
        match (*node).type_ {
            NodeTag::T_RangeVar => names.relations.extend(relation(node.cast())),
            NodeTag::T_CommonTableExpr => {
                names.queries.push(name((*node.cast::<pg_sys::CommonTableExpr>()).ctename));
            }
            NodeTag::T_FuncCall => names.functions.push(strings((*node.cast::<pg_sys::FuncCall>()).funcname)),
            NodeTag::T_ColumnRef => names.columns.push(strings((*node.cast::<pg_sys::ColumnRef>()).fields)),
            NodeTag::T_SubLink => names.has_subquery = true,
            // FOR UPDATE OF names aliases.
            NodeTag::T_LockingClause => return false,
            NodeTag::T_ExplainStmt => return collect((*node.cast::<pg_sys::ExplainStmt>()).query, context),
            NodeTag::T_DeclareCursorStmt => return collect((*node.cast::<pg_sys::DeclareCursorStmt>()).query, context),
            NodeTag::T_CallStmt => return collect((*node.cast::<pg_sys::CallStmt>()).funccall.cast(), context),
            NodeTag::T_RawStmt => return collect((*node.cast::<pg_sys::RawStmt>()).stmt, context),
            _ => {}
        }
        raw_expression_tree_walker(node, collect, context)
    }
}

/// Gives relations in a tree, which the caller owns, other names.
pub(in crate::pg) fn replace_relations(node: *mut Node, replace: &dyn Fn(&RelationName) -> Option<String>) {
    let mut context: &dyn Fn(&RelationName) -> Option<String> = replace;
    let pointer = std::ptr::from_mut(&mut context).cast::<c_void>();
    // SAFETY: a raw parse tree, and the context that `rename` expects.
    unsafe { pg_sys::ffi::pg_guard_ffi_boundary(|| rename(node, pointer)) };
}

/// # Safety
/// `node` must be a raw parse tree or null; `context` must point to a function of a name.
unsafe extern "C-unwind" fn rename(node: *mut Node, context: *mut c_void) -> bool {
    // SAFETY: the caller guarantees both; the tag identifies a RangeVar. New texts are palloc'd.
    unsafe {
        if node.is_null() || (*node).type_ == NodeTag::T_LockingClause {
            return false;
        }
        if (*node).type_ == NodeTag::T_RangeVar {
            let variable = &mut *node.cast::<pg_sys::RangeVar>();
            let replace = &**context.cast::<&dyn Fn(&RelationName) -> Option<String>>();
            if let Some(new) = relation(variable).and_then(|named| replace(&named)) {
                super::build::name_relation(variable, &new);
            }
            return false;
        }
        raw_expression_tree_walker(node, rename, context)
    }
}
