//! Rows: keys are drawn from a few values, so that some have a parent and some do not.

use crate::case::{Column, Draw};
use cluster::{identifier, literal};

/// A key's values as SQL, one for each column.
type Key = Vec<String>;

/// The values that children and parents are drawn from.
pub struct Pool {
    parents: Vec<Key>,
    /// One in this many of the child's values is NULL; 0 for none.
    nulls: u32,
}

impl Pool {
    pub fn draw(draw: &mut Draw, columns: &[Column]) -> Self {
        let parents = draw.random.usize(..10);
        let parents = (0..parents).map(|_| columns.iter().map(|column| value(draw, column)).collect()).collect();
        Self { parents, nulls: [0, 6, 3][draw.random.usize(..3)] }
    }

    /// A child's key: half of the time one that a parent may have.
    fn child(&self, draw: &mut Draw, columns: &[Column]) -> Key {
        let copied = !self.parents.is_empty() && draw.random.bool();
        let mut key = match copied {
            true => self.parents[draw.random.usize(..self.parents.len())].clone(),
            false => columns.iter().map(|column| value(draw, column)).collect(),
        };
        for (value, column) in key.iter_mut().zip(columns) {
            let only = column.kind.only_child;
            if column.nullable && self.nulls > 0 && draw.random.u32(..self.nulls) == 0 {
                *value = "NULL".to_owned();
            } else if !only.is_empty() && draw.random.u32(..6) == 0 {
                *value = literal(draw.any(only));
            }
        }
        key
    }
}

fn value(draw: &mut Draw, column: &Column) -> String {
    literal(draw.any(column.kind.values))
}

/// INSERTs of the parents, each with a number. Keys that exist already are skipped.
pub fn parents(draw: &mut Draw, table: &str, columns: &[Column], pool: &Pool, null_keys: bool, part: &str) -> String {
    let mut sql = String::new();
    for (number, key) in pool.parents.iter().enumerate() {
        let mut key = key.clone();
        if null_keys && draw.random.u32(..5) == 0 {
            key[0] = "NULL".to_owned();
        }
        sql += &insert(table, &written(columns, Side::Parent), &key, number, part);
    }
    sql
}

/// INSERTs of the children. `parts` are the possible values of the column `part`.
pub fn children(draw: &mut Draw, table: &str, columns: &[Column], pool: &Pool, parts: &[&str], first: usize) -> String {
    let mut sql = String::new();
    for number in 0..draw.random.usize(..24) {
        let key = pool.child(draw, columns);
        let part = draw.any(parts);
        sql += &insert(table, &written(columns, Side::Child), &key, first + number, part);
    }
    sql
}

/// INSERTs of rows that are children and parents at once.
pub fn both(draw: &mut Draw, table: &str, columns: &[Column], pool: &Pool, first: usize) -> String {
    let mut sql = String::new();
    let names = [written(columns, Side::Child), written(columns, Side::Parent)].concat();
    for number in 0..draw.random.usize(..24) {
        let own: Key = columns.iter().map(|column| value(draw, column)).collect();
        let key = [pool.child(draw, columns), own].concat();
        sql += &insert(table, &names, &key, first + number, "b");
    }
    sql
}

#[derive(Clone, Copy)]
enum Side {
    Child,
    Parent,
}

/// The columns that a key's values are written to: for a generated column, its source column.
fn written(columns: &[Column], side: Side) -> Vec<String> {
    let name = |(number, column): (usize, &Column)| match side {
        Side::Child if column.generated => format!("source_{number}"),
        Side::Child => identifier(&column.child),
        Side::Parent if column.parent_generated => format!("parent_source_{number}"),
        Side::Parent => identifier(&column.parent),
    };
    columns.iter().enumerate().map(name).collect()
}

fn insert(table: &str, columns: &[String], key: &[String], number: usize, part: &str) -> String {
    format!(
        "INSERT INTO {table} ({}, row_no, part) OVERRIDING SYSTEM VALUE VALUES ({}, {number}, '{part}') ON CONFLICT DO NOTHING;\n",
        columns.join(", "),
        key.join(", ")
    )
}
