//! Finds the parent's unique key that a new foreign key would refer to, and the operators that it
//! would use.

use super::request::{NamedColumn, NamedTable};
use crate::error::Error;
use crate::pg::catalog_query;
use crate::pg::foreign_key_operator::{collations_conflict, default_class, equality};
use pgrx::pg_sys::Oid;

const PRECHECK_KEYS: &str = include_str!("../../sql/queries/fk_precheck_keys.sql");

/// A unique index on exactly these columns.
#[derive(Clone, Debug)]
pub struct UniqueKey {
    /// The columns' numbers with the operator classes of their index entries.
    entries: Vec<(i16, Oid)>,
    pub is_immediate: bool,
    /// Whether a foreign key may refer to it.
    pub is_usable: bool,
}

impl UniqueKey {
    /// Returns the best one on exactly these columns of the parent, or its primary key.
    pub fn find(parent: &NamedTable, columns: Option<&[NamedColumn]>) -> Result<Option<UniqueKey>, Error> {
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

    fn class(&self, column: &NamedColumn) -> Option<Oid> {
        self.entries.iter().find(|(number, _)| *number == column.number).map(|(_, class)| *class)
    }
}

/// Returns the operators that would compare the columns: those of the key's operator classes or,
/// without a key, of the default ones. If there are none, returns the reason.
pub fn operators(key: Option<&UniqueKey>, child: &[NamedColumn], parent: &[NamedColumn]) -> Result<Vec<Oid>, String> {
    let pairs = child.iter().zip(parent);
    pairs
        .map(|(child, parent)| {
            let class = key.map_or_else(|| default_class(parent.type_oid), |key| key.class(parent));
            let operator = class.and_then(|class| equality(class, parent.type_oid, child.type_oid));
            if collations_conflict(parent.collation, child.collation) {
                return Err(format!("the collations of {} differ, and one is not deterministic", named(child, parent)));
            }
            operator.ok_or_else(|| format!("no operator exists to compare {}", named(child, parent)))
        })
        .collect()
}

fn named(child: &NamedColumn, parent: &NamedColumn) -> String {
    format!("\"{}\" ({}) with \"{}\" ({})", child.name, child.type_name, parent.name, parent.type_name)
}
