//! Reads the catalogue of tools and of the advisory locks that they acquire: `tools.json`, which is
//! parsed once. `make docs` generates that file from docs/advisory-locks.json, which has more about
//! each lock.

use super::tool_key::Key;
use crate::error::Error;
use pgrx::PgSqlErrorCode;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::OnceLock;

const TOOLS: &str = include_str!("tools.json");

/// Every tool that has a key, the most common ones first.
#[derive(Debug)]
pub struct Catalogue {
    pub tools: Vec<Tool>,
}

/// Returns the catalogue. Fails only if the library was built with an invalid one, which a test
/// rules out.
pub fn catalogue() -> Result<&'static Catalogue, Error> {
    static CATALOGUE: OnceLock<Result<Catalogue, String>> = OnceLock::new();
    let parsed = CATALOGUE.get_or_init(|| Catalogue::parse(TOOLS).map_err(|error| error.to_string()));
    parsed.as_ref().map_err(|error| {
        Error::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, "could not read the catalogue of tools").detail(error)
    })
}

impl Catalogue {
    pub fn parse(json: &str) -> Result<Catalogue, serde_json::Error> {
        Ok(Catalogue { tools: serde_json::from_str(json)? })
    }

    /// Returns every lock with its tool.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.tools.iter().flat_map(|tool| tool.locks.iter().map(move |lock| Entry { tool, lock }))
    }

    /// Returns the names of the relations whose existence is evidence in any schema.
    pub fn marker_names(&self) -> Vec<String> {
        let markers = self.tools.iter().flat_map(|tool| tool.markers.iter().flatten().map(Relation::name));
        let tables = self.entries().flat_map(|entry| entry.lock.keys.iter().flat_map(|key| &key.names().tables));
        let names: BTreeSet<&str> = markers.chain(tables.map(String::as_str)).collect();
        names.into_iter().map(str::to_owned).collect()
    }
}

/// A tool and one of its locks.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    pub tool: &'a Tool,
    pub lock: &'a Lock,
}

impl<'a> Entry<'a> {
    pub fn name(&self) -> &'a str {
        &self.tool.name
    }

    pub fn purpose(&self) -> Purpose {
        self.lock.purpose
    }

    /// Returns the lock's scope; `None` if it may be either, or is unknown.
    pub fn scope(&self) -> Option<Scope> {
        self.lock.scope
    }

    /// Whether the application_name is one that the tool sets.
    pub fn is_application(&self, application_name: &str) -> bool {
        self.tool.is_application(application_name)
    }
}

/// A program or a library.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    pub name: String,
    /// Relations that the tool creates. One of the groups is sufficient if all of its relations are
    /// in one schema.
    #[serde(default)]
    pub markers: Vec<Vec<Relation>>,
    /// Whether its history table may have any name: `migrations::history_tables` finds it by its
    /// columns.
    #[serde(default)]
    pub found_by_columns: bool,
    /// The application_names that the tool sets; a `*` at the end stands for any text.
    #[serde(default)]
    pub application_names: Vec<String>,
    pub locks: Vec<Lock>,
}

impl Tool {
    pub fn is_application(&self, application_name: &str) -> bool {
        self.application_names.iter().any(|known| match known.strip_suffix('*') {
            Some(beginning) => application_name.starts_with(beginning),
            None => application_name == known,
        })
    }
}

/// A relation's name, with its schema if that is fixed: `name` or `schema.name`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct Relation {
    schema: Option<String>,
    name: String,
}

impl From<String> for Relation {
    fn from(text: String) -> Relation {
        match text.split_once('.') {
            Some((schema, name)) => Relation { schema: Some(schema.to_owned()), name: name.to_owned() },
            None => Relation { schema: None, name: text },
        }
    }
}

impl Relation {
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }
}

/// One advisory lock.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// Which of the tool's locks, and in which versions.
    pub lock: String,
    pub purpose: Purpose,
    #[serde(default)]
    pub scope: Option<Scope>,
    /// Empty if the lock is another tool's.
    pub keys: Vec<Key>,
    /// Another tool whose lock this is.
    #[serde(default)]
    pub embeds: Option<String>,
    /// How the tool releases it, or how it is configured not to acquire it.
    #[serde(default)]
    pub release: Option<String>,
    /// How the tool is kept from waiting for itself, with a lock in one session and a migration in
    /// another.
    #[serde(default)]
    pub self_blocked: Option<String>,
}

/// What a lock is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    Migration,
    Jobs,
    /// Elects the leader of several processes.
    Leader,
    Backup,
    Maintenance,
    /// Protects state outside the database.
    State,
    /// The application decides.
    Application,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    Session,
    Transaction,
}

#[cfg(test)]
#[path = "tools_tests.rs"]
mod tests;
