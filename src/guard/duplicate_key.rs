//! Adds a HINT to the duplicate-key error of an insert with an id that came from the sequence.
//!
//! Nothing is looked up while the error is raised. The HINT, and the names by which the error is
//! recognized, are prepared when the first such insert into a table starts, and remembered until
//! the table's definition changes.

use super::explanation::{self, Explanation, Explanations};
use super::session::USUAL_TABLES;
use crate::pg::hooks::DuplicateKey;
use crate::pg::{portal, transaction};
use pgrx::pg_sys::Oid;
use std::cell::RefCell;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::ffi::CString;
use std::rc::Rc;

/// The last statement on a table that was started on behalf of the client's statement.
struct Start {
    statement: (i64, i32),
    /// The trigger depth: a statement that started deeper than another may have ended before it.
    depth: i32,
    /// Whether the statement's ids come from the sequence.
    draws: bool,
    /// Whether another statement that is still running may be the one that fails.
    is_ambiguous: bool,
    explanations: Rc<Explanations>,
}

/// The tables in which statements have updated rows, on behalf of the client's statement.
#[derive(Default)]
struct Updated {
    sent_at: i64,
    tables: HashSet<Oid>,
}

thread_local! {
    static STARTS: RefCell<HashMap<Oid, Start>> = RefCell::new(HashMap::new());
    static UPDATED: RefCell<Updated> = RefCell::default();
}

/// Notes that a statement is about to update rows of the table.
pub fn note_update(table: Oid) {
    let sent_at = transaction::statement_start();
    UPDATED.with_borrow_mut(|updated| {
        if updated.sent_at != sent_at {
            *updated = Updated { sent_at, tables: HashSet::new() };
        }
        updated.tables.insert(table);
    });
}

/// Notes that a statement is about to insert into the table, or to supply ids by an update. `drawn`
/// explains ids that the session has drawn before.
pub fn note_start(table: Oid, is_supplied: bool, drawn: Option<Rc<Explanations>>) {
    let (statement, depth) = (portal::statement_id(), portal::trigger_depth());
    let draws = !is_supplied || drawn.is_some();
    let explanations = match drawn {
        Some(explanations) => explanations,
        None if is_supplied => Rc::default(),
        None => explanation::of(table),
    };
    let mut start = Start { statement, depth, draws, is_ambiguous: false, explanations };
    STARTS.with_borrow_mut(|starts| match starts.entry(table) {
        Entry::Occupied(mut before) => {
            let last = before.get();
            start.is_ambiguous = last.statement == statement
                && (last.is_ambiguous || (last.depth != depth && last.draws != start.draws));
            before.insert(start);
        }
        Entry::Vacant(none) => drop(none.insert(start)),
    });
}

/// Discards the statements at the end of the transaction.
pub fn clear() {
    STARTS.with_borrow_mut(|starts| {
        starts.clear();
        starts.shrink_to(USUAL_TABLES);
    });
    UPDATED.take();
}

/// Returns the hint for an error, unless the statement itself has supplied ids to that table. Looks
/// nothing up.
pub fn hint(error: &DuplicateKey<'_>) -> Option<CString> {
    // It is unknown which of the statements that the client sent together has failed; a later one
    // would have replaced the entry.
    let sent_at = transaction::statement_start();
    STARTS.with_borrow(|starts| {
        let current = starts.values().filter(|start| start.statement.0 == sent_at);
        let drawn = current.filter(|start| start.draws && !start.is_ambiguous);
        let mut found = drawn.flat_map(|start| {
            let is_updated = is_updated(sent_at, &start.explanations);
            // A row updated in another column of the key can collide without any new id.
            start.explanations.list.iter().filter(move |one| one.is_alone || !is_updated)
        });
        found.find(|one| is_meant(one, error)).map(|one| CString::from(one.hint.as_ref()))
    })
}

fn is_meant(explanation: &Explanation, error: &DuplicateKey<'_>) -> bool {
    explanation.index.as_c_str() == error.constraint
        && explanation.table.as_c_str() == error.table
        && explanation.schema.as_c_str() == error.schema
}

/// Whether the client's statement has updated rows of the table or of one of its partitions.
fn is_updated(sent_at: i64, explanations: &Explanations) -> bool {
    UPDATED.with_borrow(|updated| {
        updated.sent_at == sent_at && explanations.tables.iter().any(|table| updated.tables.contains(table))
    })
}
