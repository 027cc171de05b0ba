//! Decides which tables a call covers.

use crate::error::Error;
use crate::pg::names;
use crate::report::schema_argument;
use pgrx::pg_sys::Oid;

#[derive(Clone, Copy, Debug)]
pub enum Scope {
    /// All schemas except the system's.
    Database,
    Schema(Oid),
    Table(Oid),
}

impl Scope {
    /// Returns the scope of a call with this schema argument; `None` means every schema. Errors:
    /// 3F000 if the schema does not exist.
    pub fn schema(name: Option<&str>) -> Result<Scope, Error> {
        name.map_or(Ok(Scope::Database), |name| Ok(Scope::Schema(schema_argument::find(name)?)))
    }

    /// Does the same for seq_resync; if the name is that of a table, the error recommends
    /// seq_resync_table.
    pub fn to_resync(name: Option<&str>) -> Result<Scope, Error> {
        name.map_or(Ok(Scope::Database), |name| Ok(Scope::Schema(schema_argument::find_for_resync(name)?)))
    }

    /// Whether the scope includes the table. A dropped table is never included.
    pub fn covers(self, table: Oid) -> bool {
        match self {
            Scope::Database => true,
            Scope::Schema(schema) => names::relation_schema(table) == Some(schema),
            Scope::Table(target) => table == target,
        }
    }
}
