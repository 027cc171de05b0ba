//! A column that a sequence feeds, as described by the table's relation cache entry.

use super::check_bounds;
use crate::ids::position::IdRange;
use crate::pg::id_datum::IdType;
use crate::pg::index_choice::{UsableIndex, usable_index};
use crate::pg::names::{self, QualifiedName};
use crate::pg::relation::{LockMode, Relation};
use crate::report::readable::{Hidden, hidden};
use pgrx::pg_sys::{self, Oid};

/// A column of a table: the table's OID and the column's number.
pub type AttrRef = (Oid, i16);

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
    pub owner: Oid,
    /// `pg_class.relpages` as ANALYZE found it, the only known size of a foreign table; `None`
    /// before that.
    pub pages: Option<u32>,
    pub type_oid: Oid,
    pub type_modifier: i32,
    /// Whether the column's collation treats different texts as different.
    pub is_deterministic: bool,
    /// `pg_attribute.attidentity`: a, d or a space.
    pub identity: char,
    /// Whether the column is inherited; then its type can be changed only in the parent.
    pub is_inherited: bool,
    /// The range that CHECK constraints on the column or its domain leave of its type's range.
    pub bounds: Option<IdRange>,
    /// A btree index whose first column is this one and that can be probed.
    pub index: Option<UsableIndex>,
}

impl Column {
    /// Describes a column of an open table, and opens the column's index if it has one; `None` if
    /// the column does not exist.
    pub fn describe(table: &Relation, (relation, attribute): AttrRef) -> Option<(Column, Option<Relation>)> {
        let form = table.attribute(attribute).filter(|column| !column.attisdropped)?;
        let class = table.form();
        let kind = char::from(class.relkind as u8);
        let (usable, index) = match kind {
            'r' | 'p' => usable_index(table, attribute).unzip(),
            _ => (None, None),
        };
        let column = Column {
            relation,
            attribute,
            schema: class.relnamespace,
            table: table.name(),
            name: names::name_text(&form.attname),
            kind,
            is_permanent: class.relpersistence as u8 == pg_sys::RELPERSISTENCE_PERMANENT,
            is_partition: class.relispartition,
            is_heap: class.relam == pg_sys::HEAP_TABLE_AM_OID,
            owner: class.relowner,
            pages: u32::try_from(class.relpages).ok().filter(|_| class.reltuples >= 0.0),
            type_oid: form.atttypid,
            type_modifier: form.atttypmod,
            is_deterministic: names::is_deterministic(form.attcollation),
            identity: if form.attidentity == 0 { ' ' } else { char::from(form.attidentity as u8) },
            is_inherited: form.attinhcount > 0,
            bounds: check_bounds::of_column(table, attribute, form.atttypid),
            index: usable,
        };
        Some((column, index))
    }

    /// Opens the table, describes the column, closes the table and releases its lock; `None` if the
    /// table or the column does not exist.
    pub fn look_up(attr: AttrRef) -> Option<Column> {
        Column::describe(&Relation::try_open(attr.0, LockMode::AccessShare)?, attr).map(|(column, _)| column)
    }

    /// Returns what hides the column's values from the current user, if anything does.
    pub fn hidden(&self) -> Option<Hidden> {
        hidden(self.schema, self.relation, self.attribute)
    }

    /// Whether a unique index on only this column enforces uniqueness.
    pub fn is_unique(&self) -> bool {
        self.index.is_some_and(|index| index.is_unique)
    }

    /// Returns how the column's values are read, and which values of a sequence it can hold. `None`
    /// if a value would not come out as it went in: floating point, a numeric that rounds to tens,
    /// or a text that equals others under its collation.
    pub fn holds(&self) -> Option<(IdType, IdRange)> {
        let (id_type, modifier) = IdType::of(self.type_oid, self.type_modifier)?;
        let range = match id_type {
            IdType::Smallint => IdRange::SMALLINT,
            IdType::Integer => IdRange::INTEGER,
            IdType::Bigint => IdRange::BIGINT,
            IdType::Numeric => numeric_range(modifier)?,
            IdType::Text | IdType::TrailingDigits if !self.is_deterministic => return None,
            IdType::Text | IdType::TrailingDigits => text_range(modifier),
        };
        Some((id_type, self.bounds.map_or(range, |bounds| range.intersect(bounds))))
    }

    /// Whether the column's type is `integer` or `smallint` itself, which one statement changes to
    /// `bigint` without losing anything.
    pub fn can_become_bigint(&self) -> bool {
        matches!(self.type_oid, pg_sys::INT2OID | pg_sys::INT4OID) && !self.is_inherited && self.kind != 'f'
    }

    /// Returns `schema.table.column`, quoted, for messages.
    pub fn label(&self) -> String {
        format!("{}.{}", self.table.quoted(), names::quote_identifier(&self.name))
    }
}

/// Does the same as `Column::label`, without a lock and whether or not the table can be opened.
pub fn label((relation, attribute): AttrRef) -> Option<String> {
    let column = names::column_name(relation, attribute)?;
    Some(format!("{}.{}", names::relation_name(relation)?.quoted(), names::quote_identifier(&column)))
}

/// Returns the range of a varchar, whose modifier is its length in characters plus the size of a
/// varlena's header; text has no modifier.
fn text_range(modifier: i32) -> IdRange {
    let length = u32::try_from(modifier.wrapping_sub(pg_sys::VARHDRSZ as i32)).unwrap_or(u32::MAX);
    // A minus sign takes a character, too.
    IdRange { low: IdRange::numeric(length.saturating_sub(1), 0).low, ..IdRange::numeric(length, 0) }
}

/// Returns the range of a numeric, whose modifier holds precision and scale, the scale as a signed
/// 11-bit number (numeric.c, `make_numeric_typmod`).
fn numeric_range(modifier: i32) -> Option<IdRange> {
    let Ok(packed) = u32::try_from(modifier.wrapping_sub(pg_sys::VARHDRSZ as i32)) else {
        return Some(IdRange::BIGINT);
    };
    let scale = u32::try_from(((packed & 0x7ff) as i32 ^ 1024) - 1024).ok()?;
    Some(IdRange::numeric(packed >> 16, scale))
}
