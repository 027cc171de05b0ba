//! What CREATE TABLE, INDEX and TRIGGER say.

use super::table::{Column, Constraint, IndexColumn};
use super::{Raw, RelationName};

/// CREATE TABLE, and CREATE FOREIGN TABLE.
#[derive(Debug)]
pub struct CreateTable<'p> {
    pub relation: RelationName,
    pub columns: Vec<Column<'p>>,
    pub constraints: Vec<Constraint<'p>>,
    pub parents: Vec<RelationName>,
    pub likes: Vec<RelationName>,
    /// Whether one of them has INCLUDING INDEXES.
    pub copies_indexes: bool,
    /// PARTITION OF, with the bound.
    pub partition_bound: Option<Raw<'p>>,
    /// PARTITION BY: the columns; `None` for an expression.
    pub partition_key: Option<Vec<Option<String>>>,
    /// The expressions of PARTITION BY.
    pub key_expressions: Vec<Raw<'p>>,
    /// PARTITION BY: `l` for LIST, `r` for RANGE, `h` for HASH, as in
    /// pg_partitioned_table.partstrat.
    pub strategy: Option<u8>,
    pub of_type: bool,
    pub is_foreign: bool,
    pub if_not_exists: bool,
    pub storage: Storage<'p>,
}

/// Where and how a new relation is stored.
#[derive(Debug, Default)]
pub struct Storage<'p> {
    /// WITH
    pub options: Option<Raw<'p>>,
    pub tablespace: Option<String>,
    /// USING
    pub access_method: Option<String>,
    /// SERVER, of a foreign table.
    pub server: Option<String>,
    /// ON COMMIT DROP
    pub drops_on_commit: bool,
}

#[derive(Debug)]
pub struct CreateIndex<'p> {
    pub name: Option<String>,
    pub relation: RelationName,
    pub method: String,
    pub columns: Vec<IndexColumn<'p>>,
    pub including: Vec<String>,
    pub predicate: Option<Raw<'p>>,
    pub is_unique: bool,
    pub nulls_not_distinct: bool,
    pub is_concurrent: bool,
    pub if_not_exists: bool,
    /// WITH
    pub options: Option<Raw<'p>>,
    pub tablespace: Option<String>,
}

#[derive(Debug)]
pub struct CreateTrigger<'p> {
    pub name: String,
    pub relation: RelationName,
    pub function: Vec<String>,
    pub columns: Vec<String>,
    /// WHEN
    pub condition: Option<Raw<'p>>,
    /// When it fires and for what, as in pg_trigger.tgtype.
    pub events: i16,
    pub transitions: Vec<Transition>,
    pub is_replace: bool,
    pub is_constraint: bool,
    /// FROM, of a constraint trigger.
    pub referenced: Option<RelationName>,
}

/// What REFERENCING names.
#[derive(Debug)]
pub struct Transition {
    pub name: String,
    pub is_new: bool,
    pub is_table: bool,
}
