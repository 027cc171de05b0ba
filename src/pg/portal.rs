//! The client's statement that is running.

use super::list::pointers;
use pgrx::pg_sys::{self, NodeTag};

/// The statements of the running portal: usually one, and several where a rule has added some.
fn statements() -> impl Iterator<Item = &'static pg_sys::PlannedStmt> {
    // SAFETY: the running portal, if there is one, stays until its statement ends, and so do its statements; each is looked
    // at before this returns to the server.
    let statements = unsafe {
        let list = pg_sys::ActivePortal.as_ref().map_or(std::ptr::null_mut(), |portal| portal.stmts);
        pointers::<pg_sys::PlannedStmt>(list)
    };
    statements.filter(|statement| statement.type_ == NodeTag::T_PlannedStmt)
}

/// What tells the running statement from those before and after it: when the client sent it, and where in the text.
pub fn statement_id() -> (i64, i32) {
    let location = statements().next().map_or(-1, |statement| statement.stmt_location);
    (super::transaction::statement_start(), location)
}

/// The targets of the running statements, as hooks are told of them.
pub(super) fn all_targets() -> Vec<*mut pg_sys::List> {
    statements().map(targets).collect()
}

/// The running statement that has these targets; `None` for one that runs within another.
pub(super) fn statement_with(list: *mut pg_sys::List) -> Option<&'static pg_sys::PlannedStmt> {
    statements().find(|statement| targets(statement) == list)
}

fn targets(statement: &pg_sys::PlannedStmt) -> *mut pg_sys::List {
    #[cfg(feature = "pg15")]
    let list = statement.rtable;
    #[cfg(not(feature = "pg15"))]
    let list = statement.permInfos;
    list
}

/// How many triggers deep the running code is: `pg_trigger_depth()`.
pub fn trigger_depth() -> i32 {
    // SAFETY: the function returns a number and looks at nothing of its call (commands/trigger.c).
    unsafe { pg_sys::pg_trigger_depth(std::ptr::null_mut()) }.value() as i32
}
