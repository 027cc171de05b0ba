//! Which tables a call is about.

use crate::error::Error;
use crate::pg::names;
use crate::report::schema_argument;
use pgrx::pg_sys::Oid;

#[derive(Clone, Copy, Debug)]
pub enum Scope {
    /// All schemas but the system's.
    Database,
    Schema(Oid),
    Table(Oid),
}

impl Scope {
    /// `None` means every schema. An unknown schema is an error (3F000).
    pub fn schema(name: Option<&str>) -> Result<Scope, Error> {
        name.map_or(Ok(Scope::Database), |name| Ok(Scope::Schema(schema_argument::find(name)?)))
    }

    /// As `schema`, for seq_resync: where the name is a table's, the error names seq_resync_table.
    pub fn to_resync(name: Option<&str>) -> Result<Scope, Error> {
        name.map_or(Ok(Scope::Database), |name| Ok(Scope::Schema(schema_argument::find_for_resync(name)?)))
    }

    /// Whether the table is meant. A table that is gone is not.
    pub fn covers(self, table: Oid) -> bool {
        match self {
            Scope::Database => true,
            Scope::Schema(schema) => names::relation_schema(table) == Some(schema),
            Scope::Table(target) => table == target,
        }
    }
}
