//! Reads the tables from the catalogs, with everything that belongs to them except their rows.
//!
//! Locks: AccessShareLock on catalogs, released before each function returns; where the server
//! prints an expression or the query of a view, AccessShareLock on the tables in it, for a few
//! tables at a time.

use super::catalog::{letter, optional_text, read, relation_name, text, texts};
use super::model::{RelationName, Table, TableKind};
use super::notes::{CONFIDENTIAL, Note, Notes, Use, fingerprint};
use super::sorted_map::SortedMap;
use super::table_objects::{TableObject, column, constraint, index, policy, property, rule, trigger};
use super::unread::Obstacle;
use crate::error::Error;
use crate::pg::row::required;
use crate::pg::{lock_budget, memory, names, settings};
use crate::report::wording;
use pgrx::pg_sys::Oid;
use pgrx::spi::SpiHeapTupleData;
use std::collections::{BTreeMap, HashMap};

const TABLES: &str = include_str!("../../sql/queries/snapshot_tables.sql");
const COLUMNS: &str = include_str!("../../sql/queries/snapshot_columns.sql");
const CONSTRAINTS: &str = include_str!("../../sql/queries/snapshot_constraints.sql");
const INDEXES: &str = include_str!("../../sql/queries/snapshot_indexes.sql");
const TRIGGERS: &str = include_str!("../../sql/queries/snapshot_triggers.sql");
const POLICIES: &str = include_str!("../../sql/queries/snapshot_policies.sql");
const RULES: &str = include_str!("../../sql/queries/snapshot_rules.sql");
const VIEWS: &str = include_str!("../../sql/queries/snapshot_views.sql");
const PROPERTIES: &str = include_str!("../../sql/queries/snapshot_table_properties.sql");

/// For how many relations the server prints queries at a time, with the tables in them locked.
const AT_A_TIME: usize = 10;

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
    has_policies: bool,
    has_rules: bool,
    /// What the table and its parts use, by part and, for the table's own, by column.
    pub uses: Vec<(String, Use)>,
    /// Set with the table's `undescribed` or `unread`.
    pub obstacle: Option<Obstacle>,
}

/// Returns the tables of the schemas with everything that belongs to them except their rows, by
/// schema and name.
///
/// The server locks the tables when it prints expressions. So all of them are read at once, without
/// waiting; if that fails, each half is read by itself. In the end, this waits only for the table
/// that is locked, for five seconds or lock_timeout.
pub fn tables(schemas: &[Oid], notes: &mut Notes) -> Result<Vec<CatalogTable>, Error> {
    let mut tables = Tables::new(read(TABLES, &[schemas.to_vec().into()], table)?, notes);
    tables.attach_own();
    let queries: [(&str, ReadObject); 5] =
        [(PROPERTIES, property), (COLUMNS, column), (CONSTRAINTS, constraint), (INDEXES, index), (TRIGGERS, trigger)];
    for (query, read_object) in queries {
        let oids = tables.oids(|_| true);
        tables.add(&oids, query, read_object);
    }
    let printed: [(&str, ReadObject, IsMeant); 3] = [
        (POLICIES, policy, |table| table.has_policies),
        (RULES, rule, |table| table.has_rules),
        (VIEWS, property, |table| matches!(table.table.kind, TableKind::View | TableKind::MaterializedView)),
    ];
    for (query, read_object, is_meant) in printed {
        for some in tables.oids(is_meant).chunks(AT_A_TIME) {
            tables.add(some, query, read_object);
        }
    }
    let mut tables = tables.all;
    tables.iter_mut().for_each(CatalogTable::set_positions);
    // Leaves out tables that were dropped since the statement began.
    tables.retain(|table| table.table.undescribed.is_none() || names::relation_kind(table.oid).is_some());
    Ok(tables)
}

/// Returns an object that belongs to a table, and the OIDs of its catalog and of itself.
type ReadObject = fn(&SpiHeapTupleData<'_>) -> Result<(TableObject, u32, Oid), Error>;

/// Whether a table has objects of some kind.
type IsMeant = fn(&CatalogTable) -> bool;

/// The tables that are being read.
struct Tables<'a> {
    all: Vec<CatalogTable>,
    positions: HashMap<Oid, usize>,
    notes: &'a mut Notes,
}

impl<'a> Tables<'a> {
    fn new(all: Vec<CatalogTable>, notes: &'a mut Notes) -> Self {
        let positions = all.iter().enumerate().map(|(position, table)| (table.oid, position)).collect();
        Tables { all, positions, notes }
    }

