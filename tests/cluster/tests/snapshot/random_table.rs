//! Random tables, and several ways to create the same one.

use cluster::{identifier, literal};
use fastrand::Rng;

/// A type, and an expression that turns the number `n` into one of its values.
const TYPES: [(&str, &str); 22] = [
    ("int", "n"),
    ("smallint", "n % 100"),
    ("bigint", "n * 1000000007::bigint"),
    ("boolean", "n % 2 = 0"),
    ("real", "n / 3.0"),
    ("float8", "n / 7.0"),
    ("numeric", "n / 7.0"),
    ("numeric(12, 3)", "n / 9.0"),
    ("text", "repeat(md5(n::text), n % 5)"),
    // Large enough for TOAST; one compresses well, the other hardly.
    ("text", "repeat('value ' || n, 2000)"),
    ("text", "(SELECT string_agg(md5(n || ' ' || i), '') FROM generate_series(1, 150) i)"),
    ("varchar(40)", "'value ' || n"),
    ("char(10)", "'c' || n"),
    ("bytea", "decode(md5(n::text), 'hex')"),
    ("date", "date '2000-01-01' + n"),
    ("timestamptz", "timestamptz '2026-01-01 00:00+00' + n * interval '1 minute'"),
    ("interval", "n * interval '1 day 1 second'"),
    ("uuid", "md5(n::text)::uuid"),
    ("jsonb", "jsonb_build_object('a', n, 'b', '[1, null]'::jsonb)"),
    ("int[]", "ARRAY[n, NULL, 3]"),
    ("inet", "'10.0.0.0'::inet + n"),
    ("int4range", "int4range(n, n + 5)"),
];

const NAMES: [&str; 10] = ["a", "B", "c d", "é", "\"", "order", "a.b", "_", "Z", "10"];

pub struct Column {
    name: &'static str,
    type_and_value: (&'static str, &'static str),
    /// One of this many values is null.
    null_every: i64,
}

pub struct Table {
    pub name: &'static str,
    columns: Vec<Column>,
    /// One number for each row, from which its values derive. Numbers may repeat.
    rows: Vec<i64>,
    has_key: bool,
}

pub fn random_tables(random: &mut Rng) -> Vec<Table> {
    let mut names = NAMES;
    random.shuffle(&mut names);
    let count = random.usize(1..=4);
    names.into_iter().take(count).map(|name| random_table(random, name)).collect()
}

fn random_table(random: &mut Rng, name: &'static str) -> Table {
    let mut names = NAMES;
    random.shuffle(&mut names);
    let count = random.usize(1..=NAMES.len());
    let columns = names.into_iter().take(count).map(|name| Column {
        name,
        type_and_value: TYPES[random.usize(..TYPES.len())],
        null_every: random.i64(2..9),
    });
    let columns = columns.collect();
    let has_key = random.bool();
    let count = random.i64(0..120);
    let rows = (0..count).map(|row| if has_key { row } else { random.i64(0..count) }).collect();
    Table { name, columns, rows, has_key }
}

impl Table {
    pub fn qualified(&self) -> String {
        format!("s.{}", identifier(self.name))
    }

    pub fn has_rows(&self) -> bool {
        !self.rows.is_empty()
    }

    fn list(columns: &[&Column]) -> String {
        columns.iter().map(|column| identifier(column.name)).collect::<Vec<_>>().join(", ")
    }

    /// Returns statements that create the table in one of several ways, to be run one by one.
    pub fn create_statements(&self, random: &mut Rng) -> Vec<String> {
        let table = self.qualified();
        let mut columns: Vec<&Column> = self.columns.iter().collect();
        random.shuffle(&mut columns);
        let mut statements = self.create_columns(random, &columns);
        let mut rows = self.rows.clone();
        random.shuffle(&mut rows);
        // Rows that are rolled back.
        let with_rollback = random.bool();
        while !rows.is_empty() {
            let batch: Vec<String> = rows.drain(..random.usize(1..=rows.len())).map(|row| row.to_string()).collect();
            statements.push(self.insert(&columns, &batch.join(", ")));
            if with_rollback && !self.has_key {
                statements.push(format!("BEGIN; {}; ROLLBACK", self.insert(&columns, "1, 2, 3")));
            }
        }
        statements.extend(self.rewrites(random, &columns));
        if self.has_key {
            statements.push(format!(
                "ALTER TABLE {table} ADD CONSTRAINT {} PRIMARY KEY (key)",
                identifier(&format!("key {}", self.name))
            ));
        }
        statements
    }

