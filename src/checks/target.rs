//! What a flight check is about.

use super::unread::Unread;
use crate::error::Error;
use crate::pg::role;
use crate::report::scope::Scope;
use pgrx::pg_sys::Oid;

/// The arguments of `flightcheck`, looked up.
pub struct Target<'a> {
    pub scope: Scope,
    /// The schema's name as it was given.
    pub schema: Option<&'a str>,
    /// Who is to own everything.
    pub expected_owner: Option<Oid>,
    /// The same by name.
    pub owner_name: Option<&'a str>,
    /// Whether rows are read, too.
    pub is_deep: bool,
    /// Whether many findings of one kind are one row.
    pub is_folded: bool,
    /// What the checks could not look at.
    pub unread: Unread,
}

impl<'a> Target<'a> {
    /// 3F000 for an unknown schema, 42704 for an unknown role.
    pub fn look_up(
        schema: Option<&'a str>,
        owner_name: Option<&'a str>,
        is_deep: bool,
        is_folded: bool,
    ) -> Result<Self, Error> {
        let expected_owner = owner_name.map(role::find).transpose()?;
        let scope = Scope::schema(schema)?;
        Ok(Target { scope, schema, expected_owner, owner_name, is_deep, is_folded, unread: Unread::default() })
    }

    /// As the parameter of a query: NULL means every schema.
    pub fn schema_oid(&self) -> Option<Oid> {
        match self.scope {
            Scope::Schema(oid) => Some(oid),
            Scope::Database | Scope::Table(_) => None,
        }
    }
}
