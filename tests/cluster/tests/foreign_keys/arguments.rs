//! fk_precheck over relations of every kind, and with invalid arguments.

use anyhow::{Context, Result};
use cluster::{Server, report};

/// Relations of every kind.
const ODD: &str = "
    CREATE TABLE p (id int PRIMARY KEY, other int, doubled int, UNIQUE (other) DEFERRABLE);
    INSERT INTO p VALUES (1, 1, 1), (2, 2, 1);
    CREATE TABLE c (a int, b int, t text, x xid, j json, g int GENERATED ALWAYS AS (a + 1) STORED);
    INSERT INTO c VALUES (1, 2), (2, NULL), (NULL, 7);
    CREATE VIEW v AS SELECT 1 AS id; CREATE MATERIALIZED VIEW m AS SELECT 1 AS id; CREATE UNIQUE INDEX ON m (id);
    CREATE SEQUENCE s; CREATE INDEX i ON c (a); CREATE TYPE comp AS (id int);
    CREATE FOREIGN DATA WRAPPER w; CREATE SERVER srv FOREIGN DATA WRAPPER w; CREATE FOREIGN TABLE f (id int) SERVER srv;
    CREATE TEMP TABLE tp (id int PRIMARY KEY); CREATE TEMP TABLE tc (a int); INSERT INTO tc VALUES (1);
    CREATE UNLOGGED TABLE up (id int PRIMARY KEY); CREATE UNLOGGED TABLE uc (a int);
    CREATE TABLE parted (id int, k int, PRIMARY KEY (id, k)) PARTITION BY LIST (k);
    CREATE TABLE leaf PARTITION OF parted FOR VALUES IN (1); INSERT INTO parted VALUES (1, 1);
    CREATE TABLE broken (id int); INSERT INTO broken VALUES (1), (1);
    CREATE TABLE two_uniques (x int UNIQUE, y int UNIQUE); INSERT INTO two_uniques VALUES (1, 2), (2, 1);
    CREATE TABLE has (a int REFERENCES two_uniques (x), b int); INSERT INTO has VALUES (1, 1), (2, NULL);
    CREATE TABLE bare (a int); INSERT INTO bare VALUES (1);
    CREATE TABLE two_keys (id int, k text, PRIMARY KEY (k, id)); INSERT INTO two_keys VALUES (1, 'a');
    CREATE TABLE two_refs (id int, k text); INSERT INTO two_refs VALUES (1, 'a');";

/// Children, parents and their columns. Empty parent columns mean the parent's primary key.
const TRIED: [(&str, &str, &str, &str); 43] = [
    ("c", "a", "p", "id"),
    ("c", "a", "p", ""),
    ("c", "b", "p", "id"),
    ("has", "a", "two_uniques", "y"),
    ("has", "b", "two_uniques", "x"),
    ("has", "a", "p", ""),
    ("c", "a", "bare", ""),
    ("c", "a", "bare", "a"),
    ("c", "a", "p", "other"),
    ("c", "a", "p", "doubled"),
    ("c", "t", "p", "id"),
    ("c", "x", "p", "id"),
    ("c", "j", "p", "id"),
    ("c", "g", "p", "id"),
    ("c", "a,b", "p", "id,id"),
    ("c", "a,a", "parted", "id,k"),
    ("c", "a,b", "parted", "k,id"),
    ("c", "a,b", "parted", ""),
    ("c", "a", "leaf", "id"),
    ("c", "a,b", "leaf", "id,k"),
    ("leaf", "id", "p", "id"),
    ("parted", "k", "p", "id"),
    ("c", "a", "v", "id"),
    ("v", "id", "p", "id"),
    ("c", "a", "m", "id"),
    ("m", "id", "p", "id"),
    ("c", "a", "f", "id"),
    ("f", "id", "p", "id"),
    ("s", "last_value", "p", "id"),
    ("c", "a", "s", "last_value"),
    ("i", "a", "p", "id"),
    ("comp", "id", "p", "id"),
    ("c", "a", "tp", "id"),
    ("tc", "a", "p", "id"),
    ("tc", "a", "tp", "id"),
    ("c", "a", "up", "id"),
    ("uc", "a", "p", "id"),
    ("uc", "a", "up", "id"),
    ("c", "ctid", "p", "id"),
    ("c", "a", "p", "tableoid"),
    ("p", "doubled", "p", ""),
    ("two_refs", "id,k", "two_keys", "id,k"),
    ("two_refs", "id,k", "two_keys", ""),
];