    /// Returns statements that create the columns in this order. Some are added later, another one
    /// is dropped; storage varies.
    fn create_columns(&self, random: &mut Rng, columns: &[&Column]) -> Vec<String> {
        let table = self.qualified();
        let defined: Vec<String> = columns
            .iter()
            .map(|column| format!("{} {}", identifier(column.name), column.type_and_value.0))
            .chain(self.has_key.then(|| "key int NOT NULL".to_owned()))
            .collect();
        let at_first = random.usize(..=defined.len());
        let mut first: Vec<String> = defined[..at_first].to_vec();
        let dropped = random.bool();
        if dropped {
            first.insert(random.usize(..=first.len()), "dropped text DEFAULT 'x'".to_owned());
        }
        let mut statements = vec![format!("CREATE TABLE {table} ({})", first.join(", "))];
        statements.extend(defined[at_first..].iter().map(|column| format!("ALTER TABLE {table} ADD {column}")));
        if dropped {
            statements.push(format!("ALTER TABLE {table} DROP dropped"));
        }
        for column in columns.iter().filter(|column| ["text", "bytea", "jsonb"].contains(&column.type_and_value.0)) {
            let storage = ["PLAIN", "MAIN", "EXTERNAL", "EXTENDED"][random.usize(1..4)];
            statements.push(format!("ALTER TABLE {table} ALTER {} SET STORAGE {storage}", identifier(column.name)));
        }
        statements
    }

    fn insert(&self, columns: &[&Column], numbers: &str) -> String {
        let values = columns.iter().map(|column| {
            let (data_type, value) = column.type_and_value;
            format!("CASE WHEN n % {} > 0 THEN ({value})::{data_type} END", column.null_every)
        });
        let values: Vec<String> = values.chain(self.has_key.then(|| "n".to_owned())).collect();
        let key = if self.has_key { ", key" } else { "" };
        format!(
            "INSERT INTO {} ({}{key}) SELECT {} FROM unnest('{{{numbers}}}'::int[]) n",
            self.qualified(),
            Self::list(columns),
            values.join(", ")
        )
    }

    /// Returns statements that change how rows are stored, but not their values.
    fn rewrites(&self, random: &mut Rng, columns: &[&Column]) -> Vec<String> {
        let (table, column) = (self.qualified(), identifier(columns[0].name));
        let mut statements = Vec::new();
        for _ in 0..random.usize(..4) {
            statements.push(match random.u8(..5) {
                0 => format!("UPDATE {table} SET {column} = {column}"),
                1 => format!("VACUUM FULL {table}"),
                2 => format!("VACUUM FREEZE {table}"),
                3 => format!("CREATE INDEX passing ON {table} (({column} IS NULL)); CLUSTER {table} USING passing; DROP INDEX s.passing"),
                _ => format!(
                    "CREATE TEMP TABLE aside AS SELECT * FROM {table} ORDER BY random(); TRUNCATE {table}; INSERT INTO {table} SELECT * FROM aside; DROP TABLE aside"
                ),
            });
        }
        statements
    }

    /// Returns a statement that changes one value of one row.
    pub fn damage(&self, random: &mut Rng) -> String {
        let table = self.qualified();
        let column = &self.columns[random.usize(..self.columns.len())];
        let (name, other) = (identifier(column.name), literal(other_value(column.type_and_value.0)));
        format!(
            "UPDATE {table} SET {name} = CASE WHEN {name} IS NULL THEN {other}::{data_type} END
             WHERE ctid = (SELECT ctid FROM {table} ORDER BY random() LIMIT 1)",
            data_type = column.type_and_value.0
        )
    }
}

fn other_value(data_type: &str) -> &'static str {
    match data_type {
        "boolean" => "f",
        "date" | "timestamptz" => "1999-01-01",
        "interval" => "0",
        "uuid" => "00000000-0000-0000-0000-000000000000",
        "jsonb" | "int[]" => "{}",
        "inet" => "0.0.0.0",
        "int4range" => "empty",
        "text" | "bytea" | "varchar(40)" | "char(10)" => "",
        _ => "0",
    }
}
