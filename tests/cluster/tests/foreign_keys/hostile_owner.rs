//! A superuser audits tables whose owner put code into everything that planning or running a query
//! may evaluate: none of that code runs as superuser.

use crate::judge::audit;
use crate::oracle::EXTENSION;
use anyhow::{Context, Result};
use cluster::{Notices, Server, report};
use postgres::Client;

pub const DATABASE: &str = "evil";

/// The owner's objects. `trap` reports which role it ran as and tries to gain more rights.
pub const SETUP: &str = include_str!("hostile_owner.sql");

/// The trap's messages that show superuser rights, and the number of its runs without them.
pub fn take_trap_messages(notices: &Notices) -> (Vec<String>, usize) {
    let said: Vec<String> = notices.take().iter().map(|notice| notice.message().to_owned()).collect();
    let trapped = said.iter().filter(|said| said.starts_with("TRAPPED")).cloned().collect();
    (trapped, said.iter().filter(|said| said.starts_with("ran without")).count())
}

pub fn assert_not_superuser(client: &mut Client, after: &str) -> Result<()> {
    let escaped = "SELECT rolsuper OR EXISTS (SELECT FROM pg_class WHERE relname = 'escaped') FROM pg_roles WHERE rolname = 'evil'";
    assert!(!client.query_one(escaped, &[])?.get::<_, bool>(0), "the owner got the superuser's rights through {after}");
    Ok(())
}

/// Makes all calls, with and without the owner's schema in the search_path, and returns how often
/// the trap ran without effect.
fn call_all(client: &mut Client, notices: &Notices, calls: &[String]) -> Result<usize> {
    let mut ran = 0;
    for path in ["evil, pg_catalog, public", "public"] {
        for call in calls {
            client.batch_execute(&format!("SET search_path = {path}"))?;
            let outcome = client.query(call, &[]);
            client.batch_execute("SET search_path = pg_catalog")?;
            let (trapped, harmless) = take_trap_messages(notices);
            assert!(trapped.is_empty(), "{call} with search_path {path}: {trapped:?}");
            assert_not_superuser(client, call)?;
            outcome.with_context(|| call.clone())?;
            ran += harmless;
        }
    }
    Ok(ran)
}

#[test]
fn hostile_owner_code_never_runs_as_superuser() -> Result<()> {
    let server = Server::start(&["constraint_exclusion = on", "jit = off"])?;
    let mut client = server.database(DATABASE)?;
    client.batch_execute("CREATE ROLE evil LOGIN; CREATE SCHEMA evil AUTHORIZATION evil; GRANT SET ON PARAMETER session_replication_role TO evil")?;
    let mut evil = server.connect_as("evil", DATABASE)?;
    evil.batch_execute(SETUP)?;
    drop(evil);

    // Proves that the traps work: a superuser's plain queries do trigger them.
    let (mut client, notices) = server.connect_noting(DATABASE)?;
    let mut harmful = 0;
    for table in ["indexed", "predicated", "checked", "parted", "measured", "moody"] {
        let key = if table == "moody" { "mood" } else { "id" };
        let query = format!(
            "SELECT count(*), jsonb_agg(jsonb_build_object('k', c.{key})) FROM evil.{table} c WHERE c.{key} IS NOT NULL
                 AND NOT EXISTS (SELECT FROM evil.{table}_parent p WHERE p.{key} = c.{key})"
        );
        let mut transaction = client.transaction()?;
        let _ = transaction.query(&query, &[]);
        transaction.rollback()?;
        harmful += usize::from(!take_trap_messages(&notices).0.is_empty());
    }
    assert!(harmful >= 3, "only {harmful} of the traps work");

    let mut calls = vec![
        "SELECT status FROM public.fk_audit()".to_owned(),
        "SELECT status FROM public.fk_audit('evil')".to_owned(),
    ];
    calls.push("SELECT severity FROM public.flightcheck(deep => true)".to_owned());
    let pairs = "SELECT format('SELECT status FROM public.fk_precheck(%s::oid::regclass, %L, %s::oid::regclass, %L)', c.oid,
             ARRAY[a.attname], p.oid, ARRAY[pa.attname])
         FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         JOIN pg_class p ON p.relnamespace = c.relnamespace AND p.relkind IN ('r', 'p', 'v')
         JOIN pg_attribute pa ON pa.attrelid = p.oid AND pa.attnum > 0 AND pa.attname = a.attname
         WHERE p.relname IN (c.relname || '_parent', c.relname, 'view') AND c.relnamespace = 'evil'::regnamespace AND c.relkind IN ('r', 'p', 'v')";
    calls.extend(client.query(pairs, &[])?.iter().map(|row| row.get::<_, String>(0)));
    // Without USAGE on the schema, the owner's code fails at once; with it, the code gets as far as
    // it can.
    let closed = call_all(&mut client, &notices, &calls)?;
    assert_eq!(closed, 0, "the owner's code ran in a schema that it may not use");
    client.batch_execute("GRANT USAGE ON SCHEMA evil TO PUBLIC")?;
    let ran = call_all(&mut client, &notices, &calls)?;
    assert!(ran > 0, "none of the owner's code was run");
    // The keys that can be audited are still reported.
    let rows = audit(&mut client, EXTENSION, Some("evil"))?;
    for row in &rows {
        let answered = row.status == "violated" && row.orphans == Some(2);
        assert!(answered || row.status == "unknown" && row.detail.is_some(), "{row:?}");
    }
    let answered = rows.iter().filter(|row| row.status == "violated").count();
    let unknown: Vec<_> = rows.iter().filter(|row| row.status == "unknown").map(|row| row.detail.clone()).collect();
    assert!(answered >= 5, "{rows:#?}");
    report!(
        "{} calls over tables with traps, {harmful} of which affect plain queries: the owner's code ran {ran} times, never with the \
         superuser's rights; {answered} keys answered, {} unknown: {unknown:?}",
        4 * calls.len(),
        unknown.len()
    );
    Ok(())
}

