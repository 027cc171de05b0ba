//! Defines the structure of the jsonb that `db_snapshot` returns and `db_compare` reads.
//!
//! It contains no row's content except the first and last key where keys are numbers or times.
//! Objects are keyed by name, so the order of tables or rows does not matter. A reader
//! ignores unknown fields, and rejects missing ones and those of another type. An `Option` that is
//! `None` is left out. Definitions are as the server prints them, schema-qualified except for
//! pg_catalog.

use super::json_types::{array, by_kind, object, optional_object, optional_whole_number, whole_number};
pub use super::object_model::{Attributes, CatalogObject, Checksum, DatabaseObjects, LargeObjects, Objects};
use super::sorted_map::SortedMap;
pub use super::words::{ConstraintKind, Firing, Generated, IdentityColumn, TableKind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Incremented with every change that an older reader would misunderstand.
pub const FORMAT_VERSION: u32 = 1;

/// A database at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Snapshot {
    #[serde(deserialize_with = "whole_number")]
    pub format_version: u32,
    /// When the statement began, in UTC: `2026-11-22T10:00:00.000000Z`.
    pub taken_at: String,
    pub identity: Identity,
    pub scope: Scope,
    pub contents: Contents,
    #[serde(deserialize_with = "object")]
    pub extensions: BTreeMap<String, Extension>,
    /// What does not belong to a schema; `None` if the snapshot is of one schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<DatabaseObjects>,
    /// Why the objects of some kinds could not be read, by kind.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unread: BTreeMap<String, String>,
    #[serde(deserialize_with = "object")]
    pub schemas: BTreeMap<String, Schema>,
}

/// Which database it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Identity {
    /// Set by initdb and the same in every physical copy; text, because many JSON readers would
    /// round it.
    pub system_identifier: String,
    pub database: String,
    #[serde(deserialize_with = "whole_number")]
    pub database_oid: u32,
    /// The setting `server_version` without the packager's suffix: `15.4`.
    pub server_version: String,
    pub encoding: String,
    pub in_recovery: bool,
    /// The timeline of the write-ahead log, which changes when a standby or a restored backup is
    /// promoted.
    #[serde(deserialize_with = "whole_number")]
    pub timeline: u32,
}

/// The arguments of `db_snapshot`, and so what the snapshot covers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Scope {
    /// `None`: all schemas except the system's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    pub exact: bool,
    pub checksum: bool,
}

/// How much the snapshot contains, to detect one that is incomplete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Contents {
    #[serde(deserialize_with = "whole_number")]
    pub schemas: usize,
    #[serde(deserialize_with = "whole_number")]
    pub tables: usize,
    #[serde(deserialize_with = "whole_number")]
    pub columns: usize,
    #[serde(deserialize_with = "whole_number")]
    pub sequences: usize,
    /// All other objects that do not belong to a table.
    #[serde(deserialize_with = "whole_number")]
    pub objects: usize,
    #[serde(deserialize_with = "whole_number")]
    pub constraints: usize,
    #[serde(deserialize_with = "whole_number")]
    pub indexes: usize,
    #[serde(deserialize_with = "whole_number")]
    pub triggers: usize,
    #[serde(deserialize_with = "whole_number")]
    pub policies: usize,
    #[serde(deserialize_with = "whole_number")]
    pub rules: usize,
    /// The fields of the whole snapshot, in objects of any kind: detects the loss of one that may
    /// be missing, such as a checksum.
    #[serde(deserialize_with = "whole_number")]
    pub fields: usize,
}