    /// Returns the tables that are known so far.
    fn oids(&self, is_meant: impl Fn(&CatalogTable) -> bool) -> Vec<Oid> {
        let known = self.all.iter().filter(|table| table.table.undescribed.is_none() && is_meant(table));
        known.map(|table| table.oid).collect()
    }

    /// Attaches what belongs to the tables themselves and to their columns.
    fn attach_own(&mut self) {
        for table in &mut self.all {
            if let Some(note) = self.notes.take(1259, table.oid) {
                table.attach("", note);
            }
        }
    }

    fn add(&mut self, oids: &[Oid], query: &str, read_object: ReadObject) {
        memory::step();
        let look = || {
            read(query, &[oids.to_vec().into(), CONFIDENTIAL.into()], |row| {
                Ok((required::<Oid>(row, 1)?, text(row, 2)?, read_object(row)?))
            })
        };
        let objects = if oids.len() == 1 {
            lock_budget::with_lock_timeout(look)
        } else {
            settings::with_least_lock_timeout(look)
        };
        match (objects, oids) {
            (Ok(objects), _) => {
                for (oid, name, (object, class, object_oid)) in objects {
                    if let Some(position) = self.positions.get(&oid) {
                        let note = self.notes.take(class, object_oid);
                        if let TableObject::Constraint(_, _, Some(index)) = &object
                            && let Some(note) = self.notes.take(1259, *index)
                        {
                            self.all[*position].attach(&format!("index {name}"), note);
                        }
                        self.all[*position].add(name, object, note);
                    }
                }
            }
            (Err(error), [oid]) => {
                lock_budget::note(&error);
                if let Some(position) = self.positions.get(oid) {
                    self.all[*position].table.undescribed = Some(wording::error(&error));
                    self.all[*position].obstacle = Some(Obstacle::from(&error));
                }
            }
            (Err(_), _) => {
                let (first, second) = oids.split_at(oids.len() / 2);
                self.add(first, query, read_object);
                self.add(second, query, read_object);
            }
        }
    }
}

/// Returns a text with a hash of what belongs to it and may be confidential.
fn with_fingerprint(text: String, content: Option<String>) -> String {
    match content {
        Some(content) => format!("{text} {}", fingerprint(&content)),
        None => text,
    }
}

impl CatalogTable {
    fn attach(&mut self, part: &str, mut note: Note) {
        note.attach(part, &mut self.table.attributes);
        self.uses.extend(note.uses.into_iter().map(|used| (part.to_owned(), used)));
    }

    fn add(&mut self, name: String, object: TableObject, note: Option<Note>) {
        if let Some(note) = note {
            self.attach(&format!("{} {name}", object.part()), note);
        }
        match object {
            TableObject::Column { number, column, options, content } => {
                self.set("column", &name, with_fingerprint(options, content));
                self.numbers.insert(name.clone(), number);
                self.table.columns.insert(name, column);
            }
            TableObject::Constraint(constraint, options, _) => {
                self.set("constraint", &name, options);
                self.table.constraints.insert(name, constraint);
            }
            TableObject::Index(index, options) => {
                self.set("index", &name, options);
                self.table.indexes.insert(name, index);
            }
            TableObject::Trigger(trigger) => drop(self.table.triggers.insert(name, trigger)),
            TableObject::Policy(policy) => drop(self.table.policies.insert(name, policy)),
            TableObject::Rule(rule) => drop(self.table.rules.insert(name, rule)),
            TableObject::Property { value, content } => {
                self.table.properties.insert(name, with_fingerprint(value, content));
            }
            TableObject::Gone => {}
        }
    }

    /// Numbers the columns without gaps, since a dump and restore closes those of dropped ones.
    fn set_positions(&mut self) {
        if matches!(self.table.kind, TableKind::View | TableKind::MaterializedView) {
            return;
        }
        let mut names: Vec<(&String, &i16)> = self.numbers.iter().collect();
        names.sort_by_key(|(_, number)| **number);
        for (position, (name, _)) in (1..).zip(names) {
            if let Some(column) = self.table.columns.get_mut(name) {
                column.position = Some(position);
            }
        }
    }

    /// Sets a property of a part, unless it is empty.
    fn set(&mut self, what: &str, name: &str, value: String) {
        if !value.is_empty() {
            self.table.properties.insert(format!("{what} {name}"), value);
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
        policies: SortedMap::default(),
        rules: SortedMap::default(),
        properties: SortedMap::default(),
        attributes: None,
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
        has_policies: required(row, 20)?,
        has_rules: required(row, 21)?,
        uses: Vec::new(),
        obstacle: None,
    })
}
