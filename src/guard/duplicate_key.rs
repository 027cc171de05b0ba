//! Duplicate keys that explain themselves: a HINT for the error of an insert whose id came from the sequence.
//!
//! Nothing is looked up when the error is there. What it will say, and the names by which it will be known, are put together
//! when the first such insert into a table begins, and remembered until the table's definition changes.

use super::memory::{self, Memory};
use super::session::USUAL_TABLES;
use super::{feeds, judge, report};
use crate::fault::Fault;
use crate::pg::hooks::DuplicateKey;
use crate::pg::row::required;
use crate::pg::{names, portal, subtransaction, transaction};
use pgrx::Spi;
use pgrx::pg_sys::Oid;
use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::CString;
use std::rc::Rc;

const UNIQUE_INDEXES: &str = include_str!("../../sql/queries/unique_indexes.sql");

/// What a duplicate-key error on a table will be known by, and the hint for it.
struct Explanation {
    schema: CString,
    table: CString,
    index: CString,
    hint: CString,
}

/// The last statement on a table that has begun on behalf of a statement of the client's.
struct Start {
    statement: (i64, i32),
    /// Of triggers: who began deeper than another may have ended before it.
    depth: i32,
    /// It lets the sequence supply the id.
    draws: bool,
    /// Another one that is not over yet may be the one that fails.
    is_ambiguous: bool,
    explanations: Rc<[Explanation]>,
}

thread_local! {
    static EXPLANATIONS: RefCell<Memory<[Explanation]>> = RefCell::default();
    static STARTS: RefCell<HashMap<Oid, Start>> = RefCell::new(HashMap::new());
}

/// A statement begins that inserts into the table, or supplies ids by an update.
pub fn note_start(table: Oid, is_supplied: bool) {
    let (statement, depth) = (portal::statement_id(), portal::trigger_depth());
    let explanations = if is_supplied { Rc::default() } else { explanations(table) };
    let mut start = Start { statement, depth, draws: !is_supplied, is_ambiguous: false, explanations };
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

/// The transaction is over.
pub fn forget_starts() {
    STARTS.with_borrow_mut(|starts| {
        starts.clear();
        starts.shrink_to(USUAL_TABLES);
    });
}

/// A relation, or with `None` any, may have changed.
pub fn forget(changed: Option<Oid>) {
    memory::forget(&EXPLANATIONS, changed);
}

/// The hint for an error, unless the statement has supplied ids to that table itself. Looks nothing up.
pub fn hint(error: &DuplicateKey<'_>) -> Option<CString> {
    // Which of the statements that the client sent together it is, is not known any more; a later one would have replaced it.
    let sent_at = transaction::statement_start();
    STARTS.with_borrow(|starts| {
        let current = starts.values().filter(|start| start.statement.0 == sent_at);
        let drawn = current.filter(|start| start.draws && !start.is_ambiguous);
        let mut explanations = drawn.flat_map(|start| start.explanations.iter());
        let is_meant = |explanation: &&Explanation| {
            explanation.index.as_c_str() == error.constraint
                && explanation.table.as_c_str() == error.table
                && explanation.schema.as_c_str() == error.schema
        };
        explanations.find(is_meant).map(|explanation| explanation.hint.clone())
    })
}

fn explanations(table: Oid) -> Rc<[Explanation]> {
    let explanations = memory::recall(&EXPLANATIONS, table, || {
        let mut rests_on = vec![table];
        Ok((explain(table, &mut rests_on)?.into(), rests_on))
    });
    // A hint is not worth an error.
    explanations.unwrap_or_default()
}

/// Adds to `rests_on` the relations whose names are in the explanations, or whose change may add some.
fn explain(table: Oid, rests_on: &mut Vec<Oid>) -> Result<Vec<Explanation>, Fault> {
    let mut explanations = Vec::new();
    let Some(name) = names::relation_name(table) else { return Ok(explanations) };
    for feed in feeds::of(table).iter() {
        let Some(column) = names::column_name(table, feed.attribute) else { continue };
        let Some(sequence) = judge::link(table, feed)?.sequence() else { continue };
        let hint = format!(
            "The id came from sequence {}, which is behind the rows that are there. Run: {}",
            names::relation_name(sequence).map(|name| name.quoted()).unwrap_or_default(),
            report::resync(&name.quoted())
        );
        rests_on.push(sequence);
        for index in unique_indexes(table, &column)? {
            rests_on.extend([Some(index.table), index.oid].into_iter().flatten());
            explanations.extend(index.explanation(&hint));
        }
    }
    Ok(explanations)
}

/// A table of the tree, with a unique index on the column alone or without one.
struct UniqueIndex {
    table: Oid,
    oid: Option<Oid>,
    names: Option<[String; 3]>,
}

impl UniqueIndex {
    fn explanation(self, hint: &str) -> Option<Explanation> {
        let [schema, table, index] = self.names?;
        Some(Explanation {
            schema: CString::new(schema).ok()?,
            table: CString::new(table).ok()?,
            index: CString::new(index).ok()?,
            hint: CString::new(hint).ok()?,
        })
    }
}

fn unique_indexes(table: Oid, column: &str) -> Result<Vec<UniqueIndex>, Fault> {
    subtransaction::discard(|| {
        Spi::connect(|client| {
            let rows = client.select(UNIQUE_INDEXES, None, &[table.into(), column.into()])?;
            rows.map(|row| {
                let names = match row.get::<String>(5)? {
                    Some(index) => Some([required(&row, 3)?, required(&row, 4)?, index]),
                    None => None,
                };
                Ok(UniqueIndex { table: required(&row, 1)?, oid: row.get(2)?, names })
            })
            .collect()
        })
    })
}
