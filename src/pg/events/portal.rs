//! Reads the client's running statement.

use crate::pg::list::pointers;
use crate::pg::plan::Values;
use pgrx::pg_sys::{self, NodeTag};

/// Returns the statements of the running portal: usually one, and several if a rule has added some.
pub(in crate::pg) fn statements() -> impl Iterator<Item = &'static pg_sys::PlannedStmt> {
    // SAFETY: the running portal, if there is one, lives until its statement ends, and so do its
    // statements; each is read before this returns to the server.
    let statements = unsafe {
        let list = pg_sys::ActivePortal.as_ref().map_or(std::ptr::null_mut(), |portal| portal.stmts);
        pointers::<pg_sys::PlannedStmt>(list)
    };
    statements.filter(|statement| statement.type_ == NodeTag::T_PlannedStmt)
}

/// Returns what distinguishes the running statement from those before and after it: when the client
/// sent it, and its position in the text.
pub fn statement_id() -> (i64, i32) {
    let location = statements().next().map_or(-1, |statement| statement.stmt_location);
    (crate::pg::transaction::statement_start(), location)
}

/// Returns the targets of the running statements, as hooks receive them.
pub(in crate::pg) fn all_targets() -> Vec<*mut pg_sys::List> {
    statements().map(targets).collect()
}

/// Returns the running statement that has these targets; `None` for one that runs within another.
pub(in crate::pg) fn statement_with(list: *mut pg_sys::List) -> Option<&'static pg_sys::PlannedStmt> {
    statements().find(|statement| targets(statement) == list)
}

/// Returns the values of the running statements' parameters, which the client has sent.
pub(in crate::pg) fn values() -> Values {
    // SAFETY: the running portal, if there is one, and its parameters live until its statement
    // ends; each is read before this returns to the server.
    unsafe { Values::new(pg_sys::ActivePortal.as_ref().map_or(std::ptr::null_mut(), |portal| portal.portalParams)) }
}

fn targets(statement: &pg_sys::PlannedStmt) -> *mut pg_sys::List {
    #[cfg(not(since_16))]
    let list = statement.rtable;
    #[cfg(since_16)]
    let list = statement.permInfos;
    list
}

/// Whether the running statement writes to a view, so that the view's triggers do the work.
pub fn writes_view() -> bool {
    statements().any(|statement| {
        // SAFETY: reads the statement's range table.
        let entry = |index: i32| unsafe {
            pointers::<pg_sys::RangeTblEntry>(statement.rtable).nth(usize::try_from(index - 1).unwrap_or(usize::MAX))
        };
        let mut written = written_indexes(statement).into_iter().filter_map(entry);
        written.any(|entry| entry.relkind as u8 == pg_sys::RELKIND_VIEW)
    })
}

/// Returns the indexes, counted from 1, of the range table's entries that the statement writes to.
#[cfg(not(since_19))]
fn written_indexes(statement: &pg_sys::PlannedStmt) -> Vec<i32> {
    let list = statement.resultRelations;
    // SAFETY: the running statement's plan has a list of integers, or null.
    unsafe {
        let count = list.as_ref().map_or(0, |list| usize::try_from(list.length).unwrap_or(0));
        (0..count).map(|index| (*(*list).elements.add(index)).int_value).collect()
    }
}

/// Returns the indexes, counted from 1, of the range table's entries that the statement writes to.
#[cfg(since_19)]
fn written_indexes(statement: &pg_sys::PlannedStmt) -> Vec<i32> {
    // SAFETY: the running statement's plan has a set, or null, which is an empty set.
    let next = |index: &i32| unsafe { pg_sys::bms_next_member(statement.resultRelationRelids, *index) };
    std::iter::successors(Some(next(&-1)), |index| Some(next(index))).take_while(|index| *index >= 0).collect()
}

/// Whether the running code is a foreign key's that cascades an update. Only such code sets this
/// flag (utils/adt/ri_triggers.c).
pub fn cascades() -> bool {
    let (mut user, mut flags) = (pg_sys::InvalidOid, 0);
    // SAFETY: only fills the two variables.
    unsafe { pg_sys::GetUserIdAndSecContext(&mut user, &mut flags) };
    flags as u32 & pg_sys::SECURITY_NOFORCE_RLS != 0
}

/// Returns how deeply the running code is nested in triggers: `pg_trigger_depth()`.
pub fn trigger_depth() -> i32 {
    // SAFETY: the function returns a number and does not read its call info (commands/trigger.c).
    unsafe { pg_sys::pg_trigger_depth(std::ptr::null_mut()) }.value() as i32
}
