//! Names and rows in any encoding, a hostile search_path, and temporary tables with the same names.

use crate::difference::{check_equal, compare, parse, snapshot};
use anyhow::{Result, anyhow};
use cluster::{Server, explain, report};

/// Creates a database with names and rows in the encoding. SQL_ASCII stores the client's bytes.
fn create(server: &Server, encoding: &str) -> Result<String> {
    let database = format!("in_{}", encoding.to_lowercase());
    let statement = format!("CREATE DATABASE {database} ENCODING '{encoding}' TEMPLATE template0");
    server.connect("postgres")?.batch_execute(&statement)?;
    let name = if encoding == "EUC_JP" { "表" } else { "é" };
    server.connect(&database)?.batch_execute(&format!(
        "CREATE EXTENSION pg_flightcheck; CREATE SCHEMA \"{name}\"; SET search_path = \"{name}\";
         CREATE TYPE \"e{name}\" AS ENUM ('{name}');
         CREATE TABLE \"t{name}\" (\"{name}\" serial CONSTRAINT \"k{name}\" PRIMARY KEY, note text DEFAULT '{name}' CHECK (note <> '{name}x'), e \"e{name}\");
         INSERT INTO \"t{name}\" (note, e) SELECT '{name}' || i, '{name}' FROM generate_series(1, 100) i;
         CREATE INDEX \"i{name}\" ON \"t{name}\" (note) WHERE note > '{name}';
         CREATE VIEW \"v{name}\" AS SELECT '{name}'::text AS \"{name}\""
    ))?;
    Ok(database)
}

#[test]
fn snapshot_in_any_encoding() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    let mut utf8 = server.database("utf8")?;
    let mut snapshots = Vec::new();
    for encoding in ["UTF8", "LATIN1", "SQL_ASCII", "EUC_JP"] {
        let database = create(&server, encoding)?;
        let mut client = server.connect(&database)?;
        // jsonb is in the database encoding, and not converted within the server.
        let differences: i64 = client
            .query_one("SELECT count(*) FROM db_compare(db_snapshot(checksum => true))", &[])
            .map_err(|error| anyhow!("{encoding}: {}", explain(&error)))?
            .get(0);
        assert_eq!(differences, 0, "{encoding}");
        let source = snapshot(&mut client, "checksum => true")?;
        check_equal(&compare(&mut client, &source, None)?, true)?;
        assert_eq!(parse(&source)?["contents"]["tables"], 2, "{encoding}: {source}");
        snapshots.push((encoding, source));
    }
    // The same names and rows in another encoding are equal.
    for (encoding, source) in &snapshots[1..3] {
        let found = compare(&mut utf8, &snapshots[0].1, Some(source))?;
        let others: Vec<_> = found.iter().filter(|row| row.severity != "info" && row.kind != "identity").collect();
        assert!(others.is_empty(), "{encoding}: {others:#?}");
        report!(
            "UTF8 and {encoding}: {:?}",
            found.iter().map(|row| (&row.kind, &row.source, &row.target)).collect::<Vec<_>>()
        );
    }
    Ok(())
}

/// Functions and operators ahead in the search_path, and temporary tables, do not change the
/// result.
#[test]
fn snapshot_with_hostile_search_path_is_the_same() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    let mut client = server.database("paths")?;
    client.batch_execute(
        "CREATE SCHEMA s; CREATE TABLE s.t (id serial PRIMARY KEY, note text DEFAULT upper('x') CHECK (lower(note) <> 'y'));
         INSERT INTO s.t (note) SELECT 'note' FROM generate_series(1, 10); CREATE INDEX ON s.t (lower(note));
         CREATE TABLE public.t (id int); CREATE VIEW s.v AS SELECT id FROM s.t",
    )?;
    let source = snapshot(&mut client, "checksum => true")?;
    client.batch_execute(
        "CREATE SCHEMA evil; CREATE FUNCTION evil.lower(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''evil''';
         CREATE FUNCTION evil.upper(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''evil'''",
    )?;
    let source_with_evil = snapshot(&mut client, "checksum => true")?;
    for path in ["''", "s", "evil, s, pg_catalog", "pg_temp, s, public", "nowhere"] {
        client.batch_execute(&format!(
            "DROP TABLE IF EXISTS pg_temp.t, pg_temp.pg_class; CREATE TEMP TABLE t (wrong text); CREATE TEMP TABLE pg_class (wrong text);
             INSERT INTO pg_temp.t VALUES ('x'); SET search_path = {path}"
        ))?;
        check_equal(&compare(&mut client, &source_with_evil, None)?, true)?;
        let taken = snapshot(&mut client, "")?;
        assert!(!taken.contains("wrong") && !taken.contains("pg_temp"), "{taken}");
    }
    let found = compare(&mut client, &source, Some(&source_with_evil))?;
    let seen: Vec<_> = found.iter().map(|difference| difference.summary()).collect();
    assert_eq!(seen, [("info", "schema_extra", "evil")]);
    Ok(())
}
