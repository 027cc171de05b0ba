//! Describes the two sides of a comparison, and finds what only one of them has.

use super::difference::Kind;
use super::report::{Cause, Object};
use super::used::OneSided;
use crate::snapshot::model::{
    Attributes, CatalogObject, DatabaseObjects, Extension, Identity, RelationName, Schema, Scope, Sequence, Snapshot,
    Table,
};
use crate::snapshot::unread_kinds::SEPARATOR;

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

    pub fn covers(self, schema: &str) -> bool {
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
    /// What only this side has, and what only the other side has.
    one_sided: [&'a OneSided<'a>; 2],
}

/// A table with its schema and name.
#[derive(Clone, Copy)]
pub struct LocatedTable<'a> {
    pub schema: &'a str,
    pub name: &'a str,
    pub table: &'a Table,
}

/// An object that is neither a table nor a sequence, with its place.
#[derive(Clone, Copy)]
pub struct LocatedObject<'a> {
    /// `None` if it belongs to the database.
    pub schema: Option<&'a str>,
    pub kind: &'a str,
    pub identity: &'a str,
    pub object: &'a CatalogObject,
}

impl<'a> LocatedObject<'a> {
    pub fn described(self) -> Object<'a> {
        Object::Described(self.kind, self.identity)
    }
}

impl<'a> LocatedTable<'a> {
    pub fn object(self) -> Object<'a> {
        Object::Relation(self.schema, self.name)
    }
}

