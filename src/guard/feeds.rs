//! Which columns of a table a sequence feeds, remembered until the table's definition changes.

use super::memory::{self, Memory};
use crate::pg::defaults::{ColumnDefault, column_defaults};
use crate::pg::names::FIRST_USER_OID;
use crate::pg::relation::{LockMode, Relation};
use crate::sequences::default_tree::{self, Form, Name};
use crate::sequences::links::Kind;
use pgrx::pg_sys::{self, Oid};
use std::cell::RefCell;
use std::rc::Rc;

/// A column whose default is a value of a sequence and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    pub attribute: i16,
    pub source: Name,
    pub kind: Kind,
}

thread_local! {
    static KNOWN: RefCell<Memory<[Feed]>> = RefCell::default();
}

/// The fed columns of a table that can be guarded; none of any other. Takes AccessShareLock on a table it does not know yet
/// and gives it back.
pub fn of(table: Oid) -> Rc<[Feed]> {
    memory::recall(&KNOWN, table, || Ok((look_up(table).into(), vec![table]))).unwrap_or_default()
}

/// A relation, or with `None` any, may have changed.
pub fn forget(changed: Option<Oid>) {
    memory::forget(&KNOWN, changed);
}

fn look_up(table: Oid) -> Vec<Feed> {
    if table.to_u32() < FIRST_USER_OID {
        return Vec::new();
    }
    Relation::try_open(table, LockMode::AccessShare).map(|relation| feeds(&relation)).unwrap_or_default()
}

/// Rows of temporary tables vanish with the session, and those of foreign tables and other access methods than heap
/// cannot be told apart by who wrote them.
pub fn is_guardable(table: &Relation) -> bool {
    let class = table.form();
    let is_ours = match class.relkind as u8 {
        pg_sys::RELKIND_RELATION => class.relam == pg_sys::HEAP_TABLE_AM_OID,
        kind => kind == pg_sys::RELKIND_PARTITIONED_TABLE,
    };
    is_ours && class.relpersistence as u8 != pg_sys::RELPERSISTENCE_TEMP
}

fn feeds(table: &Relation) -> Vec<Feed> {
    if !is_guardable(table) {
        return Vec::new();
    }
    let mut feeds = Vec::new();
    for (attribute, default) in column_defaults(table) {
        match default {
            ColumnDefault::Identity(sequence) => {
                let source = Name::Oid(sequence.to_u32());
                feeds.push(Feed { attribute, source, kind: Kind::IdentityAlways });
            }
            ColumnDefault::Expression { tree, is_domains } => {
                let kind = if is_domains { Kind::DomainDefault } else { Kind::Default };
                let plain = default_tree::draws(&tree).into_iter().filter(|draw| draw.form == Form::Number);
                feeds.extend(plain.map(|draw| Feed { attribute, source: draw.name, kind }));
            }
        }
    }
    feeds.retain(|feed| feed.source != Name::WorkedOut);
    feeds
}