impl Contents {
    /// Counts the contents of these schemas, and of the database apart from them; not the fields.
    pub fn of(schemas: &BTreeMap<String, Schema>, database: Option<&DatabaseObjects>) -> Contents {
        let objects = schemas.values().map(|schema| &schema.objects).chain(database.map(|database| &database.objects));
        let tables = || schemas.values().flat_map(|schema| schema.tables.values());
        Contents {
            schemas: schemas.len(),
            tables: tables().count(),
            columns: tables().map(|table| table.columns.len()).sum(),
            sequences: schemas.values().map(|schema| schema.sequences.len()).sum(),
            objects: objects.flat_map(BTreeMap::values).map(BTreeMap::len).sum(),
            constraints: tables().map(|table| table.constraints.len()).sum(),
            indexes: tables().map(|table| table.indexes.len()).sum(),
            triggers: tables().map(|table| table.triggers.len()).sum(),
            policies: tables().map(|table| table.policies.len()).sum(),
            rules: tables().map(|table| table.rules.len()).sum(),
            fields: 0,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Extension {
    pub version: String,
    pub schema: String,
    #[serde(default, deserialize_with = "optional_object", skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Box<Attributes>>,
}

/// A schema without the objects that extensions own, which come with the extensions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Schema {
    pub owner: String,
    #[serde(deserialize_with = "object")]
    pub tables: BTreeMap<String, Table>,
    #[serde(deserialize_with = "object")]
    pub sequences: BTreeMap<String, Sequence>,
    #[serde(deserialize_with = "by_kind")]
    pub objects: Objects,
    #[serde(default, deserialize_with = "optional_object", skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Box<Attributes>>,
}

/// A table or another relation that is read like one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Table {
    pub kind: TableKind,
    pub owner: String,
    /// An unlogged table is empty after a crash.
    pub unlogged: bool,
    /// Whether row security is enabled.
    pub row_security: bool,
    /// Whether row security also applies to the table's owner.
    pub force_row_security: bool,
    /// The tables that it inherits from, in their order; not the partitioned table of a partition.
    #[serde(deserialize_with = "array")]
    pub inherits: Vec<RelationName>,
    /// Whether tables inherit from it; their rows do not count as its own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inherited: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partition_of: Option<RelationName>,
    /// The partition's bound: `FOR VALUES FROM (1) TO (10)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partition_bound: Option<String>,
    pub columns: SortedMap<Column>,
    /// The primary key's columns in its order; empty without one.
    #[serde(deserialize_with = "array")]
    pub primary_key: Vec<String>,
    /// `None` for relations without rows of their own (views, partitioned and foreign tables), if
    /// `unread` is set, and if an estimate was requested and the table was never analyzed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<Rows>,
    /// `None` unless the rows were counted exactly and the primary key is one column of whole
    /// numbers or times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_range: Option<KeyRange>,
    /// `None` unless it was requested and the rows could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checksum: Option<Checksum>,
    /// Why columns, constraints, indexes and triggers are unknown: another session held a lock on
    /// the table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undescribed: Option<String>,
    /// Why rows, key range or checksum are missing although they were requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
    pub constraints: SortedMap<Constraint>,
    /// The indexes that do not belong to a constraint.
    pub indexes: SortedMap<Index>,
    /// The triggers except those that enforce constraints.
    pub triggers: SortedMap<Trigger>,
    #[serde(default, skip_serializing_if = "SortedMap::is_empty")]
    pub policies: SortedMap<Policy>,
    /// The rules except those that make views.
    #[serde(default, skip_serializing_if = "SortedMap::is_empty")]
    pub rules: SortedMap<Trigger>,
    /// What only some tables have, by name: the query of a view, the partition key, storage
    /// parameters, and others. `column x`, `index x` and `constraint x` are about these parts.
    #[serde(default, skip_serializing_if = "SortedMap::is_empty")]
    pub properties: SortedMap<String>,
    #[serde(default, deserialize_with = "optional_object", skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Box<Attributes>>,
}

/// A relation by its schema and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct RelationName {
    pub schema: String,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Column {
    /// The type with its modifier: `character varying(20)`.
    #[serde(rename = "type")]
    pub data_type: String,
    /// `None`: its type's default collation, or none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    pub not_null: bool,
    /// Whether NOT NULL is NOT VALID, so that older rows may be null (from version 18).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_valid: bool,
    /// The expression of the default or of the generated column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generated: Option<Generated>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<IdentityColumn>,
    /// Its place among the table's columns, from 1; `None` for the columns of a view, whose query
    /// has their order.
    #[serde(default, deserialize_with = "optional_whole_number", skip_serializing_if = "Option::is_none")]
    pub position: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Rows {
    /// The table's own rows: those of a partition do not count as its parent's.
    #[serde(deserialize_with = "whole_number")]
    pub count: i64,
    /// Whether they were counted, or known to be zero; otherwise they are estimated from the
    /// planner's statistics and the file's size.
    pub exact: bool,
}

/// The first and last key, as the type's output function prints them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct KeyRange {
    pub first: String,
    pub last: String,
}

/// A constraint. One that a partition has from its parent is listed only with the parent; NOT NULL
/// is listed with the column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Constraint {
    pub kind: ConstraintKind,
    /// False for a foreign key whose triggers are disabled.
    pub enforced: bool,
    pub definition: String,
}

/// An index. One that a partition has from its parent is listed only with the parent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Index {
    pub unique: bool,
    /// False after a failed CREATE INDEX CONCURRENTLY.
    pub valid: bool,
    /// The definition from `USING` on.
    pub definition: String,
}

/// A trigger. One that a partition has from its parent is listed only with the parent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Trigger {
    pub firing: Firing,
    /// Without the arguments of the trigger's function.
    pub definition: String,
    /// A hash of the arguments, which may be confidential; `None` if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Policy {
    pub definition: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Sequence {
    pub owner: String,
    pub data_type: String,
    #[serde(deserialize_with = "whole_number")]
    pub start: i64,
    #[serde(deserialize_with = "whole_number")]
    pub increment: i64,
    #[serde(deserialize_with = "whole_number")]
    pub min: i64,
    #[serde(deserialize_with = "whole_number")]
    pub max: i64,
    #[serde(deserialize_with = "whole_number")]
    pub cache: i64,
    pub cycle: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unlogged: bool,
    /// `None` if the sequence is exhausted, or if `unread` is set.
    #[serde(default, deserialize_with = "optional_whole_number", skip_serializing_if = "Option::is_none")]
    pub next_value: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
    /// The table whose column owns it, as serial and identity columns do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owned_by: Option<RelationName>,
    /// The column that owns it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owned_by_column: Option<String>,
    #[serde(default, deserialize_with = "optional_object", skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Box<Attributes>>,
}
