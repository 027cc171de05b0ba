//! Finds the sequence and the column of ids that the session has drawn before a statement inserts
//! them.

use super::drawn_values;
use super::explanation::{self, Explanations};
use super::fed_columns::Feed;
use super::judge;
use super::relation_cache::{self, RelationCache};
use crate::pg::hooks::Write;
use crate::pg::names;
use crate::pg::relation::{LockMode, Relation};
use crate::pg::sequence_users::Users;
use crate::pg::unique_indexes::unique_indexes;
use crate::sequences::by_name;
use pgrx::pg_sys::{self, Oid};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// Statements with more rows are ignored.
const MOST_ROWS: usize = 100;

/// A column, and the drawn sequence that it belongs to.
struct Pair {
    attribute: i16,
    sequence: Oid,
    explanations: Rc<Explanations>,
}

/// The pairs of one table, by the sequence; `None` if the sequence belongs to none of the columns.
/// Grows as the session draws from more sequences.
#[derive(Default)]
struct Pairs {
    by_sequence: RefCell<HashMap<Oid, Option<Rc<Pair>>>>,
}

thread_local! {
    static CACHE: RefCell<RelationCache<Pairs>> = RefCell::default();
}

/// Discards what depends on the relation, or everything if it is `None`.
pub fn invalidate(changed: Option<Oid>) {
    relation_cache::invalidate(&CACHE, changed);
}

/// Returns the explanations for a duplicate key of the statement. There are some only if every id
/// that it supplies for a column was drawn in this session from the column's sequence: by its
/// default, its ownership or its name.
pub fn explanations(write: &Write, feeds: &[Feed]) -> Option<Rc<Explanations>> {
    if !write.inserts {
        return None;
    }
    let mut found = None;
    for pair in pairs(write.table, feeds) {
        // The statement may be about to draw another value.
        drawn_values::read_last(pair.sequence);
        if !write.names(pair.attribute) {
            continue;
        }
        let is_set = write.updates(pair.attribute);
        let ids = if is_set { None } else { write.supplied(pair.attribute, MOST_ROWS) };
        if ids.is_some_and(|ids| drawn_values::take(pair.sequence, &ids)) {
            found.get_or_insert_with(|| Rc::clone(&pair.explanations));
        }
    }
    found
}

fn pairs(table: Oid, feeds: &[Feed]) -> Vec<Rc<Pair>> {
    let sequences = drawn_values::sequences();
    let Ok(pairs) = relation_cache::get_or_compute(&CACHE, table, || Ok((Rc::default(), vec![table]))) else {
        return Vec::new();
    };
    let known = |sequence: Oid| pairs.by_sequence.borrow().get(&sequence).cloned();
    let pair_of = |sequence: Oid| {
        known(sequence).unwrap_or_else(|| {
            let mut depends_on = Vec::new();
            let pair = pair(table, feeds, sequence, &mut depends_on).map(Rc::new);
            relation_cache::add_dependencies(&CACHE, table, depends_on);
            pairs.by_sequence.borrow_mut().insert(sequence, pair.clone());
            pair
        })
    };
    sequences.into_iter().filter_map(pair_of).collect()
}

fn pair(table: Oid, feeds: &[Feed], sequence: Oid, depends_on: &mut Vec<Oid>) -> Option<Pair> {
    depends_on.push(sequence);
    let attribute = column(table, feeds, sequence)?;
    let explanations = explanation::of_drawn(table, attribute, sequence, depends_on).ok()?;
    Some(Pair { attribute, sequence, explanations: Rc::new(explanations) })
}

/// Returns the table's column that the sequence belongs to.
fn column(table: Oid, feeds: &[Feed], sequence: Oid) -> Option<i16> {
    let feeds_it = |feed: &&Feed| judge::link(table, feed).is_ok_and(|link| link.sequence() == Some(sequence));
    if let Some(feed) = feeds.iter().find(feeds_it) {
        return Some(feed.attribute);
    }
    let users = Users::of(sequence);
    if let Some(((owner, attribute), _)) = users.owners.first() {
        return (*owner == table).then_some(*attribute);
    }
    // A sequence that a default draws from belongs to that default's column.
    if users.defaults.is_empty() && !users.has_domains { named_column(table, sequence) } else { None }
}

/// Returns the column that the sequence is named after, or the primary key of the table that it is
/// named after. Both are in one schema.
fn named_column(table: Oid, sequence: Oid) -> Option<i16> {
    let (named, name) = (names::relation_name(table)?, names::relation_name(sequence)?);
    if named.schema != name.schema {
        return None;
    }
    let relation = Relation::try_open(table, LockMode::AccessShare)?;
    let columns = (1..).map_while(|number| relation.attribute(number)).filter(|column| !column.attisdropped);
    let columns: Vec<_> =
        columns.map(|column| (column.attnum, names::name_text(&column.attname), column.atttypid)).collect();
    let is_number = |type_oid: Oid| matches!(type_oid, pg_sys::INT2OID | pg_sys::INT4OID | pg_sys::INT8OID);
    if let Some((attribute, _, type_oid)) =
        columns.iter().find(|(_, column, _)| by_name::names_column(&name.name, &named.name, column))
    {
        return is_number(*type_oid).then_some(*attribute);
    }
    let is_key =
        |attribute: i16| unique_indexes(table, attribute).iter().any(|index| index.is_alone && index.is_primary);
    let (attribute, ..) = columns.iter().find(|(attribute, _, type_oid)| is_number(*type_oid) && is_key(*attribute))?;
    by_name::names_table(&name.name, &named.name).then_some(*attribute)
}
