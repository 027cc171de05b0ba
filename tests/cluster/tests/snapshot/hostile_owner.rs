//! A superuser's snapshot of tables whose owner has put code into everything that planning or
//! running a query on them may evaluate: none of it gets the superuser's privileges.

use crate::difference::{compare, parse, portable_snapshot, snapshot};
use anyhow::{Result, anyhow};
use cluster::{Notices, Server, explain, install_portable, report};
use postgres::Client;

/// The traps of the tests of fk_audit. `trap` reports the role it runs as, and tries to escape.
const TRAPS: &str = include_str!("../foreign_keys/hostile_owner.sql");
const MORE_TRAPS: &str = include_str!("hostile_owner.sql");

/// Returns the messages of traps that had the superuser's privileges, and how many ran without
/// them.
fn trap_messages(notices: &Notices) -> (Vec<String>, usize) {
    let messages: Vec<String> = notices.take().iter().map(|notice| notice.message().to_owned()).collect();
    let trapped = messages.iter().filter(|message| message.starts_with("TRAPPED")).cloned().collect();
    (trapped, messages.iter().filter(|message| message.starts_with("ran without")).count())
}

fn check_not_superuser(client: &mut Client) -> Result<()> {
    let escaped = "SELECT rolsuper OR EXISTS (SELECT FROM pg_class WHERE relname = 'escaped') FROM pg_roles WHERE rolname = 'evil'";
    assert!(!client.query_one(escaped, &[])?.get::<_, bool>(0), "the owner got the superuser's privileges");
    Ok(())
}

fn create(server: &Server) -> Result<()> {
    let mut client = server.database("evil")?;
    client.batch_execute("CREATE ROLE evil LOGIN; CREATE SCHEMA evil AUTHORIZATION evil; GRANT SET ON PARAMETER session_replication_role TO evil")?;
    let mut evil = server.connect_as("evil", "evil")?;
    for script in [TRAPS, MORE_TRAPS] {
        evil.batch_execute(script).map_err(|error| anyhow!(explain(&error)))?;
    }
    Ok(())
}

/// Returns how many of the traps work in a superuser's own queries that count and hash by hand.
fn harmful_by_hand(client: &mut Client, notices: &Notices) -> Result<usize> {
    let mut harmful = 0;
    for query in [
        "SELECT count(*) FROM evil.checked WHERE id > 5",
        "SELECT count(*) FROM evil.predicated WHERE id > 5",
        "SELECT min(id), max(id) FROM evil.indexed",
        "SELECT sum(hashtextextended(t::text, 0)) FROM evil.looks t",
        "SET search_path = evil, pg_catalog; SELECT sum(id::bigint) FROM evil.shown",
    ] {
        let mut transaction = client.transaction()?;
        let _ = transaction.batch_execute(query);
        transaction.rollback()?;
        harmful += usize::from(!trap_messages(notices).0.is_empty());
    }
    client.batch_execute("SET search_path = pg_catalog")?;
    Ok(harmful)
}

#[test]
fn snapshot_runs_no_code_of_owner_with_callers_privileges() -> Result<()> {
    let server = Server::start(&["constraint_exclusion = on", "jit = off"])?;
    create(&server)?;
    let (mut client, notices) = server.connect_noting("evil")?;
    // Proves that the test can fail: a superuser's own queries run the code.
    let harmful = harmful_by_hand(&mut client, &notices)?;
    assert!(harmful >= 3, "only {harmful} of the traps work");
    let (mut calls, mut ran) = (0, 0);
    for usage in ["", "GRANT USAGE ON SCHEMA evil TO PUBLIC; GRANT SELECT ON ALL TABLES IN SCHEMA evil TO PUBLIC"] {
        client.batch_execute(usage)?;
        for path in ["evil, pg_catalog, public", "public"] {
            for arguments in ["checksum => true", "", "exact => false", "'evil', true, true"] {
                client.batch_execute(&format!("SET search_path = {path}"))?;
                let taken = snapshot(&mut client, arguments);
                let (trapped, harmless) = trap_messages(&notices);
                client.batch_execute("SET search_path = pg_catalog")?;
                assert!(trapped.is_empty(), "db_snapshot({arguments}) with search_path {path}: {trapped:?}");
                check_not_superuser(&mut client)?;
                let taken = taken?;
                let tables = &parse(&taken)?["schemas"]["evil"]["tables"];
                assert!(tables["shown"]["columns"]["couple"]["type"].is_string(), "{tables}");
                let is_read = tables["shown"]["rows"]["count"] == 2;
                assert!(
                    is_read || arguments.contains("false") || usage.is_empty() && tables["shown"]["unread"].is_string(),
                    "{}",
                    tables["shown"]
                );
                client.batch_execute(&format!("SET search_path = {path}"))?;
                compare(&mut client, &taken, None)?;
                client.batch_execute("SET search_path = pg_catalog")?;
                let (trapped, harmless_again) = trap_messages(&notices);
                assert!(trapped.is_empty(), "db_compare with search_path {path}: {trapped:?}");
                calls += 2;
                ran += harmless + harmless_again;
            }
        }
    }
    report!(
        "{calls} snapshots and comparisons of traps, {harmful} of which work in plain queries: the owner's code ran {ran} times, never with the superuser's privileges"
    );
    Ok(())
}

