//! The two sides of a key: their tables, columns and partitions.

use crate::case::{Column, Draw};
use crate::rows::{self, Pool};
use crate::tables::{Cut, Table};
use cluster::identifier;

/// The tables of a case, without the parent's key.
pub struct Sides {
    pub sql: String,
    pub child: String,
    pub parent: String,
    pub writable: String,
    pub child_is_partitioned: bool,
    child_heir: Option<String>,
    parent_heir: Option<String>,
    /// The partitioned table of which the child is a partition.
    root: Option<String>,
    /// The partitioned table of which the parent is a partition.
    parent_root: Option<String>,
    itself: bool,
}

impl Sides {
    /// The rows of all tables, as SQL.
    pub fn rows(&self, d: &mut Draw, columns: &[Column], null_keys: bool) -> String {
        let pool = Pool::draw(d, columns);
        let mut sql = String::new();
        if self.itself {
            sql += &rows::both(d, &self.child, columns, &pool, 0);
            if let Some(heir) = &self.child_heir {
                sql += &rows::both(d, heir, columns, &pool, 1000);
            }
            return sql;
        }
        let part = if self.parent_root.is_some() { "own" } else { "b" };
        sql += &rows::parents(d, &self.parent, columns, &pool, null_keys, part);
        for elsewhere in self.parent_heir.iter().chain(&self.parent_root) {
            let pool = Pool::draw(d, columns);
            sql += &rows::parents(d, elsewhere, columns, &pool, false, "b");
        }
        let parts: &[&str] = if self.root.is_some() { &["own"] } else { &["a", "b", "c"] };
        sql += &rows::children(d, &self.child, columns, &pool, parts, 0);
        for elsewhere in self.child_heir.iter().chain(&self.root) {
            sql += &rows::children(d, elsewhere, columns, &pool, &["a", "b"], 1000);
        }
        sql
    }
}

fn child_definitions(columns: &[Column]) -> Vec<String> {
    let mut definitions = vec!["row_no int".to_owned()];
    for (number, column) in columns.iter().enumerate() {
        let data_type = format!("{} {}", column.kind.child, column.kind.child_collation);
        let null = if column.nullable { "" } else { " NOT NULL" };
        let name = identifier(&column.child);
        if column.generated {
            definitions.push(format!("source_{number} {data_type}"));
            definitions.push(format!("{name} {data_type}{null} GENERATED ALWAYS AS (source_{number}) STORED"));
        } else {
            definitions.push(format!("{name} {data_type}{null}"));
        }
    }
    definitions
}

fn parent_definitions(d: &mut Draw, columns: &[Column]) -> Vec<String> {
    let mut definitions = Vec::new();
    for (number, column) in columns.iter().enumerate() {
        let data_type = format!("{} {}", column.kind.parent, column.kind.parent_collation);
        let name = identifier(&column.parent);
        if column.parent_generated {
            definitions.push(format!("parent_source_{number} {data_type}"));
            definitions.push(format!("{name} {data_type} GENERATED ALWAYS AS (parent_source_{number}) STORED"));
        } else if column.kind.parent == "int4" && d.one_in(12, "identity parent") {
            definitions.push(format!("{name} int4 GENERATED ALWAYS AS IDENTITY"));
        } else {
            definitions.push(format!("{name} {data_type}"));
        }
    }
    definitions
}

/// The child's columns that can be written.
fn writable(columns: &[Column], itself: bool) -> String {
    let mut names = vec!["row_no".to_owned(), "part".to_owned()];
    for (number, column) in columns.iter().enumerate() {
        names.push(if column.generated { format!("source_{number}") } else { identifier(&column.child) });
        if itself {
            names.push(identifier(&column.parent));
        }
    }
    names.join(", ")
}

/// A way to partition by a column of the key, if there is one.
fn cut_by_key(d: &mut Draw, columns: &[Column], parent: bool) -> Option<Cut> {
    let fit = |column: &&Column| {
        let generated = if parent { column.parent_generated } else { column.generated };
        column.kind.hashes && !generated
    };
    let fit: Vec<_> = columns.iter().filter(fit).collect();
    if fit.is_empty() || parent && columns.iter().any(|column| !column.kind.opclass.is_empty()) {
        return None;
    }
    let column = d.any(&fit);
    let name = if parent { column.parent.clone() } else { column.child.clone() };
    Some(if column.kind.is_int4() && d.random.bool() { Cut::Range(name) } else { Cut::Hash(name) })
}

