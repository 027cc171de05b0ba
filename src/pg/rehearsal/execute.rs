//! Runs parsed statements as the server runs those of a client, except that nothing is sent to the
//! client.

use crate::pg::parser::raw::Parsed;
use pgrx::pg_sys::{self, RawStmt};
use std::ffi::{CStr, c_long};
use std::ptr;

/// Runs the statements, and returns how many rows the last of them returned or changed; `None` if
/// its command has no such count. To be called in a subtransaction and within `raised::catch`.
/// Positions of errors are those of the parsed text.
pub fn run(parsed: &Parsed) -> Option<i64> {
    let mut rows = None;
    parsed.context().within(|| {
        for statement in parsed.raw() {
            // SAFETY: a statement that the parser made of this text; the trees live as long as
            // `parsed`, and are run once.
            rows = unsafe { run_one(ptr::from_ref(statement).cast_mut(), parsed.text()) };
        }
    });
    rows
}

/// Does what exec_simple_query in tcop/postgres.c does for each statement.
///
/// # Safety
/// The current memory context must live until this returns, and contain the statement, which was
/// parsed from `text`.
unsafe fn run_one(statement: *mut RawStmt, text: &CStr) -> Option<i64> {
    // SAFETY: see above; the snapshot that is pushed is popped, or goes with the subtransaction.
    unsafe {
        let tag = pg_sys::CreateCommandTag((*statement).stmt);
        let needs_snapshot = pg_sys::analyze_requires_snapshot(statement);
        if needs_snapshot {
            pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot());
        }
        let queries =
            pg_sys::pg_analyze_and_rewrite_fixedparams(statement, text.as_ptr(), ptr::null(), 0, ptr::null_mut());
        let options = pg_sys::CURSOR_OPT_PARALLEL_OK as i32;
        let plans = pg_sys::pg_plan_queries(queries, text.as_ptr(), options, ptr::null_mut());
        if needs_snapshot {
            pg_sys::PopActiveSnapshot();
        }

        let portal = pg_sys::CreateNewPortal();
        (*portal).visible = false;
        pg_sys::PortalDefineQuery(portal, ptr::null(), text.as_ptr(), tag, plans, ptr::null_mut());
        pg_sys::PortalStart(portal, ptr::null_mut(), 0, ptr::null_mut());
        let mut completion = pg_sys::QueryCompletion { commandTag: tag, nprocessed: 0 };
        let nowhere = pg_sys::None_Receiver;
        // FETCH_ALL, and not at top level.
        #[cfg(not(since_18))]
        pg_sys::PortalRun(portal, c_long::MAX, false, true, nowhere, nowhere, &mut completion);
        #[cfg(since_18)]
        pg_sys::PortalRun(portal, c_long::MAX, false, nowhere, nowhere, &mut completion);
        pg_sys::PortalDrop(portal, false);
        pg_sys::CommandCounterIncrement();
        let has_count = pg_sys::command_tag_display_rowcount(completion.commandTag);
        has_count.then(|| i64::try_from(completion.nprocessed).unwrap_or(i64::MAX))
    }
}
