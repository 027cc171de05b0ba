//! The database's identity: what a copy, a rename or a wrong connection string looks like, and the
//! check at an application's start.

use crate::difference::{compare, parse, snapshot};
use anyhow::{Context, Result, anyhow};
use cluster::{Server, explain, identifier, report};
use postgres::Client;
use postgres::error::DbError;
use serde_json::{Value, json};

const SETUP: &str = "CREATE SCHEMA s; CREATE TABLE s.a (id int PRIMARY KEY); CREATE TABLE s.\"B.c\" (id int); CREATE VIEW s.v AS SELECT 1 AS one";

fn assert_expected(client: &mut Client, expected: &Value) -> Result<i64, postgres::Error> {
    let query = "SELECT db_assert($1::text::jsonb)";
    Ok(client.query_one(query, &[&expected.to_string()])?.get(0))
}

fn rejection(client: &mut Client, expected: &Value) -> Result<DbError> {
    let error = assert_expected(client, expected).err().with_context(|| format!("db_assert succeeded: {expected}"))?;
    error.as_db_error().cloned().context("not an error of the server")
}

#[test]
fn compare_distinguishes_databases() -> Result<()> {
    let (server, another) = (Server::start(&[])?, Server::start_distinct(&[])?);
    let mut source = server.database("app")?;
    source.batch_execute(SETUP)?;
    let here = snapshot(&mut source, "")?;
    assert!(compare(&mut source, &here, None)?.is_empty());
    drop(source);
    server.connect("postgres")?.batch_execute("CREATE DATABASE copy TEMPLATE app")?;
    let mut there = another.database("app")?;
    there.batch_execute(SETUP)?;
    for (what, mut client, mention) in
        [("copy", server.connect("copy")?, "same cluster"), ("another cluster", there, "cluster")]
    {
        let found = compare(&mut client, &here, None)?;
        assert_eq!(found.len(), 1, "{what}: {found:#?}");
        assert_eq!((found[0].severity.as_str(), found[0].kind.as_str()), ("warning", "identity"), "{found:#?}");
        assert!(found[0].detail().contains(mention), "{found:#?}");
        assert_ne!(found[0].source, found[0].target);
        report!("{what}: {:?}, {:?}: {}", found[0].source, found[0].target, found[0].detail());
    }
    // A new name of the same database is reported, but is not a warning.
    server.connect("postgres")?.batch_execute("ALTER DATABASE app RENAME TO \"Application\"")?;
    let found = compare(&mut server.connect("Application")?, &here, None)?;
    let seen: Vec<_> = found.iter().map(|row| (row.severity.as_str(), row.kind.as_str())).collect();
    assert_eq!(seen, [("info", "identity")], "{found:#?}");
    Ok(())
}

#[test]
fn assert_checks_identity() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("app")?;
    client.batch_execute(SETUP)?;
    let taken = parse(&snapshot(&mut client, "exact => false")?)?;
    let tables = assert_expected(&mut client, &taken).map_err(|error| anyhow!(explain(&error)))?;
    assert_eq!(tables, 3);
    let identity = taken["identity"].clone();
    for part in ["system_identifier", "database", "database_oid"] {
        let expected = json!({ "identity": { part: identity[part] } });
        assert_eq!(assert_expected(&mut client, &expected)?, 0, "{part}");
    }
    for (part, wrong) in [("system_identifier", json!("1")), ("database", json!("other")), ("database_oid", json!(1))] {
        let mut expected = taken.clone();
        expected["identity"][part] = wrong;
        let error = rejection(&mut client, &expected)?;
        assert_eq!(error.code().code(), "55000", "{error:?}");
        assert!(error.detail().is_some() && error.hint().is_some(), "{error:?}");
    }
    for (expected, mention) in [
        (json!({}), "does not identify a database"),
        (json!([]), "expected"),
        (json!({ "identity": {} }), "does not identify a database"),
        (json!({ "identity": { "database": 7 } }), "identity.database"),
        (json!({ "identity": identity, "schemas": { "s": 1 } }), "schemas.s"),
        (json!({ "identity": identity, "schemas": { "s": { "tables": [] } } }), "tables"),
    ] {
        let error = rejection(&mut client, &expected)?;
        assert_eq!(error.code().code(), "22023", "{error:?}");
        assert!(error.message().contains(mention), "{mention}: {error:?}");
    }
    let null = client.query("SELECT db_assert(NULL)", &[]).err().context("NULL was accepted")?;
    assert_eq!(null.code().map(|code| code.code()), Some("22004"));
    Ok(())
}

/// Also for a role without privileges, and while a table is locked.
#[test]
fn assert_reports_missing_table() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("app")?;
    client.batch_execute(SETUP)?;
    client.batch_execute("CREATE ROLE unprivileged LOGIN; SET client_min_messages = warning")?;
    let taken = parse(&snapshot(&mut client, "")?)?;
    let mut other = server.connect("app")?;
    other.batch_execute("BEGIN; LOCK TABLE s.a")?;
    let mut unprivileged = server.connect_as("unprivileged", "app")?;
    unprivileged
        .batch_execute("SET statement_timeout = '5s'; SET default_transaction_read_only = on; SET search_path = ''")?;
    let query = "SELECT public.db_assert($1::text::jsonb)";
    assert_eq!(unprivileged.query_one(query, &[&taken.to_string()])?.get::<_, i64>(0), 3);
    drop(other);
    for table in ["B.c", "a"] {
        client.batch_execute(&format!("DROP TABLE s.{}", identifier(table)))?;
        let error = rejection(&mut client, &taken)?;
        assert_eq!(error.code().code(), "55000", "{error:?}");
        assert!(
            error
                .detail()
                .is_some_and(|detail| detail.contains(&format!("s.{}", if table == "a" { "a" } else { "\"B.c\"" }))),
            "{error:?}"
        );
        report!("{}: {}", error.message(), error.detail().unwrap_or_default());
    }
    Ok(())
}
