//! Random statements that read and write rows.

use crate::oracle_values::{Draw, constant};
use crate::oracle_writer::Writer;

pub fn insert(writer: &mut Writer) -> String {
    let table = writer.table();
    let mut columns = writer.columns(&table);
    if columns.is_empty() {
        columns.push(("id".to_owned(), "int".to_owned()));
    }
    let is_full = writer.random.percent(60);
    if !is_full {
        writer.random.shuffle(&mut columns);
        columns.truncate(writer.random.usize(1..=columns.len()));
    }
    let fresh = [format!("{}", 50 + writer.number), format!("{}", 90 + writer.number)];
    let values: Vec<&str> = columns
        .iter()
        .map(|(name, data_type)| match name.as_str() {
            "id" => writer.one(&["1", "2", "3", &fresh[0], &fresh[0], &fresh[1]]),
            _ if is_full && writer.random.percent(10) => "NULL",
            _ => constant(writer.random, data_type),
        })
        .collect();
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let list = if is_full && writer.random.bool() { String::new() } else { format!(" ({})", names.join(", ")) };
    let conflict = match writer.random.u8(..30) {
        0 | 1 => " ON CONFLICT DO NOTHING".to_owned(),
        2 => format!(" ON CONFLICT ({}) DO NOTHING", names[0]),
        3 => format!(" ON CONFLICT (id) DO UPDATE SET {0} = excluded.{0}", names[0]),
        4 => " RETURNING *".to_owned(),
        _ => String::new(),
    };
    format!("INSERT INTO {table}{list} VALUES ({}){conflict}", values.join(", "))
}

pub fn insert_from_query(writer: &mut Writer) -> String {
    let (table, source) = (writer.table(), writer.table());
    let (target, read) = (writer.column(&table), writer.column(&source));
    match writer.random.u8(..3) {
        0 => format!("INSERT INTO {table} ({target}) SELECT {read} FROM {source}"),
        1 => format!("WITH q AS (SELECT {read} AS x FROM {source}) INSERT INTO {table} ({target}) SELECT x FROM q"),
        _ => format!(
            "MERGE INTO {table} a USING {source} b ON a.id = b.id WHEN MATCHED THEN UPDATE SET {target} = b.{read}"
        ),
    }
}

pub fn update(writer: &mut Writer) -> String {
    let table = writer.table();
    let (column, other) = (writer.column(&table), writer.column(&table));
    let data_type = writer.type_of(&table, &column);
    let value = match writer.random.u8(..8) {
        0 | 1 => constant(writer.random, &data_type).to_owned(),
        2 => "NULL".to_owned(),
        3 => other.clone(),
        4 => format!("upper({column})"),
        5 => format!("{column} + 1"),
        6 => "'x'".to_owned(),
        _ => "DEFAULT".to_owned(),
    };
    let condition = match writer.random.u8(..6) {
        0 => String::new(),
        1 | 2 => " WHERE id = 1".to_owned(),
        3 => " WHERE id > 100".to_owned(),
        4 => format!(" WHERE {other} = 1"),
        _ => format!(" WHERE {column} IS NULL"),
    };
    format!("UPDATE {table} SET {column} = {value}{condition}")
}

pub fn update_from(writer: &mut Writer) -> String {
    let (table, source) = (writer.table(), writer.table());
    let (target, read) = (writer.column(&table), writer.column(&source));
    match writer.random.u8(..3) {
        0 => format!("UPDATE {table} a SET {target} = b.{read} FROM {source} b WHERE a.id = b.id"),
        1 => format!("DELETE FROM {table} a USING {source} b WHERE a.id = b.{read}"),
        _ => format!("UPDATE {table} SET {target} = (SELECT max({read}) FROM {source})"),
    }
}

pub fn delete(writer: &mut Writer) -> String {
    let table = writer.table();
    let condition = match writer.random.u8(..5) {
        0 => String::new(),
        1 => " WHERE id > 2".to_owned(),
        2 => " WHERE id > 100".to_owned(),
        3 => format!(" WHERE {} IS NULL", writer.column(&table)),
        _ => format!(" WHERE {} = 'a'", writer.column(&table)),
    };
    format!("DELETE FROM {table}{condition}")
}

pub fn select(writer: &mut Writer) -> String {
    let table = writer.table();
    let (column, other) = (writer.column(&table), writer.column(&table));
    match writer.random.u8(..4) {
        0 => format!("SELECT count(*) FROM {table} GROUP BY {column} ORDER BY {other}"),
        1 => format!("SELECT a.{column} FROM {table} a JOIN {table} b USING (id)"),
        _ => format!("SELECT {column}, id FROM {table} WHERE {other} IS NOT NULL"),
    }
}

pub fn truncate(writer: &mut Writer) -> String {
    let table = writer.table();
    let restart = writer.maybe(10, " RESTART IDENTITY");
    let cascade = writer.maybe(30, " CASCADE");
    format!("TRUNCATE {table}{restart}{cascade}")
}
