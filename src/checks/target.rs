//! Looks up the arguments of flightcheck.

use super::unread::Unread;
use crate::error::Error;
use crate::pg::{role, schemas, subtransaction};
use crate::report::scope::Scope;
use pgrx::Spi;
use pgrx::pg_sys::Oid;

/// The arguments of `flightcheck`, looked up.
pub struct Target<'a> {
    pub scope: Scope,
    /// The schema's name as given.
    pub schema: Option<&'a str>,
    /// The schemas to check: the one that was given, or all that are not the system's.
    pub schemas: Vec<Oid>,
    /// The same without the system's schemas, which a caller may name, such as `pg_temp`.
    pub user_schemas: Vec<Oid>,
    /// The role that should own everything.
    pub expected_owner: Option<Oid>,
    /// The name of the role.
    pub owner_name: Option<&'a str>,
    /// Whether rows are read as well.
    pub is_deep: bool,
    /// Whether many findings of one kind become one row.
    pub is_folded: bool,
    /// The objects that the checks could not read.
    pub unread: Unread,
}

impl<'a> Target<'a> {
    /// Looks the arguments up. Errors: 3F000 for an unknown schema, 42704 for an unknown role.
    pub fn look_up(
        schema: Option<&'a str>,
        owner_name: Option<&'a str>,
        is_deep: bool,
        is_folded: bool,
    ) -> Result<Self, Error> {
        let expected_owner = owner_name.map(role::find).transpose()?;
        let scope = Scope::schema(schema)?;
        let mut user_schemas = user_schemas()?;
        let schemas = match scope {
            Scope::Schema(given) => {
                user_schemas.retain(|schema| *schema == given);
                vec![given]
            }
            Scope::Database | Scope::Table(_) => user_schemas.clone(),
        };
        let unread = Unread::default();
        Ok(Target { scope, schema, schemas, user_schemas, expected_owner, owner_name, is_deep, is_folded, unread })
    }

    /// Returns the OID of the schema that was given.
    pub fn schema_oid(&self) -> Option<Oid> {
        match self.scope {
            Scope::Schema(oid) => Some(oid),
            Scope::Database | Scope::Table(_) => None,
        }
    }
}

fn user_schemas() -> Result<Vec<Oid>, Error> {
    let schemas = subtransaction::discard(|| Spi::connect(schemas::of_users))?;
    Ok(schemas.into_iter().map(|(oid, _)| oid).collect())
}
