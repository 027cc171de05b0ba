//! The client's statement that is running.

use pgrx::pg_sys::{self, NodeTag};

/// The statements of the running portal: usually one, and several where a rule has added some.
fn statements() -> impl Iterator<Item = &'static pg_sys::PlannedStmt> {
    // SAFETY: the running portal, if there is one, stays until its statement ends, and so do its statements; each is looked
    // at before this returns to the server.
    unsafe {
        let list = pg_sys::ActivePortal.as_ref().map_or(std::ptr::null_mut(), |portal| portal.stmts);
        let count = list.as_ref().map_or(0, |list| usize::try_from(list.length).unwrap_or(0));
        (0..count)
            .filter_map(move |index| (*(*list).elements.add(index)).ptr_value.cast::<pg_sys::PlannedStmt>().as_ref())
    }
    .filter(|statement| statement.type_ == NodeTag::T_PlannedStmt)
}

/// What tells the running statement from those before and after it: when the client sent it, and where in the text.
pub fn statement_id() -> (i64, i32) {
    let location = statements().next().map_or(-1, |statement| statement.stmt_location);
    (super::transaction::statement_start(), location)
}

/// The targets of the running statements, as hooks are told of them.
pub(super) fn targets() -> Vec<*mut pg_sys::List> {
    let targets = |statement: &pg_sys::PlannedStmt| {
        #[cfg(feature = "pg15")]
        let list = statement.rtable;
        #[cfg(not(feature = "pg15"))]
        let list = statement.permInfos;
        list
    };
    statements().map(targets).collect()
}

/// How many triggers deep the running code is: `pg_trigger_depth()`.
pub fn trigger_depth() -> i32 {
    // SAFETY: takes no arguments and returns a number.
    unsafe { pgrx::direct_function_call::<i32>(pg_sys::pg_trigger_depth, &[]) }.unwrap_or(0)
}
