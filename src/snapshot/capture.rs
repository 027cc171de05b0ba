//! Takes a snapshot, table by table, as of one moment.
//!
//! Locks: AccessShareLock on one table or sequence at a time, released before the next.

use super::catalog::{self, CatalogTable};
use super::model::{Contents, FORMAT_VERSION, Identity, Schema, Scope, Snapshot};
use super::rows::Reader;
use super::sequences;
use super::unread::Obstacles;
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
    let (contained, obstacles) = match schemas {
        Schemas::All => contents(None, &scope)?,
        Schemas::One(schema) => contents(Some(schema), &scope)?,
        Schemas::None => Default::default(),
    };
    if let Schemas::One(_) = schemas {
        scope.schema = Some(contained.keys().next().ok_or_else(system_schema)?.clone());
    }
    let contents = Contents::of(&contained);
    let extensions = catalog::extensions()?;
    let snapshot = Snapshot {
        format_version: FORMAT_VERSION,
        taken_at,
        identity,
        scope,
        contents,
        extensions,
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

fn contents(named: Option<Oid>, scope: &Scope) -> Result<(BTreeMap<String, Schema>, Obstacles), Error> {
    let mut schemas = catalog::schemas(named)?;
    let oids: Vec<Oid> = schemas.keys().copied().collect();
    let tables = catalog::tables(&oids)?;
    let reader = Reader::new(scope)?;
    let mut obstacles = Obstacles::new();
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
    add_sequences(&oids, &mut schemas, &mut obstacles)?;
    Ok((schemas.into_values().collect(), obstacles))
}

/// Adds the sequences. It runs after the rows were counted, so that no sequence is behind them.
fn add_sequences(
    oids: &[Oid],
    schemas: &mut HashMap<Oid, (String, Schema)>,
    obstacles: &mut Obstacles,
) -> Result<(), Error> {
    for (oid, name, sequence) in sequences::read(oids, obstacles)? {
        if let Some((_, schema)) = schemas.get_mut(&oid) {
            schema.sequences.insert(name, sequence);
        }
    }
    Ok(())
}
