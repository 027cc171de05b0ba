//! What a snapshot is: the schema of the jsonb that `db_snapshot` returns and `db_compare` reads.
//!
//! No row's content is in it but the first and last key where keys are numbers or times. Objects are keyed by name, so the order of
//! tables, columns or rows means nothing. What is unknown to a reader is ignored; what is missing or of another type is refused.
//! An `Option` that is `None` is left out. Definitions are as the server spells them with every schema but pg_catalog written out.

use super::by_name::ByName;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Raised with every change that an older reader would misunderstand.
pub const FORMAT_VERSION: u32 = 1;

/// A database at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Snapshot {
    pub format_version: u32,
    /// When the statement began, in UTC: `2026-11-22T10:00:00.000000Z`.
    pub taken_at: String,
    pub identity: Identity,
    pub scope: Scope,
    pub contents: Contents,
    pub extensions: BTreeMap<String, Extension>,
    pub schemas: BTreeMap<String, Schema>,
}

/// Which database it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Identity {
    /// Made by initdb, kept by every physical copy; text, because it is larger than what JSON's readers hold exactly.
    pub system_identifier: String,
    pub database: String,
    pub database_oid: u32,
    /// As `server_version` says, without the packager's note: `15.4`.
    pub server_version: String,
    pub encoding: String,
    pub in_recovery: bool,
    /// Of the write-ahead log: it changes when a standby or a restored backup is promoted.
    pub timeline: u32,
}

/// What was asked for, and so what is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Scope {
    /// `None`: all schemas but the system's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    pub exact: bool,
    pub checksum: bool,
}

/// How much is in it, to tell one that lost a part on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Contents {
    pub schemas: usize,
    pub tables: usize,
    pub columns: usize,
    pub sequences: usize,
}

impl Contents {
    /// How much is in these.
    pub fn of(schemas: &BTreeMap<String, Schema>) -> Contents {
        let tables = || schemas.values().flat_map(|schema| schema.tables.values());
        Contents {
            schemas: schemas.len(),
            tables: tables().count(),
            columns: tables().map(|table| table.columns.len()).sum(),
            sequences: schemas.values().map(|schema| schema.sequences.len()).sum(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Extension {
    pub version: String,
    pub schema: String,
}

/// What extensions own is not in it: it comes with them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Schema {
    pub owner: String,
    pub tables: BTreeMap<String, Table>,
    pub sequences: BTreeMap<String, Sequence>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TableKind {
    Table,
    PartitionedTable,
    MaterializedView,
    View,
    ForeignTable,
}

/// A table, or what is read like one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Table {
    pub kind: TableKind,
    pub owner: String,
    /// An unlogged table is empty after a crash.
    pub unlogged: bool,
    /// Whether row security is switched on.
    pub row_security: bool,
    /// Also for the table's owner.
    pub force_row_security: bool,
    /// Its parents, by name; a partition's is not among them.
    pub inherits: Vec<Name>,
    /// Whether tables inherit from it: their rows are not among its own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inherited: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partition_of: Option<Name>,
    /// Which rows of its parent's: `FOR VALUES FROM (1) TO (10)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partition_bound: Option<String>,
    pub columns: ByName<Column>,
    /// The primary key's columns in its order; none without one.
    pub primary_key: Vec<String>,
    /// `None` for what has no rows of its own (views, partitioned and foreign tables), with `unread`, and where they were to be
    /// estimated and the table was never analyzed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<Rows>,
    /// `None` unless the rows were counted exactly and the primary key is one column of whole numbers or times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_range: Option<KeyRange>,
    /// `None` unless it was asked for and the rows could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checksum: Option<Checksum>,
    /// Why columns, constraints, indexes and triggers are not known: somebody held the table locked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undescribed: Option<String>,
    /// Why rows, key range or checksum are not there though they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
    pub constraints: ByName<Constraint>,
    /// Those that no constraint stands for.
    pub indexes: ByName<Index>,
    /// Without those that enforce constraints.
    pub triggers: ByName<Trigger>,
}

/// A relation by its schema and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Name {
    pub schema: String,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Column {
    /// With its modifier: `character varying(20)`.
    #[serde(rename = "type")]
    pub data_type: String,
    /// `None`: its type's own, or none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    pub not_null: bool,
    /// The default's expression, or what a generated column is computed from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generated: Option<Generated>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<IdentityColumn>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Generated {
    Stored,
    Virtual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityColumn {
    Always,
    ByDefault,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Rows {
    /// Of the table itself: a partition's are its own and not its parent's.
    pub count: i64,
    /// Counted, or known to be none; else from the planner's statistics and the file's size.
    pub exact: bool,
}

/// The first and last key, as the type's output function spells them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct KeyRange {
    pub first: String,
    pub last: String,
}

/// Of all rows, whatever their order and that of their columns; the same on each major version and platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Checksum {
    /// Values of different algorithms say nothing of each other.
    pub algorithm: u32,
    pub value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConstraintKind {
    PrimaryKey,
    Unique,
    ForeignKey,
    Check,
    Exclusion,
}

/// One that a partition has from its parent is its parent's alone; NOT NULL is the column's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Constraint {
    pub kind: ConstraintKind,
    /// Not so: a foreign key whose triggers are switched off.
    pub enforced: bool,
    pub definition: String,
}

/// One that a partition has from its parent is its parent's alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Index {
    pub unique: bool,
    /// Not so after a failed CREATE INDEX CONCURRENTLY.
    pub valid: bool,
    /// From `USING` on.
    pub definition: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Firing {
    Origin,
    Disabled,
    Replica,
    Always,
}

/// One that a partition has from its parent is its parent's alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Trigger {
    pub firing: Firing,
    pub definition: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Sequence {
    pub owner: String,
    pub data_type: String,
    pub start: i64,
    pub increment: i64,
    pub min: i64,
    pub max: i64,
    pub cycle: bool,
    /// `None` if there is none left, and with `unread`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_value: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
    /// The table whose column owns it, as serial and identity columns do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owned_by: Option<Name>,
}