impl<'a> Side<'a> {
    pub fn of_source(source: &'a Snapshot, target: &'a Snapshot, [here, there]: &'a [OneSided<'a>; 2]) -> Self {
        let common = CommonSchemas::of(&source.scope, &target.scope);
        Side { here: source, other: target, is_source: true, common, one_sided: [here, there] }
    }

    pub fn flipped(self) -> Side<'a> {
        let [here, there] = self.one_sided;
        Side { here: self.other, other: self.here, is_source: !self.is_source, one_sided: [there, here], ..self }
    }

    pub fn identity(self) -> &'a Identity {
        &self.here.identity
    }

    /// Returns the objects of the database, if both snapshots contain them.
    pub fn database(self) -> Option<&'a DatabaseObjects> {
        self.here.database.as_ref().filter(|_| self.other.database.is_some())
    }

    /// Returns why the objects of some kinds are not known.
    pub fn unread(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.here.unread.iter().map(|(kind, why)| (kind.as_str(), why.as_str()))
    }

    /// Whether one of the snapshots lacks objects of this kind because they could not be read.
    pub fn is_unread(self, kind: &str) -> bool {
        let mut unread = self.unread().chain(self.flipped().unread());
        unread.any(|(kinds, _)| kinds.split(SEPARATOR).any(|other| other == kind))
    }

    /// Whether both servers have the same major version, and so print queries alike.
    pub fn is_same_major(self) -> bool {
        major(&self.here.identity) == major(&self.other.identity)
    }

    /// Whether one server is older than this major version, and the other one is not.
    pub fn spans_major(self, first: u32) -> bool {
        (major(&self.here.identity) < first) != (major(&self.other.identity) < first)
    }

    /// Returns the lower major version of the two servers.
    pub fn older_major(self) -> u32 {
        major(&self.here.identity).min(major(&self.other.identity))
    }

    /// Returns the other objects of schemas that are compared and of the database: the schema,
    /// kind, and name of each.
    pub fn objects(self) -> impl Iterator<Item = LocatedObject<'a>> {
        let of_schemas = self.schemas().map(|(name, schema)| (Some(name), &schema.objects));
        let all = of_schemas.chain(self.database().map(|database| (None, &database.objects)));
        all.flat_map(|(schema, kinds)| {
            kinds.iter().flat_map(move |(kind, objects)| {
                objects.iter().map(move |(identity, object)| LocatedObject { schema, kind, identity, object })
            })
        })
    }

    /// Returns an object of this side by the place that it has on the other side.
    pub fn object(self, place: LocatedObject<'_>) -> Option<LocatedObject<'a>> {
        let kinds = match place.schema {
            Some(schema) => &self.schema(schema)?.objects,
            None => &self.database()?.objects,
        };
        let (kind, objects) = kinds.get_key_value(place.kind)?;
        let (identity, object) = objects.get_key_value(place.identity)?;
        let schema = place.schema.and_then(|schema| Some(self.here.schemas.get_key_value(schema)?.0.as_str()));
        Some(LocatedObject { schema, kind, identity, object })
    }

    /// Returns the row of an object that another one uses, if only this side has it.
    pub fn cause_of_use(self, name: &str, depth: usize) -> Option<Cause<'a>> {
        if depth < DEEPEST { self.one_sided[0].cause(self, name, depth) } else { None }
    }

    /// Does the same for the first of the objects that a part of an object uses.
    pub fn cause_of_uses(self, attributes: Option<&Attributes>, part: &str, depth: usize) -> Option<Cause<'a>> {
        attributes?.uses.get(part)?.iter().find_map(|name| self.cause_of_use(name, depth + 1))
    }

    /// Returns the row that reports an extension that only this side has.
    pub fn cause_of_extension(self, name: &str) -> Option<Cause<'a>> {
        let is_one_sided = self.flipped().extension(name).is_none();
        let (name, extension) = self.extensions().find(|(other, _)| *other == name).filter(|_| is_one_sided)?;
        let own = (self.kind(Kind::ExtensionMissing, Kind::ExtensionExtra), Object::Named(name));
        // No snapshot contains pg_catalog.
        let of_schema = self.schema(&extension.schema).and_then(|_| self.cause_of_schema(&extension.schema));
        Some(of_schema.unwrap_or(own))
    }

    /// Returns the row that reports an object that only this side has: that of its schema, of an
    /// object that it uses, or its own.
    pub fn cause_of_object(self, object: LocatedObject<'a>) -> Option<Cause<'a>> {
        self.one_sided[0].cause_of_object(self, object, 0)
    }

    pub fn has_object(self, object: LocatedObject<'_>) -> bool {
        self.object(object).is_some()
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
        self.cause_of_table_at(table, 0)
    }

    /// Does the same after following this many objects that use one another.
    pub fn cause_of_table_at(self, table: LocatedTable<'a>, depth: usize) -> Option<Cause<'a>> {
        let topmost = self.ancestry(table).take_while(|table| self.is_one_sided(*table)).last()?;
        let own = (self.kind(Kind::TableMissing, Kind::TableExtra), topmost.object());
        let of_use = || self.one_sided[0].cause_of_uses_of_table(self, topmost, depth);
        let of_parent = || {
            let mut parents = topmost.table.inherits.iter().filter(|_| depth < DEEPEST);
            parents.find_map(|parent| self.cause_of_table_at(self.table(parent)?, depth + 1))
        };
        Some(self.cause_of_schema(topmost.schema).or_else(of_use).or_else(of_parent).unwrap_or(own))
    }

    /// Does the same for a name that another object refers to.
    pub fn cause_of_named(self, name: &RelationName) -> Option<Cause<'a>> {
        self.table(name).and_then(|table| self.cause_of_table(table))
    }

    pub fn is_one_sided(self, table: LocatedTable<'a>) -> bool {
        let other = self.flipped().schema(table.schema);
        self.covers(table.schema) && other.is_none_or(|other| !other.tables.contains_key(table.name))
    }
}

/// Whether rows are counted. A checksum reads all rows, so it includes their count.
pub fn counts_rows(scope: &Scope) -> bool {
    scope.exact || scope.checksum
}

/// Returns the major version; 0 if the text is not a version.
fn major(identity: &Identity) -> u32 {
    let digits = identity.server_version.chars().take_while(char::is_ascii_digit).collect::<String>();
    digits.parse().unwrap_or(0)
}
