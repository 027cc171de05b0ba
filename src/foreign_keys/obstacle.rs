//! Rejects foreign keys that cannot exist: column lists that do not match, and tables or columns
//! that core rejects.

use super::request::{NamedColumn, NamedTable};
use crate::error::Error;
use crate::report::wording::counted;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys;
use std::collections::HashSet;

/// `INDEX_MAX_KEYS`
const MAX_COLUMNS: usize = pg_sys::INDEX_MAX_KEYS as usize;

/// Raises 42830 for column lists that cannot be a foreign key.
pub fn refuse_columns(child: &[String], parent: Option<&[String]>) -> Result<(), Error> {
    let invalid = |message: String| Err(Error::new(PgSqlErrorCode::ERRCODE_INVALID_FOREIGN_KEY, message));
    if child.is_empty() || child.len() > MAX_COLUMNS {
        return invalid(format!("a foreign key must have 1 to {MAX_COLUMNS} columns, not {}", child.len()));
    }
    let Some(parent) = parent else { return Ok(()) };
    if parent.len() != child.len() {
        return counts_differ(child.len(), parent.len());
    }
    let mut seen = HashSet::new();
    match parent.iter().find(|name| !seen.insert(name.as_str())) {
        Some(twice) => invalid(format!("column \"{twice}\" of the parent is listed twice")),
        None => Ok(()),
    }
}

/// Raises core's error for column lists of different lengths.
pub fn counts_differ<T>(child: usize, parent: usize) -> Result<T, Error> {
    let message = "number of referencing and referenced columns for foreign key disagree";
    Err(Error::new(PgSqlErrorCode::ERRCODE_INVALID_FOREIGN_KEY, message)
        .detail(format!("The child has {}, the parent has {parent}.", counted(child, "column")))
        .hint("List one column of the parent for each column of the child, or none for its primary key."))
}

/// Returns why these tables cannot have a foreign key from one to the other
/// (ATAddForeignKeyConstraint).
pub fn obstacle(child: &NamedTable, parent: &NamedTable) -> Option<String> {
    use pg_sys::{
        RELPERSISTENCE_PERMANENT as PERMANENT, RELPERSISTENCE_TEMP as TEMPORARY, RELPERSISTENCE_UNLOGGED as UNLOGGED,
    };
    for (table, role) in [(child, "have"), (parent, "be referenced by")] {
        let name = table.name.quoted();
        if !matches!(table.kind, pg_sys::RELKIND_RELATION | pg_sys::RELKIND_PARTITIONED_TABLE) {
            return Some(format!("{name} is {}, and only tables can {role} foreign keys", kind_words(table.kind)));
        }
        if table.has_foreign_leaf {
            return Some(format!("{name} has a foreign table among its partitions"));
        }
        if table.is_system() {
            return Some(format!("{name} is a system catalog"));
        }
        if table.is_others_temporary {
            return Some(format!("{name} is another session's temporary table"));
        }
    }
    let fits = match child.persistence {
        PERMANENT => parent.persistence == PERMANENT,
        UNLOGGED => parent.persistence != TEMPORARY,
        _ => parent.persistence == TEMPORARY,
    };
    let kind = |table: &NamedTable| match table.persistence {
        PERMANENT => "a permanent",
        UNLOGGED => "an unlogged",
        _ => "a temporary",
    };
    (!fits).then(|| format!("{} table cannot refer to {} one", kind(child), kind(parent)))
}

fn kind_words(kind: u8) -> &'static str {
    match kind {
        pg_sys::RELKIND_VIEW => "a view",
        pg_sys::RELKIND_MATVIEW => "a materialized view",
        pg_sys::RELKIND_FOREIGN_TABLE => "a foreign table",
        pg_sys::RELKIND_SEQUENCE => "a sequence",
        _ => "not a table",
    }
}

/// Returns why one of these columns cannot be part of a foreign key.
pub fn column_obstacle(columns: &[NamedColumn]) -> Option<String> {
    let system = columns.iter().find(|column| column.number < 0);
    let system = system.map(|column| format!("\"{}\" is a system column", column.name));
    let virtual_one = columns.iter().find(|column| column.is_virtual);
    system.or_else(|| virtual_one.map(|column| format!("\"{}\" is a virtual generated column", column.name)))
}