fn can_be_made_apart(table: &mut Table, columns: &[Column], definitions: &[String]) {
    let special = definitions.iter().any(|definition| definition.contains("GENERATED"));
    table.partitions_apart = !special && columns.iter().all(|column| !column.generated);
}

pub fn one_table(d: &mut Draw, columns: &[Column]) -> Sides {
    let mut definitions = child_definitions(columns);
    definitions.extend(parent_definitions(d, columns));
    let has_identity = definitions.iter().any(|definition| definition.contains("IDENTITY"));
    let mut table = Table::new(d, definitions.clone());
    can_be_made_apart(&mut table, columns, &definitions);
    let mut heir = None;
    let mut partitioned = false;
    match cut_by_key(d, columns, true) {
        Some(cut) if !has_identity && d.one_in(4, "partitioned, refers to itself") => {
            table.create_cut(d, &cut);
            partitioned = true;
        }
        _ => {
            table.create_whole(d);
            heir = d.one_in(6, "heir").then(|| table.heir(d));
        }
    }
    Sides {
        child: table.name.clone(),
        parent: table.name,
        sql: table.sql,
        writable: writable(columns, true),
        child_is_partitioned: partitioned,
        child_heir: heir,
        parent_heir: None,
        root: None,
        parent_root: None,
        itself: true,
    }
}

pub fn two_tables(d: &mut Draw, columns: &[Column]) -> Sides {
    let mut definitions = parent_definitions(d, columns);
    definitions.push("row_no int".to_owned());
    let has_identity = definitions.iter().any(|definition| definition.contains("IDENTITY"));
    let mut parent = Table::new(d, definitions.clone());
    can_be_made_apart(&mut parent, columns, &definitions);
    let cut = cut_by_key(d, columns, true).filter(|_| !has_identity && d.one_in(4, "partitioned parent"));
    let parent_is_partitioned = cut.is_some();
    let (mut parent_name, mut parent_root) = (parent.name.clone(), None);
    match cut {
        Some(cut) => parent.create_cut(d, &cut),
        None if !has_identity && d.one_in(12, "parent is a partition") => {
            parent.create_cut(d, &Cut::ByPart);
            let leaf = d.relation();
            parent.sql += &format!("CREATE TABLE {leaf} PARTITION OF {parent_name} FOR VALUES IN ('own');\n");
            parent_root = Some(std::mem::replace(&mut parent_name, leaf));
        }
        None => parent.create_whole(d),
    }
    let whole = !parent_is_partitioned && parent_root.is_none();
    let parent_heir = (whole && d.one_in(6, "parent's heir")).then(|| parent.heir(d));

    let definitions = child_definitions(columns);
    let mut child = Table::new(d, definitions.clone());
    can_be_made_apart(&mut child, columns, &definitions);
    let (mut child_is_partitioned, mut root, mut child_heir) = (false, None, None);
    let mut name = child.name.clone();
    if d.one_in(3, "partitioned child") {
        let cut = match d.random.u8(..3) {
            0 => Cut::ByPart,
            1 => Cut::ByRowNumber,
            _ => cut_by_key(d, columns, false).unwrap_or(Cut::ByPart),
        };
        child.create_cut(d, &cut);
        child_is_partitioned = true;
    } else if d.one_in(10, "child is a partition") {
        // The foreign key is this partition's own.
        child.create_cut(d, &Cut::ByPart);
        let leaf = d.relation();
        child.sql += &format!("CREATE TABLE {leaf} PARTITION OF {name} FOR VALUES IN ('own');\n");
        root = Some(std::mem::replace(&mut name, leaf));
    } else {
        child.create_whole(d);
        child_heir = d.one_in(6, "child's heir").then(|| child.heir(d));
    }
    Sides {
        sql: parent.sql + &child.sql,
        child: name,
        parent: parent_name,
        writable: writable(columns, false),
        child_is_partitioned,
        child_heir,
        parent_heir,
        root,
        parent_root,
        itself: false,
    }
}