/// Errors in an owner's code affect only the key they occur in.
#[test]
fn hostile_owner_errors_affect_only_their_own_key() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database(DATABASE)?;
    for (state, table) in
        [("57014", "cancelled"), ("57P01", "terminated"), ("40001", "serialized"), ("P0001", "raised")]
    {
        client.batch_execute(&format!(
            "CREATE FUNCTION fails_{table}(int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
             CREATE TABLE p_{table} (id int PRIMARY KEY); CREATE TABLE {table} (id int CONSTRAINT {table} REFERENCES p_{table});
             CREATE INDEX ON {table} (id) WHERE fails_{table}(1);
             CREATE OR REPLACE FUNCTION fails_{table}(int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS
                 'BEGIN RAISE EXCEPTION USING ERRCODE = ''{state}'', MESSAGE = ''out of spite''; END'"
        ))?;
    }
    client.batch_execute(
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE z (id int CONSTRAINT honest REFERENCES p);
         SET session_replication_role = replica; INSERT INTO z VALUES (1); RESET session_replication_role",
    )?;
    let rows = audit(&mut client, EXTENSION, None)?;
    for row in &rows {
        let expected = if row.constraint == "honest" { ("violated", Some(1)) } else { ("unknown", None) };
        assert_eq!((row.status.as_str(), row.orphans), expected, "{row:?}");
        assert!(
            row.constraint == "honest" || row.detail.as_deref().is_some_and(|detail| detail.contains("out of spite")),
            "{row:?}"
        );
    }
    assert_eq!(rows.len(), 5);
    client.query("SELECT * FROM flightcheck(deep => true)", &[])?;
    report!("errors in owners' code, including 57014: unknown, with the error's message");
    Ok(())
}

/// Parsing the body of an SQL function needs rights that PUBLIC does not have here; it is only
/// needed for inlining.
#[test]
fn index_on_function_in_closed_schema_does_not_change_results() -> Result<()> {
    let server = Server::start(&[])?;
    server.database(DATABASE)?.batch_execute(
        "CREATE SCHEMA app; CREATE COLLATION app.c FROM \"C\";
         CREATE FUNCTION app.lower_c(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower($1 COLLATE app.c)';
         CREATE TABLE app.artist (id int PRIMARY KEY, name text); CREATE INDEX ON app.artist (app.lower_c(name));
         CREATE TABLE app.album (id int PRIMARY KEY, artist int REFERENCES app.artist);
         CREATE STATISTICS app.names ON (app.lower_c(name)), id FROM app.artist;
         CREATE INDEX ON app.album (id) WHERE app.lower_c(artist::text) > 'a';
         INSERT INTO app.artist SELECT i, 'n' || i FROM generate_series(1, 1000) i; INSERT INTO app.album SELECT i, i FROM generate_series(1, 1000) i;
         SET session_replication_role = replica; DELETE FROM app.artist WHERE id = 7; ANALYZE",
    )?;
    // Each in a session whose relation cache does not hold the index.
    let rows = audit(&mut server.connect(DATABASE)?, EXTENSION, None)?;
    assert_eq!((rows[0].status.as_str(), rows[0].orphans), ("violated", Some(1)), "{rows:?}");
    let unread = "SELECT string_agg(concat(t.value -> 'unread', t.value -> 'rows' -> 'count'), ' ' ORDER BY t.key)
        FROM jsonb_each(db_snapshot(checksum => true) -> 'schemas') s, jsonb_each(s.value -> 'tables') t";
    let counted: String = server.connect(DATABASE)?.query_one(unread, &[])?.get(0);
    assert_eq!(counted, "1000 999");
    let mut client = server.connect(DATABASE)?;
    let call = "SELECT status, orphans FROM fk_precheck('app.album', '{id}', 'app.artist')";
    let row = client.query_one(call, &[])?;
    assert_eq!((row.get(0), row.get(1)), ("violated", Some(1_i64)));
    // The session's own queries inline the function and find the index by the inlined expression.
    client.batch_execute("SET enable_seqscan = off")?;
    let explain = "EXPLAIN SELECT FROM app.artist WHERE app.lower_c(name) = 'x'";
    let plan: Vec<String> = client.query(explain, &[])?.iter().map(|row| row.get(0)).collect();
    assert!(plan[0].contains("lower_c_idx"), "{plan:?}");
    report!("an index over a function of a closed schema: its tables are read, and the session's plans do not change");
    Ok(())
}
