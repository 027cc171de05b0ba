//! The parent's unique key that a new foreign key would refer to, and the operators it would compare by.

use super::request::{Column, Table};
use crate::error::Error;
use crate::pg::catalog_query;
use crate::pg::foreign_key_operator::{collations_conflict, default_class, equality};
use pgrx::pg_sys::Oid;

const PRECHECK_KEYS: &str = include_str!("../../sql/queries/fk_precheck_keys.sql");

/// A unique index on exactly the columns.
#[derive(Clone, Debug)]
pub struct UniqueKey {
    /// Columns by number with the operator classes of their entries.
    entries: Vec<(i16, Oid)>,
    pub is_immediate: bool,
    /// Whether a foreign key may refer to it.
    pub is_usable: bool,
}

impl UniqueKey {
    /// The best one on exactly these columns of the parent, or its primary key.
    pub fn find(parent: &Table, columns: Option<&[Column]>) -> Result<Option<UniqueKey>, Error> {
        let numbers = columns.map(|columns| columns.iter().map(|column| column.number).collect::<Vec<_>>());
        let keys = catalog_query::read(PRECHECK_KEYS, &[parent.oid.into(), numbers.into()], |row| {
            let (columns, classes) = (row.get::<Vec<i16>>(1)?, row.get::<Vec<Oid>>(2)?);
            // Included columns have no operator class.
            let entries = columns.into_iter().zip(classes).collect();
            Ok(UniqueKey { entries, is_immediate: row.get(3)?, is_usable: row.get(4)? })
        })?;
        Ok(keys.into_iter().next())
    }

    pub fn column_numbers(&self) -> impl Iterator<Item = i16> {
        self.entries.iter().map(|(number, _)| *number)
    }

    fn class(&self, column: &Column) -> Option<Oid> {
        self.entries.iter().find(|(number, _)| *number == column.number).map(|(_, class)| *class)
    }
}

/// The operators by which the columns would be compared, by the key's operator classes or, without a key, those it would have; or why
/// there are none.
pub fn operators(key: Option<&UniqueKey>, child: &[Column], parent: &[Column]) -> Result<Vec<Oid>, String> {
    let pairs = child.iter().zip(parent);
    pairs
        .map(|(child, parent)| {
            let class = key.map_or_else(|| default_class(parent.type_oid), |key| key.class(parent));
            let operator = class.and_then(|class| equality(class, parent.type_oid, child.type_oid));
            if collations_conflict(parent.collation, child.collation) {
                return Err(format!("the collations of {} differ, and one is not deterministic", named(child, parent)));
            }
            operator.ok_or_else(|| format!("there is no operator to compare {}", named(child, parent)))
        })
        .collect()
}

fn named(child: &Column, parent: &Column) -> String {
    format!("\"{}\" ({}) with \"{}\" ({})", child.name, child.type_name, parent.name, parent.type_name)
}
