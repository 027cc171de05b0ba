//! The two snapshots as they are compared, and what is in one of them alone.

use super::difference::Kind;
use super::report::{Cause, Object};
use crate::snapshot::model::{Extension, Name, Schema, Scope, Sequence, Snapshot, Table};

/// Of partitions within partitions; a snapshot that was made by hand could go round in circles.
pub const DEEPEST: usize = 100;

/// The schemas that both were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Common<'a> {
    All,
    One(&'a str),
    None,
}

impl<'a> Common<'a> {
    pub fn of(source: &'a Scope, target: &'a Scope) -> Self {
        match (&source.schema, &target.schema) {
            (None, None) => Common::All,
            (Some(schema), None) | (None, Some(schema)) => Common::One(schema),
            (Some(one), Some(other)) if one == other => Common::One(one),
            (Some(_), Some(_)) => Common::None,
        }
    }

    fn covers(self, schema: &str) -> bool {
        match self {
            Common::All => true,
            Common::One(only) => only == schema,
            Common::None => false,
        }
    }
}

/// One of the two, beside the other.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    here: &'a Snapshot,
    other: &'a Snapshot,
    /// What the source has alone is missing, what the target has alone is extra.
    pub is_source: bool,
    common: Common<'a>,
}

/// A table, and where it is.
#[derive(Clone, Copy)]
pub struct Located<'a> {
    pub schema: &'a str,
    pub name: &'a str,
    pub table: &'a Table,
}

impl<'a> Located<'a> {
    pub fn object(self) -> Object<'a> {
        Object::Relation(self.schema, self.name)
    }
}

impl<'a> Side<'a> {
    pub fn of_source(source: &'a Snapshot, target: &'a Snapshot) -> Self {
        let common = Common::of(&source.scope, &target.scope);
        Side { here: source, other: target, is_source: true, common }
    }

    pub fn flipped(self) -> Side<'a> {
        Side { here: self.other, other: self.here, is_source: !self.is_source, common: self.common }
    }

    /// Whether rows here were counted, where they could be read.
    pub fn counts_rows(self) -> bool {
        counts_rows(&self.here.scope)
    }

    pub fn is_standby(self) -> bool {
        self.here.identity.in_recovery
    }

    pub fn have_checksums(self) -> bool {
        self.here.scope.checksum && self.other.scope.checksum
    }

    /// Of two kinds, the one for what is here alone.
    pub fn kind(self, missing: Kind, extra: Kind) -> Kind {
        if self.is_source { missing } else { extra }
    }

    pub fn covers(self, schema: &str) -> bool {
        self.common.covers(schema)
    }

    /// Those that are compared.
    pub fn schemas(self) -> impl Iterator<Item = (&'a str, &'a Schema)> {
        let all = self.here.schemas.iter().map(|(name, schema)| (name.as_str(), schema));
        all.filter(move |(name, _)| self.covers(name))
    }

    pub fn schema(self, name: &str) -> Option<&'a Schema> {
        self.here.schemas.get(name)
    }

    /// Those that are compared.
    pub fn tables(self) -> impl Iterator<Item = Located<'a>> {
        self.schemas()
            .flat_map(|(schema, held)| held.tables.iter().map(move |(name, table)| Located { schema, name, table }))
    }

    pub fn table(self, name: &Name) -> Option<Located<'a>> {
        self.located(&name.schema, &name.name)
    }

    pub fn located(self, schema: &str, name: &str) -> Option<Located<'a>> {
        let (schema, held) = self.here.schemas.get_key_value(schema)?;
        let (name, table) = held.tables.get_key_value(name)?;
        Some(Located { schema, name, table })
    }

    pub fn sequence(self, schema: &str, name: &str) -> Option<&'a Sequence> {
        self.here.schemas.get(schema)?.sequences.get(name)
    }

    /// With its names as they are here.
    pub fn located_sequence(self, name: &Name) -> Option<(&'a str, &'a str, &'a Sequence)> {
        let (schema, held) = self.here.schemas.get_key_value(&name.schema)?;
        let (name, sequence) = held.sequences.get_key_value(&name.name)?;
        Some((schema, name, sequence))
    }

    /// Those in schemas that are compared.
    pub fn extensions(self) -> impl Iterator<Item = (&'a str, &'a Extension)> {
        let all = self.here.extensions.iter().map(|(name, extension)| (name.as_str(), extension));
        all.filter(move |(_, extension)| self.covers(&extension.schema))
    }

    /// Wherever it is.
    pub fn extension(self, name: &str) -> Option<&'a Extension> {
        self.here.extensions.get(name)
    }

    fn parent(self, table: Located<'a>) -> Option<Located<'a>> {
        self.table(table.table.partition_of.as_ref()?)
    }

    /// The table and those that it is part of.
    pub fn ancestry(self, table: Located<'a>) -> impl Iterator<Item = Located<'a>> {
        std::iter::successors(Some(table), move |table| self.parent(*table)).take(DEEPEST)
    }

    /// All that the table is part of or inherits from, nearest first.
    pub fn ancestors(self, table: Located<'a>) -> Vec<Located<'a>> {
        let parents = |table: Located<'a>| {
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

    /// The row that says that a schema is here alone.
    pub fn cause_of_schema(self, schema: &'a str) -> Option<Cause<'a>> {
        let is_alone = self.covers(schema) && self.flipped().schema(schema).is_none();
        is_alone.then(|| (self.kind(Kind::SchemaMissing, Kind::SchemaExtra), Object::Named(schema)))
    }

    /// The row that says that a table is here alone: its schema's, that of the table it is part of, or its own.
    pub fn cause_of_table(self, table: Located<'a>) -> Option<Cause<'a>> {
        let topmost = self.ancestry(table).take_while(|table| self.is_alone(*table)).last()?;
        let own = (self.kind(Kind::TableMissing, Kind::TableExtra), topmost.object());
        Some(self.cause_of_schema(topmost.schema).unwrap_or(own))
    }

    /// The same for a name that something refers to.
    pub fn cause_of_named(self, name: &Name) -> Option<Cause<'a>> {
        self.table(name).and_then(|table| self.cause_of_table(table))
    }

    fn is_alone(self, table: Located<'a>) -> bool {
        let other = self.flipped().schema(table.schema);
        self.covers(table.schema) && other.is_none_or(|other| !other.tables.contains_key(table.name))
    }
}

/// A checksum takes reading all rows, so it comes with their count.
pub fn counts_rows(scope: &Scope) -> bool {
    scope.exact || scope.checksum
}
