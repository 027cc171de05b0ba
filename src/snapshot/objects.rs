//! Reads the objects other than tables and sequences: functions, types, operators and so on.
//!
//! Locks: AccessShareLock on catalogs, released before each query's end; and on the tables that the
//! parsed body of a function names, a few functions at a time.

use super::catalog::{optional_text, read, text};
use super::model::{CatalogObject, DatabaseObjects, Objects, Schema};
use super::notes::{Address, CONFIDENTIAL, Notes, Use, fingerprint};
use super::unread_kinds::PARSED_BODIES;
use super::{used_names, uses};
use crate::error::Error;
use crate::pg::row::required;
use crate::pg::{lock_budget, memory};
use crate::report::dropped::look_twice;
use crate::report::wording;
use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::Oid;
use pgrx::spi::SpiHeapTupleData;
use std::collections::{BTreeMap, HashMap};

/// The queries of what belongs to schemas, each with the kinds of objects that it returns.
const OF_SCHEMAS: [(&str, &str); 8] = [
    ("type", include_str!("../../sql/queries/snapshot_types.sql")),
    ("domain", include_str!("../../sql/queries/snapshot_domains.sql")),
    ("operator", include_str!("../../sql/queries/snapshot_operators.sql")),
    ("operator class, operator family", include_str!("../../sql/queries/snapshot_operator_classes.sql")),
    ("collation", include_str!("../../sql/queries/snapshot_collations.sql")),
    ("conversion", include_str!("../../sql/queries/snapshot_conversions.sql")),
    (
        "text search configuration, text search dictionary, text search parser, text search template",
        include_str!("../../sql/queries/snapshot_text_search.sql"),
    ),
    ("statistics", include_str!("../../sql/queries/snapshot_statistics.sql")),
];
const FUNCTIONS: &str = include_str!("../../sql/queries/snapshot_functions.sql");
const DEFAULT_PRIVILEGES: &str = include_str!("../../sql/queries/snapshot_default_privileges.sql");
const BODIES_QUERY: &str = include_str!("../../sql/queries/snapshot_parsed_bodies.sql");

/// The queries of what belongs to the database.
const OF_DATABASE: [(&str, &str); 8] = [
    ("cast, transform", include_str!("../../sql/queries/snapshot_casts.sql")),
    ("language, access method", include_str!("../../sql/queries/snapshot_languages.sql")),
    ("event trigger", include_str!("../../sql/queries/snapshot_event_triggers.sql")),
    ("foreign-data wrapper, server, user mapping", include_str!("../../sql/queries/snapshot_foreign_servers.sql")),
    ("publication, publication table, publication schema", include_str!("../../sql/queries/snapshot_publications.sql")),
    ("subscription", include_str!("../../sql/queries/snapshot_subscriptions.sql")),
    ("setting", include_str!("../../sql/queries/snapshot_settings.sql")),
    ("locale, properties", include_str!("../../sql/queries/snapshot_database.sql")),
];

/// How many functions' bodies are printed at a time, with the tables locked that they name.
const AT_A_TIME: usize = 10;

/// An object as a query returns it.
pub struct FoundObject {
    address: Address,
    /// `None` if it does not belong to a schema.
    schema: Option<Oid>,
    kind: String,
    identity: String,
    object: CatalogObject,
    /// Whether it is a function whose body is a parsed statement.
    is_parsed: bool,
    uses: Vec<Use>,
}

/// The objects that were found, and why those of some kinds are not known.
#[derive(Default)]
pub struct Found {
    pub objects: Vec<FoundObject>,
    pub unread: BTreeMap<String, String>,
}

impl Found {
    /// Reads the objects of these schemas and, if requested, those of the database.
    pub fn read(schemas: &[Oid], with_database: bool, notes: &mut Notes) -> Found {
        let mut found = Found::default();
        let schemas = schemas.to_vec();
        found.add("function, procedure, aggregate", FUNCTIONS, &[schemas.clone().into()], function);
        for (what, query) in OF_SCHEMAS {
            found.add(what, query, &[schemas.clone().into()], object);
        }
        found.add("default privileges", DEFAULT_PRIVILEGES, &[schemas.into(), with_database.into()], object);
        found.add_parsed_bodies();
        if with_database {
            for (what, query) in OF_DATABASE {
                found.add(what, query, &[CONFIDENTIAL.into()], object);
            }
        }
        for object in &mut found.objects {
            let (class, oid) = object.address;
            // A setting has the address of the database, which may have a comment of its own.
            if let Some(mut note) = (object.kind != "setting").then(|| notes.take(class.to_u32(), oid)).flatten() {
                note.attach("", &mut object.object.attributes);
                object.uses = note.uses;
            }
        }
        found
    }

