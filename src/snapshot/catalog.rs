//! Reads the catalogs as of the calling statement.
//!
//! Locks: AccessShareLock on catalogs, released before each function returns. No user table is
//! read.

use super::model::{
    Column, Constraint, ConstraintKind, Extension, Firing, Generated, IdentityColumn, Index, RelationName, Schema,
    Table, TableKind, Trigger,
};
use super::sorted_map::SortedMap;
use super::unread::Obstacle;
use crate::error::Error;
use crate::pg::encoded_text::ServerText;
use crate::pg::row::required;
use crate::pg::{lock_budget, memory, names, schemas, settings, subtransaction};
use crate::report::wording;
use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::Oid;
use pgrx::spi::SpiHeapTupleData;
use pgrx::{PgSqlErrorCode, Spi};
use std::collections::{BTreeMap, HashMap};

const SCHEMAS: &str = include_str!("../../sql/queries/snapshot_schemas.sql");
const TABLES: &str = include_str!("../../sql/queries/snapshot_tables.sql");
const COLUMNS: &str = include_str!("../../sql/queries/snapshot_columns.sql");
const CONSTRAINTS: &str = include_str!("../../sql/queries/snapshot_constraints.sql");
const INDEXES: &str = include_str!("../../sql/queries/snapshot_indexes.sql");
const TRIGGERS: &str = include_str!("../../sql/queries/snapshot_triggers.sql");
const EXTENSIONS: &str = include_str!("../../sql/queries/snapshot_extensions.sql");

/// A table as the catalogs describe it, and what is needed to read its rows.
pub struct CatalogTable {
    pub oid: Oid,
    pub schema: Oid,
    pub name: String,
    pub table: Table,
    /// The columns' numbers by name.
    pub numbers: BTreeMap<String, i16>,
    /// The primary key's column if its first and last value may be shown.
    pub key: Option<i16>,
    /// False for a materialized view WITH NO DATA, which no query can read.
    pub is_populated: bool,
    /// Rows and pages as of the last VACUUM or ANALYZE; a negative number of rows means unknown.
    pub known: (f32, i32),
    /// Set with the table's `undescribed` or `unread`.
    pub obstacle: Option<Obstacle>,
}

