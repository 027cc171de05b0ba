//! Finds out what happens to a value that is already in a column: an index rejects it, or it is
//! stored twice.

use super::column::Column;
use crate::error::Error;
use crate::pg::names::{quote_identifier, relation_name};
use crate::pg::row::required;
use crate::pg::subtransaction;
use pgrx::Spi;
use pgrx::pg_sys::Oid;

const PARTIAL_UNIQUENESS: &str = include_str!("../../sql/queries/nearest_unique_index.sql");

/// The effect of an insert of a value that is already in the column.
pub enum Duplicate {
    /// A unique index on only this column rejects it.
    Fails,
    /// A unique index or an exclusion constraint contains the column in some other way, described
    /// here.
    MayFail(String),
    /// No such index contains the column.
    GoesIn,
}

/// Returns what happens to a duplicate.
///
/// Locks: AccessShareLock on catalogs, released before it returns; none if a unique index is on
/// only this column.
pub fn duplicate(column: &Column) -> Duplicate {
    if column.is_unique() {
        return Duplicate::Fails;
    }
    match partial(column) {
        Ok(Some(index)) => Duplicate::MayFail(index),
        Ok(None) => Duplicate::GoesIn,
        // A failed lookup does not prove that there is none.
        Err(_) => Duplicate::MayFail("could not look up the unique indexes that contain it".to_owned()),
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
            "p" => format!("unique index {name} contains it, but only for rows that meet its condition"),
            "c" => format!("unique index {name} contains it along with other columns"),
            _ => format!("an expression of unique index {name} contains it"),
        }
    }))
}
