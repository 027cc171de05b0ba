//! Expressions that the planner evaluates and that use functions of the owner that PUBLIC can
//! neither execute nor have inlined: a superuser and the owner get the rows nevertheless, whatever
//! the session has planned before.

use crate::hostile_owner::{DATABASE, SETUP, assert_not_superuser, take_trap_messages};
use crate::judge::audit;
use crate::oracle::EXTENSION;
use anyhow::{Result, anyhow};
use cluster::{Server, explain, report};
use postgres::Client;

/// The owner's tables: a function of each kind, in each place, on both sides of a foreign key.
const TABLES: &str = include_str!("unevaluable_expressions.sql");

/// The results of the functions for all keys, pairs and tables, one per line.
fn answers(client: &mut Client) -> Result<Vec<String>> {
    let mut answers = Vec::new();
    for row in audit(client, EXTENSION, None)? {
        answers.push(format!("fk_audit {}: {} {:?} {:?}", row.constraint, row.status, row.orphans, row.sample));
        let call = format!(
            "SELECT concat_ws(' ', status, orphans, sample) FROM public.fk_precheck('public.{0}', '{{id}}', 'public.{0}_parent')",
            row.constraint
        );
        answers.push(format!("fk_precheck {}: {}", row.constraint, client.query_one(&call, &[])?.get::<_, String>(0)));
    }
    let tables = "SELECT format('db_snapshot %s: %s', t.key, t.value)
        FROM jsonb_each(public.db_snapshot(checksum => true) -> 'schemas') s, jsonb_each(s.value -> 'tables') t
        WHERE t.value ->> 'kind' = 'table' ORDER BY t.key";
    answers.extend(client.query(tables, &[])?.iter().map(|row| row.get::<_, String>(0)));
    Ok(answers)
}

/// Fills the relation cache with all expressions.
fn plan_all(client: &mut Client) -> Result<()> {
    client.batch_execute(
        "SET search_path = public;
         DO $$ DECLARE name text; BEGIN
             FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') LOOP
                 EXECUTE format('SELECT count(*) FROM public.%I WHERE id > 0', name);
             END LOOP;
         END $$",
    )?;
    Ok(())
}