    fn add(&mut self, what: &str, query: &str, arguments: &[DatumWithOid<'_>], read_object: ReadObject) {
        memory::step();
        match look_twice(|| read(query, arguments, read_object)) {
            Ok(objects) => self.objects.extend(objects),
            Err(error) => drop(self.unread.insert(what.to_owned(), wording::error(&error))),
        }
    }

    /// Adds the bodies of functions that are parsed statements.
    fn add_parsed_bodies(&mut self) {
        let functions: HashMap<Oid, usize> = self
            .objects
            .iter()
            .enumerate()
            .filter(|(_, found)| found.is_parsed)
            .map(|(position, found)| (found.address.1, position))
            .collect();
        let mut oids: Vec<Oid> = functions.keys().copied().collect();
        oids.sort_unstable_by_key(|oid| oid.to_u32());
        for some in oids.chunks(AT_A_TIME) {
            memory::step();
            let bodies = look_twice(|| {
                lock_budget::with_lock_timeout(|| {
                    read(BODIES_QUERY, &[some.to_vec().into()], |row| {
                        Ok((required::<Oid>(row, 1)?, optional_text(row, 2)?))
                    })
                })
            });
            match bodies {
                Ok(bodies) => {
                    for (oid, body) in bodies {
                        if let Some(position) = functions.get(&oid) {
                            let definition = &mut self.objects[*position].object.definition;
                            *definition = format!("{definition} {}", body.unwrap_or_default());
                        }
                    }
                }
                Err(error) => {
                    lock_budget::note(&error);
                    self.unread.insert(PARSED_BODIES.to_owned(), wording::error(&error));
                }
            }
        }
    }

    /// Returns the names under which other objects use them.
    pub fn names(&self) -> HashMap<Address, String> {
        let name = |found: &FoundObject| used_names::object(&found.kind, &found.identity);
        self.objects.iter().map(|found| (found.address, name(found))).collect()
    }

    /// Moves the objects to their schemas and the database.
    pub fn store(
        self,
        schemas: &mut HashMap<Oid, (String, Schema)>,
        database: &mut Option<DatabaseObjects>,
        resolve: impl Fn(&Use) -> Vec<String>,
    ) {
        for FoundObject { schema, kind, identity, mut object, uses, .. } in self.objects {
            for name in uses.iter().flat_map(&resolve) {
                uses::add(&mut object.attributes, "", name);
            }
            let place: Option<&mut Objects> = match schema {
                Some(schema) => schemas.get_mut(&schema).map(|(_, schema)| &mut schema.objects),
                None => database.as_mut().map(|database| &mut database.objects),
            };
            if let Some(objects) = place {
                objects.entry(kind).or_default().insert(identity, object);
            }
        }
    }
}

type ReadObject = fn(&SpiHeapTupleData<'_>) -> Result<FoundObject, Error>;

fn function(row: &SpiHeapTupleData<'_>) -> Result<FoundObject, Error> {
    Ok(FoundObject { is_parsed: required(row, 9)?, ..object(row)? })
}

fn object(row: &SpiHeapTupleData<'_>) -> Result<FoundObject, Error> {
    let body = optional_text(row, 8)?.filter(|body| !body.is_empty());
    Ok(FoundObject {
        address: (required(row, 1)?, required(row, 2)?),
        schema: row.get(3)?,
        kind: text(row, 4)?,
        identity: text(row, 5)?,
        object: CatalogObject {
            owner: optional_text(row, 6)?,
            definition: optional_text(row, 7)?.unwrap_or_default(),
            body: body.as_deref().map(fingerprint),
            attributes: None,
        },
        is_parsed: false,
        uses: Vec::new(),
    })
}
