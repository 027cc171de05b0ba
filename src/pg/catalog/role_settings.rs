//! The settings that ALTER ROLE and ALTER DATABASE give to the sessions of a role.

use crate::error::Error;
use crate::pg::catalog_query::read;
use pgrx::pg_sys::Oid;

const SETTINGS: &str = include_str!("../../../sql/queries/role_settings.sql");

/// Returns the names, in lower case, and values of the settings that a new session of the role has
/// in this database. A later value of a setting replaces an earlier one.
pub fn settings_of_role(role: Oid) -> Result<Vec<(String, String)>, Error> {
    read(SETTINGS, &[role.into()], |row| Ok((row.text(1)?, row.text(2)?)))
}
