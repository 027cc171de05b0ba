//! Concurrent DDL: sessions that create and drop objects while a test reads the same database.

use crate::{Load, Server};
use anyhow::Result;

/// The SQLSTATEs that statements of such sessions may get, as they work on the same names.
pub const CLASHES: [&str; 17] = [
    "0A000", "42P01", "42P07", "42710", "40P01", "3F000", "42P06", "23505", "42P17", "55000", "42704", "2BP01",
    "XX000", "55006", "42703", "42701", "42804",
];

/// Adds sessions to `load` that create and drop tables, partitions, schemas and roles. Requires a
/// table `parted (id bigserial PRIMARY KEY, note text)`, partitioned by ranges of `id`.
pub fn churn(load: &mut Load, server: &Server, database: &str) -> Result<()> {
    load.add(server, database, "tables", 2, |client, random| {
        let table = format!("comes_{}", random.u8(..20));
        client.batch_execute(&format!(
            "DROP TABLE IF EXISTS {table} CASCADE; CREATE TABLE {table} (id serial PRIMARY KEY, a int, b text);
             ALTER TABLE {table} ADD CHECK (a > 0) NOT VALID; INSERT INTO {table} SELECT i FROM generate_series(1, 1000) i;
             CREATE VIEW v_{table} AS SELECT * FROM {table}; CREATE INDEX ON {table} (b)"
        ))
    })?;
    load.add(server, database, "partitions", 1, |client, random| {
        let (leaf, from) = (format!("leaf_{}", random.u8(..5)), 1000 * random.u32(..5));
        client.batch_execute(&format!(
            "DROP TABLE IF EXISTS {leaf}; CREATE TABLE {leaf} PARTITION OF parted FOR VALUES FROM ({from}) TO ({from} + 1000);
             INSERT INTO parted SELECT generate_series({from}, {from} + 999); ALTER TABLE parted DETACH PARTITION {leaf}"
        ))
    })?;
    load.add(server, database, "schemas", 1, |client, random| {
        let schema = format!("schema_{}", random.u8(..3));
        client.batch_execute(&format!(
            "DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}; CREATE TYPE {schema}.e AS ENUM ('a'); CREATE SEQUENCE {schema}.s;
             CREATE DOMAIN {schema}.d AS {schema}.e; CREATE FUNCTION {schema}.f({schema}.e) RETURNS int LANGUAGE sql AS 'SELECT 1';
             CREATE TABLE {schema}.t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, c text COLLATE ucs_basic, d {schema}.d);
             CREATE INDEX ON {schema}.t (c)"
        ))
    })?;
    load.add(server, database, "owners", 1, |client, random| {
        let role = format!("role_{}", random.u8(..3));
        client.batch_execute(&format!(
            "CREATE ROLE {role}; CREATE TABLE of_{role} (); ALTER TABLE of_{role} OWNER TO {role};
             CREATE FUNCTION of_{role}() RETURNS int LANGUAGE sql AS 'SELECT 1'"
        ))?;
        client.batch_execute(&format!("DROP TABLE of_{role}; DROP FUNCTION of_{role}(); DROP ROLE {role}"))
    })
}

/// Stops the sessions and returns how many changes they made.
///
/// # Panics
/// If a statement failed with an SQLSTATE that is not in [`CLASHES`].
pub fn end_churn(load: Load) -> u64 {
    let tallies = load.stop();
    tallies.iter().for_each(|(kind, tally)| tally.must_be_clean(kind, &CLASHES));
    tallies.values().map(|tally| tally.done).sum()
}
