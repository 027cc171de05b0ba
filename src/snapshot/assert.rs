//! Checks, from the catalogs only, whether this is the expected database.

use super::catalog::{self, text};
use super::json_types::{object, optional_whole_number};
use super::model::{Identity, Schema, Snapshot};
use super::parse::{from_json, parse};
use crate::error::Error;
use crate::pg::names::QualifiedName;
use crate::pg::row::required;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::Oid;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::{BTreeMap, HashSet};

const TABLES: &str = include_str!("../../sql/queries/snapshot_tables.sql");
/// How many missing tables are named.
const NAMED: usize = 5;

/// The parts of a snapshot that can be written by hand. Unknown fields are errors, so that a
/// misspelt one is not ignored.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct Expected {
    #[serde(default)]
    identity: ExpectedIdentity,
    #[serde(default, deserialize_with = "object")]
    schemas: BTreeMap<String, ExpectedSchema>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct ExpectedIdentity {
    system_identifier: Option<String>,
    database: Option<String>,
    #[serde(default, deserialize_with = "optional_whole_number")]
    database_oid: Option<u32>,
    /// These may change in a database that stays the same.
    #[serde(default, rename = "server_version")]
    _server_version: IgnoredAny,
    #[serde(default, rename = "encoding")]
    _encoding: IgnoredAny,
    #[serde(default, rename = "in_recovery")]
    _in_recovery: IgnoredAny,
    #[serde(default, rename = "timeline")]
    _timeline: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct ExpectedSchema {
    #[serde(default, deserialize_with = "object")]
    tables: BTreeMap<String, IgnoredAny>,
}

impl Expected {
    fn read(text: &str) -> Result<Expected, Error> {
        // serde would accept an array as well.
        if !text.starts_with('{') {
            return Err(nothing_expected());
        }
        let Header { format_version } = from_json(text, "expected")?;
        match format_version {
            Some(_) => parse(text, "expected").map(Expected::from),
            None => from_json(text, "expected"),
        }
    }
}

impl From<Snapshot> for Expected {
    fn from(snapshot: Snapshot) -> Expected {
        let identity = ExpectedIdentity {
            system_identifier: Some(snapshot.identity.system_identifier),
            database: Some(snapshot.identity.database),
            database_oid: Some(snapshot.identity.database_oid),
            ..ExpectedIdentity::default()
        };
        let tables = |schema: Schema| schema.tables.into_keys().map(|name| (name, IgnoredAny)).collect();
        let schemas = snapshot.schemas.into_iter();
        let schemas = schemas.map(|(name, schema)| (name, ExpectedSchema { tables: tables(schema) })).collect();
        Expected { identity, schemas }
    }
}

/// Distinguishes a whole snapshot from what was written by hand.
#[derive(Deserialize)]
struct Header {
    format_version: Option<IgnoredAny>,
}

/// Returns how many tables were expected and exist; 55000 if this is another database, or one of
/// them is missing.
pub fn assert(expected: &str) -> Result<i64, Error> {
    let expected = Expected::read(expected)?;
    expected.identity.check()?;
    if expected.schemas.is_empty() {
        // Applications call it whenever they start: the catalogs are read only if needed.
        return Ok(0);
    }
    let present: HashSet<(String, String)> = present()?.into_iter().collect();
    let mut count = 0;
    let mut missing = Vec::new();
    for (schema, contents) in expected.schemas {
        for (name, _) in contents.tables {
            let table = (schema.clone(), name);
            match present.contains(&table) {
                true => count += 1,
                false => missing.push(QualifiedName { schema: table.0, name: table.1 }.quoted()),
            }
        }
    }
    if missing.is_empty() { Ok(count) } else { Err(incomplete(&missing)) }
}

impl ExpectedIdentity {
    fn check(&self) -> Result<(), Error> {
        if self.system_identifier.is_none() && self.database.is_none() && self.database_oid.is_none() {
            return Err(nothing_expected());
        }
        let (here, _) = super::capture::identity()?;
        let Some(differences) = self.differences(&here) else { return Ok(()) };
        let message = "this is not the expected database";
        Err(Error::new(PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, message)
            .detail(differences)
            .hint("Check the connection string. After an intended move, take a new snapshot here."))
    }

    /// Returns a sentence for each difference; `None` if there are none.
    fn differences(&self, here: &Identity) -> Option<String> {
        let differences = [
            differs("cluster", self.system_identifier.as_ref(), &here.system_identifier),
            differs("database", self.database.as_ref(), &here.database),
            differs("database OID", self.database_oid.as_ref(), &here.database_oid),
        ];
        let differences: Vec<String> = differences.into_iter().flatten().collect();
        (!differences.is_empty()).then(|| differences.join(" "))
    }
}

fn nothing_expected() -> Error {
    let message = "argument \"expected\" does not identify a database";
    Error::new(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, message)
        .detail("Its \"identity\" must have system_identifier, database or database_oid.")
        .hint("Take a snapshot in the right database: SELECT db_snapshot(exact => false);")
}

fn differs<T: PartialEq + std::fmt::Display>(what: &str, expected: Option<&T>, here: &T) -> Option<String> {
    let expected = expected.filter(|expected| *expected != here)?;
    Some(format!("Expected {what} {expected}, connected to {here}."))
}

/// Returns the schemas and names of all tables.
fn present() -> Result<Vec<(String, String)>, Error> {
    let schemas = catalog::schemas(None)?;
    let oids: Vec<Oid> = schemas.keys().copied().collect();
    let tables = catalog::read(TABLES, &[oids.into()], |row| Ok((required::<Oid>(row, 2)?, text(row, 3)?)))?;
    let named = |(schema, name): (Oid, String)| Some((schemas.get(&schema)?.0.clone(), name));
    Ok(tables.into_iter().filter_map(named).collect())
}

fn incomplete(missing: &[String]) -> Error {
    let named = missing.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = match missing.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let count = missing.len();
    let tables = if count == 1 { "1 table is".to_owned() } else { format!("{count} tables are") };
    Error::new(PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, format!("{tables} missing from this database"))
        .detail(format!("Missing: {named}{more}."))
        .hint("Run db_compare with the same snapshot to see all differences.")
}

#[cfg(test)]
mod tests {
    use super::{ExpectedIdentity, Identity};

    #[test]
    fn assert_of_another_database_states_each_difference() {
        let here = Identity {
            system_identifier: "77".to_owned(),
            database: "app".to_owned(),
            database_oid: 5,
            server_version: "15.4".to_owned(),
            encoding: "UTF8".to_owned(),
            in_recovery: false,
            timeline: 1,
        };
        let expected = |system_identifier: &str, database_oid| ExpectedIdentity {
            system_identifier: Some(system_identifier.to_owned()),
            database_oid: Some(database_oid),
            ..ExpectedIdentity::default()
        };
        assert_eq!(expected("77", 5).differences(&here), None);
        assert_eq!(
            expected("1", 7).differences(&here).as_deref(),
            Some("Expected cluster 1, connected to 77. Expected database OID 7, connected to 5.")
        );
    }
}