#[test]
fn precheck_unusual_relations_matches_add_constraint() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("odd")?;
    client.batch_execute(ODD)?;
    client.batch_execute(include_str!("reference_result.sql"))?;
    client
        .batch_execute("CREATE UNIQUE INDEX CONCURRENTLY broken_id ON broken (id)")
        .err()
        .context("a unique index was built on duplicate keys")?;
    let broken = ("c", "a", "broken", "id");
    let (mut verdicts, mut errors) = (0, 0);
    for (child, child_columns, parent, parent_columns) in TRIED.into_iter().chain([broken]) {
        let columns = if parent_columns.is_empty() { String::new() } else { format!("({parent_columns})") };
        let attempt = format!("ALTER TABLE {child} ADD FOREIGN KEY ({child_columns}) REFERENCES {parent} {columns}");
        let ended: Option<String> = client.query_one("SELECT truth.attempt($1)", &[&attempt])?.get(0);
        let state = ended.as_deref().map_or("", |said| &said[..5]);
        let expected = match state {
            "" => "ok",
            "23503" => "violated",
            _ => "impossible",
        };
        let columns = if parent_columns.is_empty() { "NULL".to_owned() } else { format!("'{{{parent_columns}}}'") };
        let call =
            format!("SELECT status, detail FROM fk_precheck('{child}', '{{{child_columns}}}', '{parent}', {columns})");
        match client.query_one(&call, &[]) {
            Ok(row) => {
                let (verdict, detail): (String, Option<String>) = (row.get(0), row.get(1));
                assert_eq!(verdict, expected, "{call}: {detail:?}, but {attempt} ended with {ended:?}");
                assert!(detail.is_some() || verdict == "ok", "{call}: no detail");
                verdicts += 1;
            }
            Err(error) => {
                let said = error.code().map_or("", |code| code.code());
                let known = ["42703", "42830", "42809"].contains(&said);
                assert!(
                    known && expected == "impossible",
                    "{call}: {}\nbut {attempt} ended with {ended:?}",
                    cluster::explain(&error)
                );
                errors += 1;
            }
        }
    }
    report!("{verdicts} verdicts on unusual pairs match ALTER TABLE; {errors} errors where ALTER TABLE fails, too");
    Ok(())
}

#[test]
fn precheck_invalid_arguments_fail() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("errors")?;
    client.batch_execute("CREATE TABLE p (id int PRIMARY KEY, b int); CREATE TABLE c (a int, b int)")?;
    for (arguments, state) in [
        ("'c', '{nothing}', 'p'", "42703"),
        ("'c', '{a}', 'p', '{nothing}'", "42703"),
        ("'c', '{a,b}', 'p', '{id}'", "42830"),
        ("'c', '{a,b}', 'p'", "42830"),
        ("'c', '{}', 'p', '{}'", "42830"),
        ("NULL, '{a}', 'p'", "22004"),
        ("'c', NULL, 'p'", "22004"),
        ("'c', '{a}', NULL", "22004"),
        ("'c', '{NULL}', 'p'", "22004"),
        ("'c', '{a}', 'p', '{NULL}'", "22004"),
        ("4294967295::oid::regclass, '{a}', 'p'", "42P01"),
        ("'c', '{a}', 4294967295::oid::regclass", "42P01"),
    ] {
        let result = client.query(&format!("SELECT status, detail FROM fk_precheck({arguments})"), &[]);
        match result {
            Ok(rows) => {
                let said: Vec<(String, Option<String>)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
                anyhow::bail!("{arguments}: no error but {said:?}");
            }
            Err(error) => {
                assert_eq!(
                    error.code().map(|code| code.code()),
                    Some(state),
                    "{arguments}: {}",
                    cluster::explain(&error)
                );
            }
        }
    }
    Ok(())
}
