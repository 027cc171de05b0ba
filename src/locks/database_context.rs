//! Holds what a database contains that helps to find the tool that a lock's key belongs to.

use super::tools::{Relation, Tool};
use crate::error::Error;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

/// One database. For a database other than the current one, only its name and the schemas that
/// every database has are known.
#[derive(Clone, Debug, Default)]
pub struct DatabaseContext {
    pub database: String,
    /// Whether it is the current database.
    pub is_here: bool,
    pub schemas: Vec<String>,
    /// The existing relations among the catalogue's `marker_names`: schema and name.
    pub relations: Vec<(String, String)>,
    pub history_tables: Vec<HistoryTable>,
}

/// A table in which a migration tool records the applied migrations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryTable {
    /// The tool's name in the catalogue.
    pub tool: String,
    pub schema: String,
    pub table: String,
}

/// Finds the history tables of this database.
pub type FindHistoryTables = fn() -> Result<Vec<HistoryTable>, Error>;

static FIND_HISTORY_TABLES: OnceLock<FindHistoryTables> = OnceLock::new();

/// Registers the function that finds history tables: the module that knows their layouts depends on
/// this one. Call once, from `_PG_init`.
pub fn find_history_tables_by(find: FindHistoryTables) {
    let _ = FIND_HISTORY_TABLES.set(find);
}

/// Returns the history tables of this database.
pub fn history_tables() -> Result<Vec<HistoryTable>, Error> {
    FIND_HISTORY_TABLES.get().map_or(Ok(Vec::new()), |find| find())
}

/// Looks up the name of an object whose OID is part of a key.
pub trait Objects {
    fn relation(&self, oid: u32) -> Option<String>;
    fn role(&self, oid: u32) -> Option<String>;
    fn database(&self, oid: u32) -> Option<String>;
}

/// The relations by which a tool was recognized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundMarkers<'a> {
    pub schema: &'a str,
    pub relations: Vec<&'a str>,
}

/// An index of a database's relations.
pub struct Presence<'a> {
    schemas: HashMap<&'a str, Vec<&'a str>>,
    relations: HashSet<(&'a str, &'a str)>,
    history: &'a [HistoryTable],
}

impl<'a> Presence<'a> {
    pub fn new(database_context: &'a DatabaseContext) -> Presence<'a> {
        let mut schemas: HashMap<&str, Vec<&str>> = HashMap::new();
        let mut relations = HashSet::new();
        for (schema, name) in &database_context.relations {
            schemas.entry(name).or_default().push(schema);
            relations.insert((schema.as_str(), name.as_str()));
        }
        Presence { schemas, relations, history: &database_context.history_tables }
    }

    pub fn has(&self, schema: &str, relation: &str) -> bool {
        self.relations.contains(&(schema, relation))
    }

    /// Returns the tool's history tables that were found.
    pub fn history(&self, tool: &Tool) -> impl Iterator<Item = &'a HistoryTable> {
        let history = self.history;
        history.iter().filter(move |table| table.tool == tool.name)
    }

    /// Returns the first of the tool's groups of relations that is complete, or one of its history
    /// tables.
    pub fn markers(&self, tool: &'a Tool) -> Option<FoundMarkers<'a>> {
        let markers = tool.markers.iter().find_map(|group| {
            let schema = self.schemas_of(group).next()?;
            Some(FoundMarkers { schema, relations: group.iter().map(Relation::name).collect() })
        });
        markers.or_else(|| {
            let found = self.history(tool).next()?;
            Some(FoundMarkers { schema: &found.schema, relations: vec![&found.table] })
        })
    }

    /// Returns the schemas that contain a complete group of the tool's relations, or one of its
    /// history tables.
    pub fn schemas_with(&self, tool: &'a Tool) -> HashSet<&'a str> {
        let groups = tool.markers.iter().flat_map(|group| self.schemas_of(group));
        groups.chain(self.history(tool).map(|found| found.schema.as_str())).collect()
    }

    /// Returns the schemas that contain all relations of a group.
    fn schemas_of(&self, group: &'a [Relation]) -> impl Iterator<Item = &'a str> {
        let first = group.first().and_then(|relation| self.schemas.get(relation.name()));
        first.into_iter().flatten().copied().filter(move |schema| {
            group.iter().all(|relation| {
                self.has(schema, relation.name()) && relation.schema().is_none_or(|fixed| fixed == *schema)
            })
        })
    }
}
