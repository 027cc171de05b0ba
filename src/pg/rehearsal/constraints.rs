//! Checks deferred constraints, as the end of a transaction does.

use pgrx::pg_sys::{self, ConstraintsSetStmt, NodeTag};

/// Runs the deferred triggers of the transaction, as `SET CONSTRAINTS ALL IMMEDIATE` does, and
/// raises their errors. To be called in a subtransaction.
pub fn check_all() {
    set_all(false);
}

/// Does what `SET CONSTRAINTS ALL DEFERRED` does.
pub fn defer_all() {
    set_all(true);
}

fn set_all(deferred: bool) {
    let mut statement = ConstraintsSetStmt { type_: NodeTag::T_ConstraintsSetStmt, deferred, ..Default::default() };
    // SAFETY: an empty list of constraints stands for all of them.
    unsafe {
        pg_sys::AfterTriggerSetState(&mut statement);
        pg_sys::CommandCounterIncrement();
    }
}
