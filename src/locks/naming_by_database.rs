//! Finds the tool of each lock in what the lock's database contains.

use super::database_context::{DatabaseContext, Objects, history_tables};
use super::lock_table::Lock;
use super::naming::Naming;
use super::tools::{Catalogue, Entry, Purpose, Relation, Scope, catalogue};
use crate::error::Error;
use crate::pg::row::required;
use crate::pg::{database, encoded_text, names, role, schemas, subtransaction};
use pgrx::Spi;
use pgrx::pg_sys::Oid;
use std::collections::HashMap;

const MARKER_RELATIONS: &str = include_str!("../../sql/queries/relations_named.sql");

/// What is known about a lock's tool.
#[derive(Clone, Debug, Default)]
pub struct Named {
    pub tool: Option<String>,
    pub evidence: Option<String>,
    pub purpose: Option<Purpose>,
    pub scope: Option<Scope>,
    /// How the tool releases the lock, or is configured to do without it.
    pub release: Option<String>,
    /// How the tool is kept from waiting for itself.
    pub self_blocked: Option<String>,
    /// The schema and the table that the key was computed from.
    pub subject: (Option<String>, Option<String>),
    /// Tables that only the tool uses.
    pub tables: Vec<String>,
    /// Whether the session has the tool's application_name.
    pub is_application: bool,
}

/// Returns the tool of each lock, given the application_name of the lock's session.
pub fn name_all(locks: &[&Lock], applications: &[Option<&str>]) -> Result<Vec<Named>, Error> {
    let mut by_database: HashMap<Oid, Vec<usize>> = HashMap::new();
    for (index, lock) in locks.iter().enumerate() {
        by_database.entry(lock.database).or_default().push(index);
    }
    let catalogue = catalogue()?;
    let mut named = vec![Named::default(); locks.len()];
    for (database, indexes) in by_database {
        let plain = if database == database::current() { here(catalogue)? } else { elsewhere(database) };
        let complete;
        let mut naming = Naming::new(catalogue, &plain, &Catalogs, encoded_text::hashtext);
        // This searches all columns of the database, so it is done only for keys that it may
        // explain.
        if indexes.iter().any(|index| naming.wants_history_tables(locks[*index].key)) {
            complete = DatabaseContext { history_tables: history_tables()?, ..plain.clone() };
            naming = Naming::new(catalogue, &complete, &Catalogs, encoded_text::hashtext);
        }
        for index in indexes {
            let application = applications.get(index).copied().flatten();
            let found = naming.name(locks[index].key, application);
            named[index] = Named {
                evidence: found.evidence,
                subject: found.subject,
                ..found.tool.map(|tool| of_tool(tool, application)).unwrap_or_default()
            };
        }
    }
    Ok(named)
}

fn of_tool(entry: Entry<'_>, application: Option<&str>) -> Named {
    let markers = entry.tool.markers.iter().flatten().map(Relation::name);
    let tables = entry.lock.keys.iter().flat_map(|key| &key.names().tables).map(String::as_str);
    Named {
        tool: Some(entry.name().to_owned()),
        evidence: None,
        self_blocked: entry.lock.self_blocked.clone(),
        subject: (None, None),
        purpose: Some(entry.purpose()),
        scope: entry.scope(),
        release: entry.lock.release.clone(),
        tables: markers.chain(tables).map(str::to_owned).collect(),
        is_application: application.is_some_and(|name| entry.is_application(name)),
    }
}

/// Returns the context of the current database.
fn here(catalogue: &Catalogue) -> Result<DatabaseContext, Error> {
    subtransaction::discard(|| {
        Spi::connect(|client| {
            let schemas = schemas::of_users(client)?.into_iter().map(|(_, name)| name.text);
            let markers = client.select(MARKER_RELATIONS, None, &[catalogue.marker_names().into()])?;
            let relations = markers.map(|row| Ok((required(&row, 1)?, required(&row, 2)?)));
            Ok(DatabaseContext {
                database: database::name(database::current()).unwrap_or_default(),
                is_here: true,
                schemas: schemas.collect(),
                relations: relations.collect::<Result<_, Error>>()?,
                history_tables: Vec::new(),
            })
        })
    })
}

/// Returns the context of another database: the catalogs of this one contain only its name.
fn elsewhere(oid: Oid) -> DatabaseContext {
    DatabaseContext {
        database: database::name(oid).unwrap_or_default(),
        schemas: vec!["public".to_owned()],
        ..DatabaseContext::default()
    }
}

/// The catalogs of this database.
struct Catalogs;

impl Objects for Catalogs {
    fn relation(&self, oid: u32) -> Option<String> {
        names::relation_name(Oid::from(oid)).map(|name| name.quoted())
    }

    fn role(&self, oid: u32) -> Option<String> {
        role::name(Oid::from(oid))
    }

    fn database(&self, oid: u32) -> Option<String> {
        database::name(Oid::from(oid))
    }
}
