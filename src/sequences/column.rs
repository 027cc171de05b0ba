//! A column that is fed by a sequence, as its table's relation cache entry describes it.

use super::position::IdRange;
use crate::pg::index_choice::{UsableIndex, usable_index};
use crate::pg::names::{self, QualifiedName};
use crate::pg::relation::{LockMode, Relation};
use pgrx::pg_sys::{self, Oid};

/// A column of a table: the table's OID and the column's number.
pub type Place = (Oid, i16);

/// How a column's values compare with a sequence's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    Integer,
    Numeric,
}

#[derive(Clone, Debug)]
pub struct Column {
    pub relation: Oid,
    pub attribute: i16,
    pub schema: Oid,
    pub table: QualifiedName,
    pub name: String,
    /// `pg_class.relkind`
    pub kind: char,
    pub is_permanent: bool,
    pub is_partition: bool,
    pub is_heap: bool,
    /// `pg_class.relpages`: what ANALYZE found, all there is to know of a foreign table's size.
    pub pages: i32,
    pub has_row_security: bool,
    pub type_oid: Oid,
    pub type_modifier: i32,
    /// `pg_attribute.attidentity`: a, d or a space.
    pub identity: char,
    /// Whether an INSERT that leaves the column out gets a value; of a domain's default this does not know.
    pub has_default: bool,
    /// A btree that leads on the column and can be probed.
    pub index: Option<UsableIndex>,
}

impl Column {
    /// Describes a column of an open table, or `None` if it is gone. Takes AccessShareLock on the table's indexes, one
    /// at a time, and gives it back.
    pub fn describe(table: &Relation, (relation, attribute): Place) -> Option<Column> {
        let column = table.attribute(attribute).filter(|column| !column.attisdropped)?;
        let class = table.form();
        let kind = char::from(class.relkind as u8);
        Some(Column {
            relation,
            attribute,
            schema: class.relnamespace,
            table: table.name(),
            name: names::name_text(&column.attname),
            kind,
            is_permanent: class.relpersistence as u8 == pg_sys::RELPERSISTENCE_PERMANENT,
            is_partition: class.relispartition,
            is_heap: class.relam == pg_sys::HEAP_TABLE_AM_OID,
            pages: class.relpages,
            has_row_security: class.relrowsecurity,
            type_oid: column.atttypid,
            type_modifier: column.atttypmod,
            identity: if column.attidentity == 0 { ' ' } else { char::from(column.attidentity as u8) },
            has_default: column.atthasdef || column.attidentity != 0,
            index: if matches!(kind, 'r' | 'p') { usable_index(table, attribute) } else { None },
        })
    }

    /// Opens the table, describes the column and closes the table with its lock; `None` if either is gone.
    pub fn look_up(place: Place) -> Option<Column> {
        Column::describe(&Relation::try_open(place.0, LockMode::AccessShare)?, place)
    }

    /// Whether a unique index on this column alone keeps its values apart.
    pub fn is_unique(&self) -> bool {
        self.index.is_some_and(|index| index.is_unique)
    }

    /// What the column can hold of a sequence's values, or `None` if its type is no number.
    pub fn numbers(&self) -> Option<(Numbers, IdRange)> {
        let type_and_modifier = match self.type_oid {
            pg_sys::INT2OID | pg_sys::INT4OID | pg_sys::INT8OID => (self.type_oid, -1),
            _ => names::base_type(self.type_oid, self.type_modifier),
        };
        match type_and_modifier {
            (pg_sys::INT2OID, _) => Some((Numbers::Integer, IdRange::SMALLINT)),
            (pg_sys::INT4OID, _) => Some((Numbers::Integer, IdRange::INTEGER)),
            (pg_sys::INT8OID, _) => Some((Numbers::Integer, IdRange::BIGINT)),
            (pg_sys::NUMERICOID, modifier) => Some((Numbers::Numeric, numeric_range(modifier))),
            _ => None,
        }
    }

    /// For people: `schema.table.column`, quoted.
    pub fn label(&self) -> String {
        format!("{}.{}", self.table.quoted(), names::quote_identifier(&self.name))
    }
}

/// As `Column::label`, without a lock and whether or not the table can be opened.
pub fn label((relation, attribute): Place) -> Option<String> {
    let column = names::column_name(relation, attribute)?;
    Some(format!("{}.{}", names::relation_name(relation)?.quoted(), names::quote_identifier(&column)))
}

/// The modifier holds precision and scale, the scale as 11 bits with sign (numeric.c, `make_numeric_typmod`).
fn numeric_range(modifier: i32) -> IdRange {
    let Ok(packed) = u32::try_from(modifier.wrapping_sub(pg_sys::VARHDRSZ as i32)) else { return IdRange::BIGINT };
    let scale = ((packed & 0x7ff) as i32 ^ 1024) - 1024;
    IdRange::numeric(packed >> 16, scale)
}
