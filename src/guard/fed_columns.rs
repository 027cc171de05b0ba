//! Finds the columns of a table that a sequence feeds, and remembers them until the table's
//! definition changes.
//!
//! A partition's rows are also rows of the tables above it. What feeds a column there also concerns
//! the partition, whether the partition has the same default, another or none (before PostgreSQL 17
//! it never has its parent's identity).

use super::relation_cache::{self, RelationCache};
use crate::pg::defaults::{ColumnDefault, column_defaults};
use crate::pg::names::FIRST_USER_OID;
use crate::pg::relation::{LockMode, Relation};
use crate::pg::{names, partitions};
use crate::sequences::column::AttrRef;
use crate::sequences::default_tree::{self, Form, Name};
use crate::sequences::link::Kind;
use pgrx::pg_sys::{self, Oid};
use std::cell::RefCell;
use std::rc::Rc;

/// A column whose default is a value of a sequence, without anything computed from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    pub attribute: i16,
    /// The topmost column that draws from the sequence: this one, or that of a partitioned table
    /// above.
    pub top: AttrRef,
    pub source: Name,
    pub kind: Kind,
}

thread_local! {
    static CACHE: RefCell<RelationCache<[Feed]>> = RefCell::default();
}

/// Returns the fed columns of a table, or none if the table cannot be guarded. Takes
/// AccessShareLock on a table that is not cached yet, and releases it.
pub fn of(table: Oid) -> Rc<[Feed]> {
    let compute = || {
        let (feeds, depends_on) = look_up(table);
        Ok((feeds.into(), depends_on))
    };
    relation_cache::get_or_compute(&CACHE, table, compute).unwrap_or_default()
}

/// Discards what depends on the relation, or everything if it is `None`.
pub fn invalidate(changed: Option<Oid>) {
    relation_cache::invalidate(&CACHE, changed);
}

/// Returns the fed columns, and the tables that they depend on.
fn look_up(table: Oid) -> (Vec<Feed>, Vec<Oid>) {
    let mut tables = vec![table];
    if table.to_u32() < FIRST_USER_OID {
        return (Vec::new(), tables);
    }
    let open = |table| Relation::try_open(table, LockMode::AccessShare).filter(is_guardable);
    let Some(relation) = open(table) else { return (Vec::new(), tables) };
    let mut feeds = own_feeds(&relation);
    if relation.form().relispartition {
        let ancestors = partitions::ancestors(table);
        // From the root down: if several draw from one sequence, the topmost represents them.
        let above = ancestors.iter().rev().filter_map(|ancestor| open(*ancestor));
        feeds = below(&relation, above.flat_map(|ancestor| own_feeds(&ancestor)).collect(), feeds);
        tables.extend(ancestors);
    }
    (feeds, tables)
}

/// Returns a partition's fed columns: those of the tables above it, from the root down, and its
/// own.
fn below(partition: &Relation, above: Vec<Feed>, own: Vec<Feed>) -> Vec<Feed> {
    let mut feeds: Vec<Feed> = Vec::new();
    let here = |feed: Feed| {
        let name = names::column_name(feed.top.0, feed.attribute)?;
        Some(Feed { attribute: names::column_number(partition.oid(), &name)?, ..feed })
    };
    for feed in above.into_iter().filter_map(here).chain(own) {
        if !feeds.iter().any(|known| known.attribute == feed.attribute && known.source == feed.source) {
            feeds.push(feed);
        }
    }
    feeds
}

/// Whether the table can be guarded. Rows of temporary tables vanish with the session, and rows of
/// foreign tables and of access methods other than heap do not record which transaction wrote them.
pub fn is_guardable(table: &Relation) -> bool {
    let class = table.form();
    let is_ours = match class.relkind as u8 {
        pg_sys::RELKIND_RELATION => class.relam == pg_sys::HEAP_TABLE_AM_OID,
        kind => kind == pg_sys::RELKIND_PARTITIONED_TABLE,
    };
    is_ours && class.relpersistence as u8 != pg_sys::RELPERSISTENCE_TEMP
}

/// Returns the columns that the table's own defaults and identity columns feed.
fn own_feeds(table: &Relation) -> Vec<Feed> {
    let mut feeds = Vec::new();
    for (attribute, default) in column_defaults(table) {
        let top = (table.oid(), attribute);
        match default {
            ColumnDefault::Identity(sequence) => {
                let source = Name::Oid(sequence.to_u32());
                feeds.push(Feed { attribute, top, source, kind: Kind::IdentityAlways });
            }
            ColumnDefault::Expression { tree, is_domains } => {
                let kind = if is_domains { Kind::DomainDefault } else { Kind::Default };
                let plain = default_tree::draws(&tree).into_iter().filter(|draw| draw.form == Form::Number);
                feeds.extend(plain.map(|draw| Feed { attribute, top, source: draw.name, kind }));
            }
        }
    }
    feeds.retain(|feed| feed.source != Name::Computed);
    feeds
}