/// The portable edition cannot give up the caller's privileges, so it does not read such tables.
#[test]
fn portable_snapshot_runs_no_code_of_owner() -> Result<()> {
    let server = Server::start(&["constraint_exclusion = on", "jit = off"])?;
    create(&server)?;
    let (mut client, notices) = server.connect_noting("evil")?;
    install_portable(&mut client)?;
    let harmful = harmful_by_hand(&mut client, &notices)?;
    assert!(harmful >= 3, "only {harmful} of the traps work");
    client.batch_execute("CREATE TABLE evil.plain (id int PRIMARY KEY); INSERT INTO evil.plain VALUES (1); ALTER TABLE evil.plain OWNER TO evil")?;
    let mut unread = 0;
    for usage in ["", "GRANT USAGE ON SCHEMA evil TO PUBLIC; GRANT SELECT ON ALL TABLES IN SCHEMA evil TO PUBLIC"] {
        client.batch_execute(usage)?;
        for path in ["evil, pg_catalog, public", "public"] {
            for arguments in ["", "exact => false", "'evil', true"] {
                client.batch_execute(&format!("SET search_path = {path}"))?;
                let taken = portable_snapshot(&mut client, arguments);
                let messages: Vec<String> = notices.take().iter().map(|notice| notice.message().to_owned()).collect();
                client.batch_execute("SET search_path = pg_catalog")?;
                let ran = messages.iter().find(|message| !message.starts_with("could not read"));
                assert!(ran.is_none(), "db_snapshot({arguments}) with search_path {path}: {ran:?}");
                check_not_superuser(&mut client)?;
                let tables = &parse(&taken?)?["schemas"]["evil"]["tables"];
                let is_read = tables["plain"]["rows"]["count"] == 1;
                assert!(is_read || arguments.contains("false"), "{}", tables["plain"]);
                let all = tables.as_object().into_iter().flat_map(|tables| tables.values());
                let refused =
                    all.filter(|table| table["unread"].as_str().is_some_and(|why| why.contains("SET ROLE evil")));
                unread += refused.count();
            }
        }
    }
    assert!(unread > 20, "{unread}");
    report!("{harmful} traps work in plain queries; the owner's code never ran, and {unread} tables were not read");
    Ok(())
}

/// Errors that an owner's code raises concern only the owner's table.
#[test]
fn snapshot_with_errors_of_owners_code_reads_other_tables() -> Result<()> {
    let server = Server::start(&["constraint_exclusion = on"])?;
    let mut client = server.database("spite")?;
    for (state, table) in
        [("57014", "cancelled"), ("57P01", "terminated"), ("40001", "serialized"), ("P0001", "raised")]
    {
        client.batch_execute(&format!(
            "CREATE FUNCTION fails_{table}(int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
             CREATE TABLE {table} (id int PRIMARY KEY, CHECK (fails_{table}(id)), CHECK (fails_{table}(1)));
             CREATE INDEX ON {table} (id) WHERE fails_{table}(1); INSERT INTO {table} VALUES (1);
             CREATE OR REPLACE FUNCTION fails_{table}(int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS
                 'BEGIN RAISE EXCEPTION USING ERRCODE = ''{state}'', MESSAGE = ''out of spite''; END'"
        ))?;
    }
    client.batch_execute("CREATE TABLE honest (id int PRIMARY KEY); INSERT INTO honest VALUES (7)")?;
    let taken = parse(&snapshot(&mut client, "checksum => true")?)?;
    let tables = taken["schemas"]["public"]["tables"].as_object().map(|tables| tables.iter()).into_iter().flatten();
    let mut unread = Vec::new();
    for (name, table) in tables {
        assert!(table["rows"]["count"] == 1 || table["unread"].is_string(), "{name}: {table}");
        unread.extend(table["unread"].as_str().map(|why| format!("{name}: {why}")));
    }
    assert_eq!(taken["schemas"]["public"]["tables"]["honest"]["key_range"]["last"], "7");
    report!("errors of the owners' code do not stop the snapshot; not read: {unread:?}");
    Ok(())
}
