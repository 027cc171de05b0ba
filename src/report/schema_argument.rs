//! Looks up a schema that a caller names, or raises an error that says what the caller probably
//! meant.
//!
//! Locks: AccessShareLock on catalogs, released before it returns.

use crate::error::Error;
use crate::pg::catalog_query::{CatalogRow, read};
use crate::pg::names::QualifiedName;
use crate::pg::{encoded_text, memory, names, schemas};
use crate::report::quoting::literal;
use crate::report::statements::Statements;
use crate::report::wording;
use pgrx::pg_sys::Oid;

const MEANT_BY_SCHEMA: &str = include_str!("../../sql/queries/schema_name_suggestions.sql");

/// Finds the schema that an argument of a function names, as `schemas::find` does.
pub fn find(name: &str) -> Result<Oid, Error> {
    memory::refuse_long("schema", name)?;
    schemas::find(name).or_else(|error| Err(explain(error, name, Table::Schema)?))
}

/// Does the same for seq_resync; if the name is that of a table, the error recommends
/// seq_resync_table.
pub fn find_for_resync(name: &str) -> Result<Oid, Error> {
    memory::refuse_long("schema", name)?;
    schemas::find(name).or_else(|error| Err(explain(error, name, Table::Resync)?))
}

/// Finds the schema that an argument of a function names, as `schemas::find_text` does.
pub fn find_text(name: &str) -> Result<Oid, Error> {
    memory::refuse_long("schema", name)?;
    schemas::find_text(name).or_else(|error| Err(explain(error, name, Table::Schema)?))
}

/// What to recommend if the name is that of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Table {
    /// Naming the table's schema.
    Schema,
    /// Calling seq_resync_table.
    Resync,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Schema,
    Table,
    Sequence,
    Database,
}

/// An object that has the name.
struct Meant {
    kind: Kind,
    name: QualifiedName,
    is_exact: bool,
    /// The table whose column owns the sequence.
    owner: Option<QualifiedName>,
}

/// Adds to the error which objects have the name, best match first.
fn explain(error: Error, name: &str, table: Table) -> Result<Error, Error> {
    // In an encoding other than UTF8, text that is not ASCII is not compared.
    if encoded_text::printable(name.to_owned()) != name {
        return Ok(error);
    }
    let found = meant(name)?;
    let Some(first) = found.first() else { return Ok(error) };
    let alike: Vec<&Meant> =
        found.iter().filter(|other| (other.kind, other.is_exact) == (first.kind, first.is_exact)).collect();
    Ok(match first.kind {
        Kind::Schema => error.hint(format!(
            "Give {}; the name is taken as it is, with its case and without quotation marks.",
            either(alike.iter().map(|meant| literal(&meant.name.name)))
        )),
        Kind::Table => error.detail(there_is("table", &alike)).hint(instead(&alike, table)?),
        Kind::Sequence => error.detail(there_is("sequence", &alike)).hint(instead(&alike, table)?),
        Kind::Database => error
            .detail("This database has that name.")
            .hint("Leave the schema out to cover all schemas of the database."),
    })
}

fn there_is(kind: &str, alike: &[&Meant]) -> String {
    let names: Vec<String> = alike.iter().map(|meant| meant.name.quoted()).collect();
    match names.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [name] => format!("There is a {kind} {name}."),
        [one, other] => format!("There are {kind}s {one} and {other}."),
        [one, two, three] => format!("There are {kind}s {one}, {two} and {three}."),
        names => format!("{}.", wording::list(&format!("There are {kind}s"), names)),
    }
}

/// Recommends the call for one of the tables, or one of their schemas.
fn instead(alike: &[&Meant], table: Table) -> Result<String, Error> {
    let tables: Vec<String> = alike.iter().filter_map(|meant| Some(meant.table()?.quoted())).collect();
    if table == Table::Schema || tables.is_empty() {
        let mut schemas: Vec<String> = alike.iter().map(|meant| literal(&meant.name.schema)).collect();
        schemas.dedup();
        return Ok(format!("Give the schema, {}, instead.", either(schemas)));
    }
    let statements = Statements::new()?;
    Ok(format!("Run {} instead.", either(tables.iter().map(|table| statements.resync_table(table)))))
}

/// Returns the first few items as `a or b or c`.
fn either(items: impl IntoIterator<Item = String>) -> String {
    const SHOWN: usize = 3;
    items.into_iter().take(SHOWN).collect::<Vec<_>>().join(" or ")
}

fn meant(name: &str) -> Result<Vec<Meant>, Error> {
    let mut parts = names::split(name).filter(|parts| parts.len() <= 2).unwrap_or_default();
    let (last, schema) = (parts.pop(), parts.pop());
    let arguments = [name.into(), last.as_deref().into(), schema.as_deref().into()];
    let found = read(MEANT_BY_SCHEMA, &arguments, Meant::read)?;
    Ok(found.into_iter().flatten().collect())
}

impl Meant {
    /// Returns the table, or the table whose column owns the sequence.
    fn table(&self) -> Option<&QualifiedName> {
        if self.kind == Kind::Table { Some(&self.name) } else { self.owner.as_ref() }
    }

    /// Reads a row of the query; `None` if a name cannot be shown in this encoding.
    fn read(row: &CatalogRow<'_, '_>) -> Result<Option<Meant>, Error> {
        let kind = match row.text(1)?.as_str() {
            "s" => Kind::Schema,
            "t" => Kind::Table,
            "q" => Kind::Sequence,
            _ => Kind::Database,
        };
        let name = QualifiedName { schema: row.optional_text(2)?.unwrap_or_default(), name: row.text(3)? };
        let owner = row.optional_text(5)?.zip(row.optional_text(6)?);
        let owner = owner.map(|(schema, name)| QualifiedName { schema, name });
        Ok(row.is_exact().then_some(Meant { kind, name, is_exact: row.get(4)?, owner }))
    }
}