/// Returns the rows of a query, each as `read_object` reads it. The server prints expressions and
/// names in them with every schema except pg_catalog, and independent of the session's settings.
pub fn read<T>(
    query: &str,
    arguments: &[DatumWithOid<'_>],
    read_object: impl Fn(&SpiHeapTupleData<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    subtransaction::discard_with_statement_snapshot(|| {
        settings::with_canonical_output(|| {
            settings::without_jit(|| {
                Spi::connect(|client| {
                    let rows = client.select(query, None, arguments)?;
                    rows.map(|row| memory::require(0).and_then(|()| read_object(&row))).collect()
                })
            })
        })
    })
}

/// Returns a text that is never null.
pub fn text(row: &SpiHeapTupleData<'_>, ordinal: usize) -> Result<String, Error> {
    Ok(required::<ServerText>(row, ordinal)?.0)
}

/// Returns a text, or `None` if it is null.
pub fn optional_text(row: &SpiHeapTupleData<'_>, ordinal: usize) -> Result<Option<String>, Error> {
    Ok(row.get::<ServerText>(ordinal)?.map(|text| text.0))
}

/// Returns a schema and, from the column after it, the name of a relation in it; `None` if it is
/// null.
pub fn relation_name(row: &SpiHeapTupleData<'_>, schema: usize) -> Result<Option<RelationName>, Error> {
    let (schema, name) = (optional_text(row, schema)?, optional_text(row, schema + 1)?);
    Ok(schema.zip(name).map(|(schema, name)| RelationName { schema, name }))
}

/// Returns an array of text; NULL becomes an empty one.
fn texts(row: &SpiHeapTupleData<'_>, ordinal: usize) -> Result<Vec<String>, Error> {
    let texts = row.get::<Vec<ServerText>>(ordinal)?.unwrap_or_default();
    Ok(texts.into_iter().map(|text| text.0).collect())
}

/// Returns a `"char"`.
fn letter(row: &SpiHeapTupleData<'_>, ordinal: usize) -> Result<u8, Error> {
    required::<i8>(row, ordinal).map(i8::cast_unsigned)
}

/// Returns schema `named`, or all, by OID, with their names and nothing in them yet. System schemas
/// are left out, and so is, unless it is named, a schema that an extension created and only
/// extensions use.
pub fn schemas(named: Option<Oid>) -> Result<HashMap<Oid, (String, Schema)>, Error> {
    let users = subtransaction::discard_with_statement_snapshot(|| Spi::connect(schemas::of_users))?;
    let users = users.into_iter().map(|(oid, _)| oid).filter(|oid| named.is_none_or(|named| *oid == named));
    let rows = read(SCHEMAS, &[users.collect::<Vec<Oid>>().into(), named.is_some().into()], |row| {
        Ok((required(row, 1)?, (text(row, 2)?, Schema { owner: text(row, 3)?, ..Schema::default() })))
    })?;
    Ok(rows.into_iter().collect())
}

pub fn extensions() -> Result<BTreeMap<String, Extension>, Error> {
    let rows =
        read(EXTENSIONS, &[], |row| Ok((text(row, 1)?, Extension { version: text(row, 2)?, schema: text(row, 3)? })))?;
    Ok(rows.into_iter().collect())
}

/// Returns the tables of the schemas with everything that belongs to them except their rows, by
/// schema and name.
///
/// The server locks the tables when it prints expressions. So all of them are read at once, without
/// waiting; if that fails, each half is read by itself. In the end, this waits only for the table
/// that is locked, for five seconds or lock_timeout.
pub fn tables(schemas: &[Oid]) -> Result<Vec<CatalogTable>, Error> {
    let mut tables = read(TABLES, &[schemas.to_vec().into()], table)?;
    let positions: HashMap<Oid, usize> =
        tables.iter().enumerate().map(|(position, table)| (table.oid, position)).collect();
    let queries: [(&str, ReadObject); 4] =
        [(COLUMNS, column), (CONSTRAINTS, constraint), (INDEXES, index), (TRIGGERS, trigger)];
    for (query, read_object) in queries {
        let known = tables.iter().filter(|table| table.table.undescribed.is_none());
        let oids: Vec<Oid> = known.map(|table| table.oid).collect();
        add_objects(&mut tables, &positions, &oids, query, read_object);
    }
    // Leaves out tables that were dropped since the statement began.
    tables.retain(|table| table.table.undescribed.is_none() || names::relation_kind(table.oid).is_some());
    Ok(tables)
}

type ReadObject = fn(&SpiHeapTupleData<'_>) -> Result<TableObject, Error>;

fn add_objects(
    tables: &mut [CatalogTable],
    positions: &HashMap<Oid, usize>,
    oids: &[Oid],
    query: &str,
    read_object: ReadObject,
) {
    crate::pg::memory::step();
    let look =
        || read(query, &[oids.to_vec().into()], |row| Ok((required::<Oid>(row, 1)?, text(row, 2)?, read_object(row)?)));
    let objects =
        if oids.len() == 1 { lock_budget::with_lock_timeout(look) } else { settings::with_least_lock_timeout(look) };
    match (objects, oids) {
        (Ok(objects), _) => {
            for (oid, name, object) in objects {
                if let Some(position) = positions.get(&oid) {
                    tables[*position].add(name, object);
                }
            }
        }
        (Err(error), [oid]) => {
            lock_budget::note(&error);
            if let Some(position) = positions.get(oid) {
                tables[*position].table.undescribed = Some(wording::error(&error));
                tables[*position].obstacle = Some(Obstacle::from(&error));
            }
        }
        (Err(_), _) => {
            let (first, second) = oids.split_at(oids.len() / 2);
            add_objects(tables, positions, first, query, read_object);
            add_objects(tables, positions, second, query, read_object);
        }
    }
}

/// An object that belongs to a table.
enum TableObject {
    Column(i16, Column),
    Constraint(Constraint),
    Index(Index),
    Trigger(Trigger),
    /// An object that was dropped concurrently.
    Gone,
}

impl CatalogTable {
    fn add(&mut self, name: String, object: TableObject) {
        match object {
            TableObject::Column(number, column) => {
                self.numbers.insert(name.clone(), number);
                self.table.columns.insert(name, column);
            }
            TableObject::Constraint(constraint) => drop(self.table.constraints.insert(name, constraint)),
            TableObject::Index(index) => drop(self.table.indexes.insert(name, index)),
            TableObject::Trigger(trigger) => drop(self.table.triggers.insert(name, trigger)),
            TableObject::Gone => {}
        }
    }
}

fn table(row: &SpiHeapTupleData<'_>) -> Result<CatalogTable, Error> {
    let kind = match letter(row, 4)? {
        b'p' => TableKind::PartitionedTable,
        b'v' => TableKind::View,
        b'm' => TableKind::MaterializedView,
        b'f' => TableKind::ForeignTable,
        _ => TableKind::Table,
    };
    let table = Table {
        kind,
        owner: text(row, 5)?,
        unlogged: required(row, 6)?,
        row_security: required(row, 7)?,
        force_row_security: required(row, 16)?,
        inherits: texts(row, 17)?
            .into_iter()
            .zip(texts(row, 18)?)
            .map(|(schema, name)| RelationName { schema, name })
            .collect(),
        inherited: required(row, 19)?,
        partition_of: relation_name(row, 10)?,
        partition_bound: optional_text(row, 15)?,
        columns: SortedMap::default(),
        primary_key: texts(row, 12)?,
        rows: None,
        key_range: None,
        checksum: None,
        undescribed: None,
        unread: None,
        constraints: SortedMap::default(),
        indexes: SortedMap::default(),
        triggers: SortedMap::default(),
    };
    Ok(CatalogTable {
        oid: required(row, 1)?,
        schema: required(row, 2)?,
        name: text(row, 3)?,
        table,
        numbers: BTreeMap::new(),
        key: row.get(13)?,
        is_populated: required(row, 14)?,
        known: (required(row, 8)?, required(row, 9)?),
        obstacle: None,
    })
}

fn column(row: &SpiHeapTupleData<'_>) -> Result<TableObject, Error> {
    let generated = match letter(row, 8)? {
        b's' => Some(Generated::Stored),
        b'v' => Some(Generated::Virtual),
        _ => None,
    };
    let identity = match letter(row, 9)? {
        b'a' => Some(IdentityColumn::Always),
        b'd' => Some(IdentityColumn::ByDefault),
        _ => None,
    };
    let column = Column {
        data_type: text(row, 4)?,
        collation: optional_text(row, 5)?,
        not_null: required(row, 6)?,
        not_valid: required(row, 10)?,
        default: optional_text(row, 7)?,
        generated,
        identity,
    };
    Ok(TableObject::Column(required(row, 3)?, column))
}

fn constraint(row: &SpiHeapTupleData<'_>) -> Result<TableObject, Error> {
    let kind = match letter(row, 3)? {
        b'p' => ConstraintKind::PrimaryKey,
        b'u' => ConstraintKind::Unique,
        b'f' => ConstraintKind::ForeignKey,
        b'c' => ConstraintKind::Check,
        b'x' => ConstraintKind::Exclusion,
        other => {
            let message = format!("unrecognized constraint type: {other}");
            return Err(Error::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, message));
        }
    };
    let definition = optional_text(row, 4)?;
    let enforced = required(row, 5)?;
    Ok(definition
        .map_or(TableObject::Gone, |definition| TableObject::Constraint(Constraint { kind, enforced, definition })))
}

fn index(row: &SpiHeapTupleData<'_>) -> Result<TableObject, Error> {
    let Some(definition) = optional_text(row, 5)? else { return Ok(TableObject::Gone) };
    Ok(TableObject::Index(Index { unique: required(row, 3)?, valid: required(row, 4)?, definition }))
}

fn trigger(row: &SpiHeapTupleData<'_>) -> Result<TableObject, Error> {
    let firing = match letter(row, 3)? {
        b'D' => Firing::Disabled,
        b'R' => Firing::Replica,
        b'A' => Firing::Always,
        _ => Firing::Origin,
    };
    let definition = optional_text(row, 4)?;
    Ok(definition.map_or(TableObject::Gone, |definition| TableObject::Trigger(Trigger { firing, definition })))
}
