//! Duplicate keys that explain themselves: a HINT for the error of an insert whose id came from the sequence.
//!
//! Nothing is looked up when the error is there. What it will say, and the names by which it will be known, are put together
//! when the first such insert into a table begins, and remembered until the table's definition changes.

use super::{feeds, judge, report};
use crate::fault::Fault;
use crate::pg::hooks::DuplicateKey;
use crate::pg::{names, subtransaction, transaction};
use crate::sequences::discover::required;
use pgrx::Spi;
use pgrx::pg_sys::Oid;
use std::cell::RefCell;
use std::collections::HashMap;
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

/// The statements on a table that have begun on behalf of one statement of the client's.
#[derive(Default)]
struct Starts {
    statement: i64,
    has_drawn: bool,
    has_supplied: bool,
    explanations: Option<Rc<[Explanation]>>,
}

thread_local! {
    static EXPLANATIONS: RefCell<HashMap<Oid, Rc<[Explanation]>>> = RefCell::new(HashMap::new());
    static STARTS: RefCell<HashMap<Oid, Starts>> = RefCell::new(HashMap::new());
}

/// A statement begins that inserts into the table, or supplies ids by an update.
pub fn note_start(table: Oid, is_supplied: bool) {
    let statement = transaction::statement_start();
    let explanations = if is_supplied { None } else { Some(explanations(table)) };
    STARTS.with_borrow_mut(|starts| {
        let entry = starts.entry(table).or_default();
        if entry.statement != statement {
            *entry = Starts { statement, ..Starts::default() };
        }
        entry.has_drawn |= !is_supplied;
        entry.has_supplied |= is_supplied;
        entry.explanations = explanations.or_else(|| entry.explanations.take());
    });
}

/// The transaction is over.
pub fn forget_starts() {
    STARTS.with_borrow_mut(|starts| {
        // A load of thousands of tables need not leave its memory to the session.
        const USUAL: usize = 64;
        starts.clear();
        starts.shrink_to(USUAL);
    });
}

/// The table, or with `None` any, may have changed. A partition's name may be in what its root's inserts are explained by;
/// a change to a partition reaches the root as well only where it is attached or detached, so all of them go.
pub fn forget(_table: Option<Oid>) {
    EXPLANATIONS.with_borrow_mut(HashMap::clear);
}

/// The hint for an error, unless the statement has supplied ids to that table itself. Looks nothing up.
pub fn hint(error: &DuplicateKey<'_>) -> Option<CString> {
    let statement = transaction::statement_start();
    STARTS.with_borrow(|starts| {
        let current = starts.values().filter(|starts| starts.statement == statement);
        let drawn = current.filter(|starts| starts.has_drawn && !starts.has_supplied);
        let mut explanations = drawn.filter_map(|starts| starts.explanations.as_ref()).flat_map(|all| all.iter());
        let is_meant = |explanation: &&Explanation| {
            explanation.index.as_c_str() == error.constraint
                && explanation.table.as_c_str() == error.table
                && explanation.schema.as_c_str() == error.schema
        };
        explanations.find(is_meant).map(|explanation| explanation.hint.clone())
    })
}

fn explanations(table: Oid) -> Rc<[Explanation]> {
    if let Some(known) = EXPLANATIONS.with_borrow(|known| known.get(&table).cloned()) {
        return known;
    }
    // A hint is not worth an error.
    let explanations: Rc<[Explanation]> = explain(table).unwrap_or_default().into();
    EXPLANATIONS.with_borrow_mut(|known| known.insert(table, Rc::clone(&explanations)));
    explanations
}

fn explain(table: Oid) -> Result<Vec<Explanation>, Fault> {
    let mut explanations = Vec::new();
    let Some(name) = names::relation_name(table) else { return Ok(explanations) };
    for feed in feeds::of(table).iter() {
        let Some(column) = names::column_name(table, feed.attribute) else { continue };
        let Some(sequence) = judge::link(table, feed)?.sequence().and_then(names::relation_name) else { continue };
        let hint = format!(
            "The id came from sequence {}, which is behind the rows that are there. Run: {}",
            sequence.quoted(),
            report::resync(&name.quoted())
        );
        let rows: Vec<[String; 3]> = subtransaction::discard(|| {
            Spi::connect(|client| {
                let rows = client.select(UNIQUE_INDEXES, None, &[table.into(), column.as_str().into()])?;
                rows.map(|row| Ok([required(&row, 1)?, required(&row, 2)?, required(&row, 3)?])).collect()
            })
        })?;
        explanations.extend(rows.into_iter().filter_map(|[schema, table, index]| {
            Some(Explanation {
                schema: CString::new(schema).ok()?,
                table: CString::new(table).ok()?,
                index: CString::new(index).ok()?,
                hint: CString::new(hint.as_str()).ok()?,
            })
        }));
    }
    Ok(explanations)
}
