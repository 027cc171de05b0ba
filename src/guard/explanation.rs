//! Prepares the hint for a duplicate-key error, and the names by which the error is recognized,
//! before it is raised.

use super::relation_cache::{self, RelationCache};
use super::{fed_columns, judge, report};
use crate::error::Error;
use crate::pg::names::{self, QualifiedName};
use crate::pg::partitions;
use crate::pg::subtransaction;
use crate::pg::unique_indexes::unique_indexes;
use crate::sequences::link::Sequence;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::Oid;
use std::cell::RefCell;
use std::ffi::{CStr, CString};
use std::rc::Rc;

/// A table with more partitions gets no hint: its first insert in each session would have to look
/// up the names of all of them.
const MOST_PARTITIONS: usize = 1000;

/// A unique index that has a fed column in its key.
pub struct Explanation {
    pub schema: CString,
    pub table: CString,
    pub index: CString,
    /// Whether the fed column is the whole key, so that a change of another column cannot lead to a
    /// duplicate.
    pub is_alone: bool,
    pub hint: Rc<CStr>,
}

/// The explanations for a table and its partitions.
#[derive(Default)]
pub struct Explanations {
    pub list: Vec<Explanation>,
    /// The table and its partitions.
    pub tables: Vec<Oid>,
}

thread_local! {
    static CACHE: RefCell<RelationCache<Explanations>> = RefCell::default();
}

/// Returns the table's explanations; none if they could not be prepared, since a hint is not worth
/// an error.
pub fn of(table: Oid) -> Rc<Explanations> {
    let explanations = relation_cache::get_or_compute(&CACHE, table, || {
        let mut depends_on = vec![table];
        let explanations = subtransaction::attempt(|| explain(table, &mut depends_on))?;
        Ok((Rc::new(explanations), depends_on))
    });
    explanations.unwrap_or_default()
}

/// Discards what depends on the relation, or everything if it is `None`.
pub fn invalidate(changed: Option<Oid>) {
    relation_cache::invalidate(&CACHE, changed);
}

/// Prepares the explanations. Adds the relations that they name to `depends_on`, and those that may
/// add an explanation when they change.
fn explain(table: Oid, depends_on: &mut Vec<Oid>) -> Result<Explanations, Error> {
    let mut list = Vec::new();
    let Some(name) = names::relation_name(table) else { return Ok(Explanations::default()) };
    let Some(tables) = partitions::tree(table, MOST_PARTITIONS) else { return Ok(Explanations::default()) };
    for feed in fed_columns::of(table).iter() {
        let Some(column) = names::column_name(table, feed.attribute) else { continue };
        let Some(sequence) = judge::link(table, feed)?.sequence() else { continue };
        depends_on.push(sequence);
        let Some(quoted) = explainable(sequence)? else { continue };
        let hint = format!("The id came from sequence {quoted}, which is behind the existing rows.");
        add(&mut list, &tables, &column, &hint_for(&hint, &name)?, depends_on);
    }
    Ok(Explanations { list, tables })
}

/// Prepares the explanations for one column with ids that the session has drawn from the sequence
/// before it inserts them. Whether another session has used one of them in between is unknown. Adds
/// the relations to `depends_on`.
pub fn of_drawn(table: Oid, attribute: i16, sequence: Oid, depends_on: &mut Vec<Oid>) -> Result<Explanations, Error> {
    subtransaction::attempt(|| {
        let mut list = Vec::new();
        let attr = names::relation_name(table).zip(names::column_name(table, attribute));
        let (Some((name, column)), Some(quoted)) = (attr, explainable(sequence)?) else {
            return Ok(Explanations::default());
        };
        let Some(tables) = partitions::tree(table, MOST_PARTITIONS) else { return Ok(Explanations::default()) };
        let hint = format!(
            "This session has drawn the id from sequence {quoted}. Unless the id was inserted since, the sequence is \
             behind the existing rows."
        );
        add(&mut list, &tables, &column, &hint_for(&hint, &name)?, depends_on);
        // A column without a default may well be changed by an update.
        list.iter_mut().for_each(|one| one.is_alone = false);
        Ok(Explanations { list, tables })
    })
}

/// Returns the sequence's quoted name; `None` if it does not exist or cycles, since it then meets
/// used ids by design and is never advanced.
fn explainable(sequence: Oid) -> Result<Option<String>, Error> {
    let is_moved = !Sequence::look_up(sequence)?.definition.cycle;
    Ok(names::relation_name(sequence).filter(|_| is_moved).map(|name| name.quoted()))
}

fn hint_for(what: &str, table: &QualifiedName) -> Result<Rc<CStr>, Error> {
    let hint = CString::new(format!("{what} Run: {}", report::resync(&table.quoted())));
    let hint = hint.map_err(|_| Error::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, "name contains a null byte"))?;
    Ok(hint.into())
}

/// Adds the tables' unique indexes that have the column in their key.
fn add(list: &mut Vec<Explanation>, tables: &[Oid], column: &str, hint: &Rc<CStr>, depends_on: &mut Vec<Oid>) {
    depends_on.extend(tables);
    for table in tables {
        let Some((attribute, name)) = names::column_number(*table, column).zip(names::relation_name(*table)) else {
            continue;
        };
        for index in unique_indexes(*table, attribute) {
            depends_on.push(index.oid);
            let Some(index_name) = names::relation_name(index.oid) else { continue };
            let texts = [name.schema.as_str(), name.name.as_str(), index_name.name.as_str()].map(CString::new);
            let [Ok(schema), Ok(table), Ok(index_name)] = texts else { continue };
            let is_alone = index.is_alone;
            list.push(Explanation { schema, table, index: index_name, is_alone, hint: Rc::clone(hint) });
        }
    }
}
