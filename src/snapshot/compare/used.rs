//! Finds the row that an object is missing with, because it used another missing object.

use super::columns;
use super::difference::Kind;
use super::report::Cause;
use super::sequences;
use super::sides::{CommonSchemas, DEEPEST, LocatedObject, LocatedTable, Side};
use super::tables::TablePair;
use crate::snapshot::model::{Attributes, RelationName, Snapshot, TableKind};
use crate::snapshot::used_names;
use std::collections::HashMap;

/// What only one of the two snapshots has, by the name under which others use it.
#[derive(Default)]
pub struct OneSided<'a>(HashMap<String, Used<'a>>);

#[derive(Clone, Copy)]
enum Used<'a> {
    Schema(&'a str),
    Extension(&'a str),
    Table(LocatedTable<'a>),
    Column(LocatedTable<'a>, &'a str),
    Sequence(&'a str, &'a str),
    Object(LocatedObject<'a>),
}

impl<'a> OneSided<'a> {
    /// Returns what only the source has, and what only the target has.
    pub fn of(source: &'a Snapshot, target: &'a Snapshot) -> [OneSided<'a>; 2] {
        let common = CommonSchemas::of(&source.scope, &target.scope);
        [[source, target], [target, source]].map(|[here, there]| {
            let mut found = OneSided::default();
            found.add_schemas(here, there, common);
            found.add_database(here, there);
            found
        })
    }

    fn add_schemas(&mut self, here: &'a Snapshot, there: &'a Snapshot, common: CommonSchemas<'_>) {
        for (schema, held) in here.schemas.iter().filter(|(schema, _)| common.covers(schema)) {
            let other = there.schemas.get(schema);
            if other.is_none() {
                self.0.insert(used_names::schema(schema), Used::Schema(schema));
            }
            for (name, table) in &held.tables {
                let located = LocatedTable { schema, name, table };
                match other.and_then(|other| other.tables.get(name)) {
                    None => drop(self.0.insert(used_names::relation(schema, name), Used::Table(located))),
                    Some(other) if other.columns == table.columns => {}
                    Some(other) => {
                        for (column, _) in
                            table.columns.iter().filter(|(column, _)| !other.columns.contains_key(column))
                        {
                            self.0.insert(used_names::column(schema, name, column), Used::Column(located, column));
                        }
                    }
                }
            }
            for name in
                held.sequences.keys().filter(|name| other.is_none_or(|other| !other.sequences.contains_key(*name)))
            {
                self.0.insert(used_names::relation(schema, name), Used::Sequence(schema, name));
            }
            for (kind, objects) in &held.objects {
                let others = other.and_then(|other| other.objects.get(kind));
                for (identity, object) in objects {
                    if others.is_none_or(|others| !others.contains_key(identity)) {
                        let located = LocatedObject { schema: Some(schema), kind, identity, object };
                        self.0.insert(used_names::object(kind, identity), Used::Object(located));
                    }
                }
            }
        }
    }

    fn add_database(&mut self, here: &'a Snapshot, there: &'a Snapshot) {
        for name in here.extensions.keys().filter(|name| !there.extensions.contains_key(*name)) {
            self.0.insert(used_names::extension(name), Used::Extension(name));
        }
        let Some((held, other)) = here.database.as_ref().zip(there.database.as_ref()) else { return };
        for (kind, objects) in &held.objects {
            let others = other.objects.get(kind);
            for (identity, object) in objects {
                if others.is_none_or(|others| !others.contains_key(identity)) {
                    let located = LocatedObject { schema: None, kind, identity, object };
                    self.0.insert(used_names::object(kind, identity), Used::Object(located));
                }
            }
        }
    }

    /// Returns the row that reports an object by this name, if only this side has it.
    pub fn cause(&self, side: Side<'a>, name: &str, depth: usize) -> Option<Cause<'a>> {
        match *self.0.get(name)? {
            Used::Schema(name) => side.cause_of_schema(name),
            Used::Extension(name) => side.cause_of_extension(name),
            Used::Table(table) => side.cause_of_table_at(table, depth),
            Used::Column(table, column) => {
                let pair = TablePair::of(side, table)?;
                let of_column = || columns::is_one_sided(pair, column).then(|| columns::cause_at(pair, column, depth));
                pair.cause_of_kind().or_else(of_column)
            }
            Used::Sequence(schema, name) => {
                sequences::cause(side, &RelationName { schema: schema.to_owned(), name: name.to_owned() })
            }
            Used::Object(object) => self.cause_of_object(side, object, depth),
        }
    }

    /// Returns the row that reports an object of another kind.
    pub fn cause_of_object(&self, side: Side<'a>, object: LocatedObject<'a>, depth: usize) -> Option<Cause<'a>> {
        // What could not be read is not known to be missing.
        if side.flipped().has_object(object) || side.is_unread(object.kind) {
            return None;
        }
        let own = (side.kind(Kind::ObjectMissing, Kind::ObjectExtra), object.described());
        let of_schema = object.schema.and_then(|schema| side.cause_of_schema(schema));
        let of_use = || {
            // A function cannot exist without its language, whose handler is another function.
            let most = if rank(object.kind) == rank("function") { rank("language") } else { rank(object.kind) };
            self.cause_within(side, object.object.attributes.as_deref(), most, depth)
        };
        Some(of_schema.or_else(of_use).unwrap_or(own))
    }

    /// Returns the row of an object that a table uses as a whole, if only this side has it.
    pub fn cause_of_uses_of_table(&self, side: Side<'a>, table: LocatedTable<'a>, depth: usize) -> Option<Cause<'a>> {
        self.cause_within(side, table.table.attributes.as_deref(), rank_of_table(table), depth)
    }

    /// Returns the row of the first used object that only this side has and that can exist without
    /// the one that uses it. Objects of some kinds use each other: a type its functions, and those
    /// the type. So only what usually comes first is followed.
    fn cause_within(
        &self,
        side: Side<'a>,
        attributes: Option<&Attributes>,
        most: u8,
        depth: usize,
    ) -> Option<Cause<'a>> {
        let uses = attributes?.uses.get("").filter(|_| depth < DEEPEST)?;
        let is_first = |name: &&String| self.0.get(*name).is_some_and(|used| used.rank() <= most);
        uses.iter().filter(is_first).find_map(|name| self.cause(side, name, depth + 1))
    }
}

impl Used<'_> {
    fn rank(self) -> u8 {
        match self {
            Used::Schema(_) => 0,
            Used::Extension(_) => 1,
            Used::Table(table) => rank_of_table(table),
            Used::Column(table, _) => rank_of_table(table),
            Used::Sequence(..) => 3,
            Used::Object(object) => rank(object.kind),
        }
    }
}

/// Returns the rank of a kind: an object cannot exist without those of lower ranks that it uses.
fn rank(kind: &str) -> u8 {
    match kind {
        "publication" | "type" | "domain" | "collation" => 3,
        "function" | "procedure" => 5,
        "language" | "foreign-data wrapper" | "server" => 6,
        "aggregate" | "operator" | "text search parser" | "text search template" | "access method" => 7,
        "operator family" | "text search dictionary" => 8,
        "operator class" | "text search configuration" => 9,
        _ => 10,
    }
}

fn rank_of_table(table: LocatedTable<'_>) -> u8 {
    match table.table.kind {
        TableKind::View | TableKind::MaterializedView | TableKind::ForeignTable => 7,
        TableKind::Table | TableKind::PartitionedTable => 4,
    }
}
