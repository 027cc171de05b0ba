//! Reads what the query of a view accesses.

use super::query::{Access, Analyzed};
use crate::pg::list::pointers;
use crate::pg::memory_context::Context;
use crate::pg::nodes::nodes;
use pgrx::pg_sys::{self, NodeTag, Query};
use std::ffi::CStr;

/// Returns the relations in the query of a view, whose `action` is in pg_rewrite, with the
/// privileges that the view's owner needs. Those of the view itself need none.
///
/// Locks: none; a relation may have been dropped.
pub fn view_accesses(action: &CStr) -> Vec<Access> {
    let mut found = Analyzed::default();
    Context::new(c"pg_flightcheck view").within(|| {
        // SAFETY: the server wrote the text itself; it is a list of queries, and the tag identifies
        // those below them.
        unsafe {
            for query in pointers::<Query>(pg_sys::stringToNode(action.as_ptr()).cast()) {
                for node in nodes(std::ptr::from_ref(query).cast_mut()) {
                    if (*node).type_ == NodeTag::T_Query {
                        found.note_accesses(&*node.cast::<Query>());
                    }
                }
            }
        }
    });
    found.accesses
}