#[test]
fn unevaluable_expressions_do_not_change_results() -> Result<()> {
    let server = Server::start(&["constraint_exclusion = on"])?;
    server.database(DATABASE)?.batch_execute(
        "CREATE ROLE owner LOGIN; REVOKE ALL ON SCHEMA public FROM PUBLIC; GRANT ALL ON SCHEMA public TO owner;
         GRANT SET ON PARAMETER session_replication_role TO owner",
    )?;
    server.connect_as("owner", DATABASE)?.batch_execute(TABLES).map_err(|error| anyhow!(explain(&error)))?;
    let expected = answers(&mut server.connect(DATABASE)?)?;
    let wrong = |answer: &&String| match answer.split_once(' ') {
        Some(("fk_audit", answer)) => !answer.ends_with(r#": violated Some(1) Some("[{\"id\": 4}]")"#),
        Some(("fk_precheck", answer)) => !answer.ends_with(r#": exists 1 [{"id": 4}]"#),
        _ => answer.contains("unread") || !answer.contains(r#""count": 3"#) || !answer.contains("checksum"),
    };
    let faults: Vec<_> = expected.iter().filter(wrong).take(10).collect();
    assert!(faults.is_empty() && expected.len() > 200, "of {}: {faults:#?}", expected.len());
    // The owner gets the same results, and so does a session that has cached the expressions
    // already.
    assert_eq!(answers(&mut server.connect_as("owner", DATABASE)?)?, expected);
    let mut client = server.connect(DATABASE)?;
    plan_all(&mut client)?;
    assert_eq!(answers(&mut client)?, expected);
    assert_eq!(answers(&mut client)?, expected);
    report!(
        "{} answers about tables whose expressions PUBLIC cannot evaluate: the same as for other tables",
        expected.len()
    );
    Ok(())
}

/// What was hidden from the planner is restored for the session's own queries, ON CONFLICT and
/// LIKE, also after an error.
#[test]
fn unevaluable_expressions_are_restored_after_the_query() -> Result<()> {
    let server = Server::start(&[])?;
    server.database(DATABASE)?.batch_execute(
        "CREATE SCHEMA app; CREATE FUNCTION app.plain(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN lower($1); END';
         CREATE FUNCTION app.f(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN app.plain($1); END';
         CREATE TABLE app.parent (id int PRIMARY KEY, name text); CREATE TABLE app.child (id int REFERENCES app.parent);
         CREATE UNIQUE INDEX by_name ON app.parent ((name || app.f('X'))) WHERE name > app.f('A');
         CREATE STATISTICS app.s ON (name || app.f('X')) FROM app.parent;
         INSERT INTO app.parent SELECT i, 'n' || i FROM generate_series(1, 2000) i; ANALYZE app.parent",
    )?;
    for (change, status) in
        [("", "ok"), ("REVOKE EXECUTE ON FUNCTION pg_catalog.int4eq(int, int) FROM PUBLIC", "unknown")]
    {
        // A new session, whose relation cache does not hold the expressions yet.
        let mut client = server.connect(DATABASE)?;
        client.batch_execute(change)?;
        client.batch_execute("BEGIN; DECLARE open CURSOR FOR TABLE app.parent; FETCH open")?;
        assert_eq!(client.query_one("SELECT status FROM fk_audit()", &[])?.get::<_, String>(0), status);
        client.batch_execute("SET LOCAL enable_seqscan = off")?;
        let explain = "EXPLAIN SELECT FROM app.parent WHERE name || app.f('X') = 'n7x' AND name > app.f('A')";
        let plan: Vec<String> = client.query(explain, &[])?.iter().map(|row| row.get(0)).collect();
        assert!(plan.iter().any(|line| line.contains("by_name")), "{plan:?}");
        client.batch_execute(
            "CLOSE open; CREATE TABLE app.copy (LIKE app.parent INCLUDING STATISTICS);
             INSERT INTO app.parent VALUES (9001, 'n7') ON CONFLICT ((name || app.f('X'))) WHERE name > app.f('A') DO NOTHING",
        )?;
        let copied = "SELECT (SELECT count(*) FROM pg_statistic_ext WHERE stxrelid = 'app.copy'::regclass), (SELECT count(*) FROM app.parent)";
        let row = client.query_one(copied, &[])?;
        assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (1, 2000), "after the status {status}");
        client.batch_execute("ROLLBACK")?;
    }
    Ok(())
}

/// A partition key cannot be hidden from the planner, so it is evaluated with its owner's rights.
#[test]
fn unevaluable_partition_key_runs_with_owner_rights_only() -> Result<()> {
    let server = Server::start(&["constraint_exclusion = on", "jit = off"])?;
    server.database(DATABASE)?.batch_execute("CREATE ROLE evil LOGIN; CREATE SCHEMA evil AUTHORIZATION evil; GRANT SET ON PARAMETER session_replication_role TO evil")?;
    let mut evil = server.connect_as("evil", DATABASE)?;
    evil.batch_execute(SETUP)?;
    evil.batch_execute(
        "CREATE TABLE evil.keyed_parent (id int PRIMARY KEY);
         CREATE TABLE evil.keyed (id int CONSTRAINT keyed REFERENCES evil.keyed_parent) PARTITION BY RANGE ((id + evil.number(16)));
         CREATE TABLE evil.keyed_leaf PARTITION OF evil.keyed DEFAULT;
         CREATE INDEX ON evil.keyed_leaf ((id + evil.number(17))); CREATE STATISTICS evil.keyed ON (id + evil.number(18)) FROM evil.keyed_leaf;
         INSERT INTO evil.keyed_parent VALUES (1); INSERT INTO evil.keyed VALUES (1)",
    )?;
    drop(evil);
    let (mut client, notices) = server.connect_noting(DATABASE)?;
    let rows = audit(&mut client, EXTENSION, Some("evil"))?;
    let keyed = rows.iter().find(|row| row.constraint == "keyed").map(|row| row.status.as_str());
    assert_eq!(keyed, Some("ok"), "{rows:#?}");
    let (trapped, ran) = take_trap_messages(&notices);
    assert!(trapped.is_empty(), "{trapped:?}");
    // The owner's code ran: that is how the partition key was evaluated.
    assert!(ran > 0, "none of the owner's code was run");
    assert_not_superuser(&mut client, "fk_audit")?;
    Ok(())
}

/// The index's function runs while the query is planned and calls fk_audit itself.
#[test]
fn unevaluable_expression_calling_fk_audit_terminates() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database(DATABASE)?;
    client.batch_execute(
        "CREATE FUNCTION once(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1';
         CREATE FUNCTION audits(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
         CREATE TABLE a_parent (id int PRIMARY KEY); CREATE TABLE a (id int REFERENCES a_parent); CREATE INDEX ON a ((once(id)));
         CREATE TABLE b_parent (id int PRIMARY KEY); CREATE TABLE b (id int REFERENCES b_parent); CREATE INDEX ON b ((id + audits(1)));
         CREATE SCHEMA closed; CREATE TABLE closed.c_parent (id int PRIMARY KEY); CREATE TABLE closed.c (id int REFERENCES closed.c_parent);
         GRANT SELECT ON a, a_parent TO PUBLIC;
         CREATE OR REPLACE FUNCTION audits(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
         BEGIN
             IF current_setting('app.depth', true) IS DISTINCT FROM '1' THEN
                 PERFORM set_config('app.depth', '1', true);
                 RETURN count(*) FROM public.fk_audit();
             END IF;
             RETURN 1;
         END $$",
    )?;
    let mut client = server.connect(DATABASE)?;
    let statuses = "SELECT string_agg(status, ' ') FROM fk_audit()";
    assert_eq!(client.query_one(statuses, &[])?.get::<_, String>(0), "ok ok ok");
    Ok(())
}
