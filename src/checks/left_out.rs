//! Finds tables that no publication has, or that no subscription writes to, although one seems to
//! be meant for them.

use super::target::Target;
use crate::error::Error;
use crate::pg::catalog_query::{CatalogRow, read};
use crate::pg::names::{QualifiedName, quote_identifier};
use pgrx::pg_sys::Oid;

const LEFT_OUT: &str = include_str!("../../sql/queries/tables_left_out.sql");

pub struct LeftOut {
    /// The table, quoted.
    pub table: String,
    pub is_unlogged: bool,
    /// The publication or subscription, quoted.
    pub name: String,
    /// Why it seems to be meant for the table.
    pub why: String,
}

/// Returns the tables that are left out. `members` returns the tables that are not, each with the
/// publications or subscriptions that it is in; `kind` and `verb` say so: `publication`, `has`.
pub fn tables(target: &Target<'_>, members: &str, kind: &str, verb: &str) -> Result<Vec<LeftOut>, Error> {
    let members = read(members, &[], |row| Ok((row.get::<Oid>(1)?, row.texts(2)?)))?;
    if members.is_empty() {
        return Ok(Vec::new());
    }
    let pairs = members.into_iter().flat_map(|(table, names)| names.into_iter().map(move |name| (table, name)));
    let (tables, names): (Vec<Oid>, Vec<String>) = pairs.unzip();
    read(LEFT_OUT, &[target.user_schemas.clone().into(), tables.into(), names.into()], |row| {
        let name = row.identifier(4)?;
        let why = format!("{kind} {name} {verb} {}", what(row)?);
        Ok(LeftOut { table: row.qualified(1)?, is_unlogged: row.get(3)?, name, why })
    })
}

/// Returns what else is in the publication or subscription: the table that refers to this one, or
/// most tables of its schema.
fn what(row: &CatalogRow<'_, '_>) -> Result<String, Error> {
    let (schema, table) = (row.optional_text(5)?, row.optional_text(6)?);
    Ok(match schema.zip(table) {
        Some((schema, name)) => format!("{}, which refers to it", QualifiedName { schema, name }.quoted()),
        None => format!("most tables of schema {}", quote_identifier(&row.text(1)?)),
    })
}
