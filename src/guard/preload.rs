//! Checks whether new sessions of this database load the library when they start. Otherwise they
//! load it when the guard's first trigger fires in them, and a duplicate key fires none.
//!
//! Locks: AccessShareLock on catalogs, released before it returns.

use super::library_list::{has_ours, libraries};
use super::status_row::{Status, StatusRow};
use crate::error::Error;
use crate::pg::catalog_query::read;
use crate::pg::lossy_text::RawText;
use crate::pg::names::quote_identifier;
use crate::pg::{database, settings};
use crate::report::quoting::literal;
use std::collections::BTreeMap;

const DATABASE_ROLE_SETTINGS: &str = include_str!("../../sql/queries/database_role_settings.sql");
const SETTING_SOURCE: &str = include_str!("../../sql/queries/setting_source.sql");
const LIBRARY: &str = "pg_flightcheck";
const SESSION: &str = "session_preload_libraries";
const LOCAL: &str = "local_preload_libraries";

/// Where a value is set; the greatest level that applies to a session takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    AllRoles,
    Database,
    Role,
    RoleInDatabase,
}

/// A value of the setting.
struct Value {
    level: Level,
    libraries: Vec<String>,
    /// The role's name and the value can be represented in this database's encoding.
    is_exact: bool,
}

/// The values that ALTER DATABASE and ALTER ROLE have set, by the setting and the role's quoted
/// name, which is `None` for all roles.
struct Given {
    values: BTreeMap<(Option<String>, String), Value>,
}

impl Given {
    fn look_up() -> Result<Given, Error> {
        let rows = read(DATABASE_ROLE_SETTINGS, &[vec![SESSION, LOCAL].into()], |row| {
            // The database's name is not shown, so it need not be exact.
            let is_databases = row.optional::<RawText>(1)?.is_some();
            let role = row.optional_text(2)?;
            let level = match (&role, is_databases) {
                (None, false) => Level::AllRoles,
                (None, true) => Level::Database,
                (Some(_), false) => Level::Role,
                (Some(_), true) => Level::RoleInDatabase,
            };
            let key = (role.map(|role| quote_identifier(&role)), row.text(3)?);
            let libraries = libraries(&row.text(4)?);
            Ok((key, Value { level, libraries, is_exact: row.is_exact() }))
        })?;
        let mut values: BTreeMap<_, Value> = BTreeMap::new();
        for (key, value) in rows {
            if values.get(&key).is_none_or(|other| other.level < value.level) {
                values.insert(key, value);
            }
        }
        Ok(Given { values })
    }

    fn of(&self, role: Option<&str>, setting: &str) -> Option<&Value> {
        self.values.get(&(role.map(str::to_owned), setting.to_owned()))
    }
}

/// The libraries that new sessions load because of one of the settings, except for roles with their
/// own value.
enum Loaded {
    Known(Vec<String>),
    /// The list cannot be shown, or differs from that of new sessions.
    Unknown {
        has_ours: bool,
    },
}

impl Loaded {
    fn look_up(given: &Given, setting: &str) -> Result<Loaded, Error> {
        match given.of(None, setting) {
            Some(Value { libraries, is_exact: true, .. }) => Ok(Loaded::Known(libraries.clone())),
            Some(value) => Ok(Loaded::Unknown { has_ours: has_ours(&value.libraries) }),
            None => Loaded::of_server(setting),
        }
    }

    /// Returns the server configuration's list, unless this session has another value.
    fn of_server(setting: &str) -> Result<Loaded, Error> {
        let rows = read(SETTING_SOURCE, &[setting.into()], |row| {
            let is_servers = matches!(row.text(2)?.as_str(), "default" | "configuration file" | "command line");
            let libraries = libraries(&row.optional_text(1)?.unwrap_or_default());
            Ok(if is_servers { Loaded::Known(libraries) } else { Loaded::Unknown { has_ours: false } })
        })?;
        // The current user lacks the privilege to see it.
        let hidden = || Loaded::Unknown { has_ours: has_ours(&libraries(&settings::session_preload_libraries())) };
        Ok(rows.into_iter().next().unwrap_or_else(hidden))
    }

    fn has_ours(&self) -> bool {
        match self {
            Loaded::Known(libraries) => has_ours(libraries),
            Loaded::Unknown { has_ours } => *has_ours,
        }
    }

    fn libraries(&self) -> Option<&[String]> {
        match self {
            Loaded::Known(libraries) => Some(libraries),
            Loaded::Unknown { .. } => None,
        }
    }
}

/// Returns a row for each kind of new sessions that do not load the library.
///
/// The rows are `armed`: the guard watches its tables even if the library is not preloaded, and
/// repeating seq_guard_enable() until nothing is disarmed must come to an end.
pub fn rows() -> Result<Vec<StatusRow>, Error> {
    if has_ours(&libraries(&settings::shared_preload_libraries())) {
        return Ok(Vec::new());
    }
    let given = Given::look_up()?;
    let (session, local) = (Loaded::look_up(&given, SESSION)?, Loaded::look_up(&given, LOCAL)?);
    let here = database::quoted_name();
    let mut rows = Vec::new();
    if !local.has_ours() && !session.has_ours() {
        let what = "new sessions do not preload the library";
        rows.push(row(what, &format!("DATABASE {here}"), session.libraries()));
    }
    for ((role, setting), value) in &given.values {
        let Some(role) = role.as_deref().filter(|_| setting == SESSION) else { continue };
        let local = given.of(Some(role), LOCAL).map_or(local.has_ours(), |local| has_ours(&local.libraries));
        if local || has_ours(&value.libraries) {
            continue;
        }
        let target = match value.level {
            Level::RoleInDatabase => format!("ROLE {role} IN DATABASE {here}"),
            _ => format!("ROLE {role}"),
        };
        let libraries = value.is_exact.then_some(value.libraries.as_slice());
        // An empty list may be one that the server stores as "", with which no session starts.
        let instead = if value.libraries.is_empty() { "do not preload the library" } else { "preload other libraries" };
        rows.push(row(&format!("new sessions of role {role} {instead}"), &target, libraries));
    }
    Ok(rows)
}

/// Returns a row. `others` are the libraries that are loaded already, `None` if they are unknown.
/// Each becomes a literal of its own: a list in one literal would be the name of one library, and
/// no session could start any more.
fn row(what: &str, target: &str, others: Option<&[String]>) -> StatusRow {
    const MISSING: &str = "a duplicate key has no HINT there until one of the guard's triggers has fired";
    let Some(others) = others else {
        return StatusRow::general(
            Status::Armed,
            format!("{what}: {MISSING}; add {LIBRARY} to {SESSION}, whose current value cannot be read here"),
        );
    };
    let libraries: Vec<String> = others.iter().map(String::as_str).chain([LIBRARY]).map(literal).collect();
    let run = format!("ALTER {target} SET {SESSION} = {};", libraries.join(", "));
    StatusRow::general(Status::Armed, format!("{what}: {MISSING}; run {run}"))
}
