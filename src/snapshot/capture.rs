//! Takes a snapshot, table by table, as of one moment.
//!
//! Locks: AccessShareLock on one table or sequence at a time, released before the next.

use super::catalog;
use super::extensions::extensions;
use super::large_objects;
use super::model::{Contents, DatabaseObjects, Extension, FORMAT_VERSION, Identity, Schema, Scope, Snapshot};
use super::notes::{Notes, Use};
use super::objects::Found;
use super::rows::Reader;
use super::tables::{self, CatalogTable};
use super::unread::Obstacles;
use super::{sequences, used_names, uses};
use crate::error::Error;
use crate::pg::row::required;
use crate::pg::{access, database, names};
use crate::report::progress::Progress;
use crate::report::table_locks::within_budget;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::Oid;
use std::collections::{BTreeMap, HashMap};

const IDENTITY: &str = include_str!("../../sql/queries/snapshot_identity.sql");

/// Which schemas the snapshot covers.
#[derive(Clone, Copy, Debug)]
pub enum Schemas {
    All,
    One(Oid),
    /// The schema that was asked for does not exist.
    None,
}

/// Returns this database as the calling statement sees it, except for sequences, which have only a
/// present value; and what kept parts of it from being read. Waits for locks for five seconds
/// altogether, or for lock_timeout.
pub fn capture(schemas: Schemas, scope: Scope) -> Result<(Snapshot, Obstacles), Error> {
    within_budget(|| capture_all(schemas, scope))
}

fn capture_all(schemas: Schemas, mut scope: Scope) -> Result<(Snapshot, Obstacles), Error> {
    let (identity, taken_at) = identity()?;
    let (mut notes, unread_notes) = Notes::read();
    let extensions = extensions(&mut notes)?;
    let Content { schemas: contained, database, mut unread, obstacles } = match schemas {
        Schemas::All => contents(None, &scope, &mut notes, &extensions)?,
        Schemas::One(schema) => contents(Some(schema), &scope, &mut notes, &extensions)?,
        Schemas::None => Content::default(),
    };
    if let Schemas::One(_) = schemas {
        scope.schema = Some(contained.keys().next().ok_or_else(system_schema)?.clone());
    }
    unread.extend(unread_notes);
    let contents = Contents::of(&contained, database.as_ref());
    let snapshot = Snapshot {
        format_version: FORMAT_VERSION,
        taken_at,
        identity,
        scope,
        contents,
        extensions: extensions.into_iter().map(|(_, name, extension)| (name, extension)).collect(),
        database,
        unread,
        schemas: contained,
    };
    Ok((snapshot, obstacles))
}

fn system_schema() -> Error {
    let message = "system and temporary schemas are not part of a snapshot";
    Error::new(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, message)
        .hint("Specify another schema, or NULL for all.")
}

/// Returns the database's identity, and when the statement began.
pub fn identity() -> Result<(Identity, String), Error> {
    let found = catalog::read(IDENTITY, &[], |row| {
        let identity = Identity {
            system_identifier: database::system_identifier().to_string(),
            database: catalog::text(row, 2)?,
            database_oid: required::<Oid>(row, 1)?.to_u32(),
            server_version: catalog::text(row, 3)?,
            encoding: catalog::text(row, 4)?,
            in_recovery: access::is_standby(),
            timeline: database::timeline(),
        };
        Ok((identity, catalog::text(row, 5)?))
    })?;
    let renamed = || Error::new(PgSqlErrorCode::ERRCODE_OBJECT_IN_USE, "the database was renamed concurrently");
    found.into_iter().next().ok_or_else(renamed)
}

/// What a snapshot contains.
#[derive(Default)]
struct Content {
    schemas: BTreeMap<String, Schema>,
    database: Option<DatabaseObjects>,
    /// Why the objects of some kinds are not known.
    unread: BTreeMap<String, String>,
    obstacles: Obstacles,
}

fn contents(
    named: Option<Oid>,
    scope: &Scope,
    notes: &mut Notes,
    extensions: &[(Oid, String, Extension)],
) -> Result<Content, Error> {
    let mut schemas = catalog::schemas(named)?;
    for (oid, (_, schema)) in &mut schemas {
        if let Some(mut note) = notes.take(2615, *oid) {
            note.attach("", &mut schema.attributes);
        }
    }
    let oids: Vec<Oid> = schemas.keys().copied().collect();
    let mut tables = tables::tables(&oids, notes)?;
    let mut database = named.is_none().then(|| database(scope, notes));
    let found = Found::read(&oids, named.is_none(), notes);
    let (mut names, unread) = (found.names(), found.unread.clone());
    names.extend(extensions.iter().map(|(oid, name, _)| ((Oid::from(3079), *oid), used_names::extension(name))));
    uses::store(&mut tables, &names);
    found.store(&mut schemas, &mut database, |used: &Use| uses::names(used, &names));
    let mut obstacles = Obstacles::new();
    add_tables(tables, scope, &mut schemas, &mut obstacles)?;
    add_sequences(&oids, &mut schemas, notes, &mut obstacles)?;
    Ok(Content { schemas: schemas.into_values().collect(), database, unread, obstacles })
}

/// Returns what belongs to the database itself, without its objects.
fn database(scope: &Scope, notes: &mut Notes) -> DatabaseObjects {
    let mut attributes = None;
    for mut note in [notes.take(1262, database::current()), notes.take_of_system()].into_iter().flatten() {
        note.attach("", &mut attributes);
    }
    DatabaseObjects {
        large_objects: large_objects::read_or_say_why(scope.checksum),
        attributes,
        ..DatabaseObjects::default()
    }
}

/// Adds the tables with their rows.
fn add_tables(
    tables: Vec<CatalogTable>,
    scope: &Scope,
    schemas: &mut HashMap<Oid, (String, Schema)>,
    obstacles: &mut Obstacles,
) -> Result<(), Error> {
    let reader = Reader::new(scope)?;
    let mut progress = Progress::new("tables", tables.len());
    for mut table in tables {
        progress.step();
        // Leaves out a table whose schema was created or dropped meanwhile.
        let Some((schema_name, schema)) = schemas.get_mut(&table.schema) else { continue };
        reader.read_into(&mut table, schema_name);
        let CatalogTable { oid, name, table, obstacle, .. } = table;
        if table.unread.is_some() && names::relation_kind(oid).is_none() {
            // It was dropped since the statement began.
            continue;
        }
        schema.tables.insert(name, table);
        obstacles.extend(obstacle);
    }
    Ok(())
}

/// Adds the sequences. It runs after the rows were counted, so that no sequence is behind them.
fn add_sequences(
    oids: &[Oid],
    schemas: &mut HashMap<Oid, (String, Schema)>,
    notes: &mut Notes,
    obstacles: &mut Obstacles,
) -> Result<(), Error> {
    for (oid, name, sequence) in sequences::read(oids, notes, obstacles)? {
        if let Some((_, schema)) = schemas.get_mut(&oid) {
            schema.sequences.insert(name, sequence);
        }
    }
    Ok(())
}
