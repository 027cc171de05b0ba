//! Which links a call is about.

use super::links::{Column, Link};
use crate::fault::Fault;
use crate::pg::schemas;
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
    pub fn schema(name: Option<&str>) -> Result<Scope, Fault> {
        name.map_or(Ok(Scope::Database), |name| Ok(Scope::Schema(schemas::find(name)?)))
    }

    pub fn covers(self, column: &Column) -> bool {
        match self {
            Scope::Database => true,
            Scope::Schema(schema) => column.namespace == schema,
            Scope::Table(table) => column.relation == table,
        }
    }

    pub fn covers_link(self, link: &Link) -> bool {
        self.covers(&link.column)
    }
}
