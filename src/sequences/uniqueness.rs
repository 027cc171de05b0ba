//! What becomes of a value that is already in a column: refused by an index, or stored twice.

use super::column::Column;
use crate::error::Error;
use crate::pg::names::{quote_identifier, relation_name};
use crate::pg::row::required;
use crate::pg::subtransaction;
use pgrx::Spi;
use pgrx::pg_sys::Oid;

const PARTIAL_UNIQUENESS: &str = include_str!("../../sql/queries/nearest_unique_index.sql");

/// What an insert of a value that is there meets.
pub enum Duplicate {
    /// A unique index on the column alone.
    Fails,
    /// A unique index or an exclusion constraint that contains the column in some other way: which, and how.
    MayFail(String),
    /// No index that knows of the column.
    GoesIn,
}

/// Locks: AccessShareLock on catalogs, released before it returns; none where a unique index is on the column alone.
pub fn duplicate(column: &Column) -> Duplicate {
    if column.is_unique() {
        return Duplicate::Fails;
    }
    match partial(column) {
        Ok(Some(index)) => Duplicate::MayFail(index),
        Ok(None) => Duplicate::GoesIn,
        // Not to know of an index is not to know that there is none.
        Err(_) => Duplicate::MayFail("which unique indexes contain it could not be looked up".to_owned()),
    }
}

fn partial(column: &Column) -> Result<Option<String>, Error> {
    let arguments = [column.relation.into(), column.attribute.into()];
    let found: Option<(Oid, String)> = subtransaction::discard(|| {
        Spi::connect(|client| {
            let mut rows = client.select(PARTIAL_UNIQUENESS, None, &arguments)?;
            rows.next().map(|row| Ok((required(&row, 1)?, required(&row, 2)?))).transpose()
        })
    })?;
    Ok(found.map(|(index, how)| {
        let name = relation_name(index).map(|name| quote_identifier(&name.name)).unwrap_or_default();
        match how.as_str() {
            "i" => format!("unique index {name} contains it, but is invalid and may lack rows"),
            "x" => format!("exclusion constraint {name} contains it"),
            "p" => format!("unique index {name} contains it, for the rows that meet its condition"),
            "c" => format!("unique index {name} contains it along with other columns"),
            _ => format!("an expression of unique index {name} contains it"),
        }
    }))
}
