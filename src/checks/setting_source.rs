//! Finds where a setting that disables something comes from.
//!
//! Locks: AccessShareLock on catalogs, released before it returns.

use super::finding::Finding;
use crate::error::Error;
use crate::pg::catalog_query::{CatalogRow, read};
use crate::pg::names::quote_identifier;

const DATABASE_ROLE_SETTINGS: &str = include_str!("../../sql/queries/database_role_settings.sql");
const SETTING_SOURCE: &str = include_str!("../../sql/queries/setting_source.sql");

/// A database, a role or both, for whose sessions the setting is given.
pub struct Location {
    /// `database app`, `all roles`, …
    pub object: String,
    /// Whether it applies to one role only, which may be intended.
    pub is_one_roles: bool,
    /// The sessions that get it, after a clause with `object` as its subject.
    pub in_sessions: &'static str,
    /// The statement that resets it, for new sessions.
    pub reset: Option<String>,
}

/// Returns where ALTER DATABASE and ALTER ROLE give `setting` this value, in any case, for sessions
/// of this database.
pub fn locations(setting: &str, value: &str) -> Result<Vec<Location>, Error> {
    let locations = read(DATABASE_ROLE_SETTINGS, &[vec![setting].into()], |row| {
        let location = location(row, setting)?;
        Ok(row.text(4)?.eq_ignore_ascii_case(value).then_some(location))
    })?;
    Ok(locations.into_iter().flatten().collect())
}

fn location(row: &CatalogRow<'_, '_>, setting: &str) -> Result<Location, Error> {
    let quoted = |name: Option<String>| name.map(|name| quote_identifier(&name));
    let (database, role) = (quoted(row.optional_text(1)?), quoted(row.optional_text(2)?));
    let is_one_roles = role.is_some();
    let in_sessions = if database.is_none() && role.is_none() { "in their sessions" } else { "in its sessions" };
    let (object, alter) = match (database, role) {
        (Some(database), None) => (format!("database {database}"), format!("DATABASE {database}")),
        (None, None) => ("all roles".to_owned(), "ROLE ALL".to_owned()),
        (None, Some(role)) => (format!("role {role}"), format!("ROLE {role}")),
        (Some(database), Some(role)) => {
            (format!("role {role} in database {database}"), format!("ROLE {role} IN DATABASE {database}"))
        }
    };
    Ok(Location { object, is_one_roles, in_sessions, reset: row.fix(format!("ALTER {alter} RESET {setting};")) })
}

/// Returns the second step for a finding that ALTER SYSTEM repairs: it cannot run together with
/// another statement.
pub fn reload(finding: &Finding) -> Finding {
    Finding {
        detail: "a change by ALTER SYSTEM takes effect when the server reloads its configuration".to_owned(),
        fix: Some("SELECT pg_catalog.pg_reload_conf();".to_owned()),
        ..finding.clone()
    }
}

/// The setting in this session.
pub struct Current {
    pub value: String,
    source: String,
}

impl Current {
    pub fn look_up(setting: &str) -> Result<Option<Current>, Error> {
        let found =
            read(SETTING_SOURCE, &[setting.into()], |row| Ok(Current { value: row.text(1)?, source: row.text(2)? }))?;
        Ok(found.into_iter().next())
    }

    /// Whether ALTER DATABASE or ALTER ROLE sets it; `locations` returns where.
    pub fn is_of_a_location(&self) -> bool {
        matches!(self.source.as_str(), "database" | "user" | "database user" | "global")
    }

    pub fn is_of_the_server(&self) -> bool {
        self.source == "configuration file"
    }

    pub fn is_of_the_session(&self) -> bool {
        self.source == "session"
    }
}
