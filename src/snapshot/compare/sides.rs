//! Describes the two sides of a comparison, and finds what only one of them has.

use super::difference::Kind;
use super::report::{Cause, Object};
use crate::snapshot::model::{Extension, RelationName, Schema, Scope, Sequence, Snapshot, Table};

/// The deepest nesting of partitions that is followed; a snapshot made by hand could have a cycle.
pub const DEEPEST: usize = 100;

/// The schemas that both snapshots cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommonSchemas<'a> {
    All,
    One(&'a str),
    None,
}

impl<'a> CommonSchemas<'a> {
    pub fn of(source: &'a Scope, target: &'a Scope) -> Self {
        match (&source.schema, &target.schema) {
            (None, None) => CommonSchemas::All,
            (Some(schema), None) | (None, Some(schema)) => CommonSchemas::One(schema),
            (Some(one), Some(other)) if one == other => CommonSchemas::One(one),
            (Some(_), Some(_)) => CommonSchemas::None,
        }
    }

    fn covers(self, schema: &str) -> bool {
        match self {
            CommonSchemas::All => true,
            CommonSchemas::One(only) => only == schema,
            CommonSchemas::None => false,
        }
    }
}

/// One of the two snapshots, with the other one.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    here: &'a Snapshot,
    other: &'a Snapshot,
    /// An object that only the source has is missing; one that only the target has is extra.
    pub is_source: bool,
    common: CommonSchemas<'a>,
}

/// A table with its schema and name.
#[derive(Clone, Copy)]
pub struct LocatedTable<'a> {
    pub schema: &'a str,
    pub name: &'a str,
    pub table: &'a Table,
}

impl<'a> LocatedTable<'a> {
    pub fn object(self) -> Object<'a> {
        Object::Relation(self.schema, self.name)
    }
}

impl<'a> Side<'a> {
    pub fn of_source(source: &'a Snapshot, target: &'a Snapshot) -> Self {
        let common = CommonSchemas::of(&source.scope, &target.scope);
        Side { here: source, other: target, is_source: true, common }
    }

    pub fn flipped(self) -> Side<'a> {
        Side { here: self.other, other: self.here, is_source: !self.is_source, common: self.common }
    }

    /// Whether this side's rows were counted if they could be read.
    pub fn counts_rows(self) -> bool {
        counts_rows(&self.here.scope)
    }

    pub fn is_standby(self) -> bool {
        self.here.identity.in_recovery
    }

    pub fn have_checksums(self) -> bool {
        self.here.scope.checksum && self.other.scope.checksum
    }

    /// Returns the kind for an object that only this side has.
    pub fn kind(self, missing: Kind, extra: Kind) -> Kind {
        if self.is_source { missing } else { extra }
    }

    pub fn covers(self, schema: &str) -> bool {
        self.common.covers(schema)
    }

    /// Returns the schemas that are compared.
    pub fn schemas(self) -> impl Iterator<Item = (&'a str, &'a Schema)> {
        let all = self.here.schemas.iter().map(|(name, schema)| (name.as_str(), schema));
        all.filter(move |(name, _)| self.covers(name))
    }

    pub fn schema(self, name: &str) -> Option<&'a Schema> {
        self.here.schemas.get(name)
    }

    /// Returns the tables that are compared.
    pub fn tables(self) -> impl Iterator<Item = LocatedTable<'a>> {
        self.schemas().flat_map(|(schema, held)| {
            held.tables.iter().map(move |(name, table)| LocatedTable { schema, name, table })
        })
    }

    pub fn table(self, name: &RelationName) -> Option<LocatedTable<'a>> {
        self.located(&name.schema, &name.name)
    }

    pub fn located(self, schema: &str, name: &str) -> Option<LocatedTable<'a>> {
        let (schema, held) = self.here.schemas.get_key_value(schema)?;
        let (name, table) = held.tables.get_key_value(name)?;
        Some(LocatedTable { schema, name, table })
    }

    pub fn sequence(self, schema: &str, name: &str) -> Option<&'a Sequence> {
        self.here.schemas.get(schema)?.sequences.get(name)
    }

    /// Returns the sequence with its schema and name.
    pub fn located_sequence(self, name: &RelationName) -> Option<(&'a str, &'a str, &'a Sequence)> {
        let (schema, held) = self.here.schemas.get_key_value(&name.schema)?;
        let (name, sequence) = held.sequences.get_key_value(&name.name)?;
        Some((schema, name, sequence))
    }

    /// Returns the extensions in schemas that are compared.
    pub fn extensions(self) -> impl Iterator<Item = (&'a str, &'a Extension)> {
        let all = self.here.extensions.iter().map(|(name, extension)| (name.as_str(), extension));
        all.filter(move |(_, extension)| self.covers(&extension.schema))
    }

    /// Returns an extension in any schema.
    pub fn extension(self, name: &str) -> Option<&'a Extension> {
        self.here.extensions.get(name)
    }

    fn parent(self, table: LocatedTable<'a>) -> Option<LocatedTable<'a>> {
        self.table(table.table.partition_of.as_ref()?)
    }

    /// Returns the table and the partitioned tables that it belongs to, nearest first.
    pub fn ancestry(self, table: LocatedTable<'a>) -> impl Iterator<Item = LocatedTable<'a>> {
        std::iter::successors(Some(table), move |table| self.parent(*table)).take(DEEPEST)
    }

    /// Returns all tables that the table is a partition of or inherits from, nearest first.
    pub fn ancestors(self, table: LocatedTable<'a>) -> Vec<LocatedTable<'a>> {
        let parents = |table: LocatedTable<'a>| {
            let names = table.table.partition_of.iter().chain(&table.table.inherits);
            names.filter_map(|name| self.table(name)).collect::<Vec<_>>()
        };
        let mut found = parents(table);
        let mut next = 0;
        while let Some(parent) = found.get(next).filter(|_| next < DEEPEST) {
            found.extend(parents(*parent));
            next += 1;
        }
        found
    }

    /// Returns the row that reports a schema that only this side has.
    pub fn cause_of_schema(self, schema: &'a str) -> Option<Cause<'a>> {
        let is_one_sided = self.covers(schema) && self.flipped().schema(schema).is_none();
        is_one_sided.then(|| (self.kind(Kind::SchemaMissing, Kind::SchemaExtra), Object::Named(schema)))
    }

    /// Returns the row that reports a table that only this side has: that of its schema, of its
    /// partitioned table, or its own.
    pub fn cause_of_table(self, table: LocatedTable<'a>) -> Option<Cause<'a>> {
        let topmost = self.ancestry(table).take_while(|table| self.is_one_sided(*table)).last()?;
        let own = (self.kind(Kind::TableMissing, Kind::TableExtra), topmost.object());
        Some(self.cause_of_schema(topmost.schema).unwrap_or(own))
    }

    /// Does the same for a name that another object refers to.
    pub fn cause_of_named(self, name: &RelationName) -> Option<Cause<'a>> {
        self.table(name).and_then(|table| self.cause_of_table(table))
    }

    fn is_one_sided(self, table: LocatedTable<'a>) -> bool {
        let other = self.flipped().schema(table.schema);
        self.covers(table.schema) && other.is_none_or(|other| !other.tables.contains_key(table.name))
    }
}

/// Whether rows are counted. A checksum reads all rows, so it includes their count.
pub fn counts_rows(scope: &Scope) -> bool {
    scope.exact || scope.checksum
}
