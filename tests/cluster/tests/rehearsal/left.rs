//! Nothing of a rehearsal is left, whatever the script does. An undone transaction alone leaves
//! more.

use crate::rows::rehearse;
use anyhow::Result;
use cluster::{Server, report};
use postgres::Client;

const SETUP: &str = "
    CREATE TABLE customers (id serial PRIMARY KEY, name text UNIQUE);
    INSERT INTO customers (name) SELECT 'c' || g FROM generate_series(1, 200) g;
    CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int REFERENCES customers, total numeric);
    INSERT INTO orders (customer, total) SELECT g % 200 + 1, g FROM generate_series(1, 1000) g;
    CREATE MATERIALIZED VIEW totals AS SELECT customer, sum(total) FROM orders GROUP BY 1;
    CREATE SEQUENCE down INCREMENT -3 MAXVALUE -1 CACHE 4;
    CREATE UNLOGGED TABLE fast (id bigserial, note text);
    CREATE TYPE mood AS ENUM ('fine');
    CREATE FUNCTION uses() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT nextval(''down'')';
    CREATE TEMPORARY TABLE own (id serial, note text);
    PREPARE mine AS SELECT 1;
    SELECT nextval('down'), nextval('customers_id_seq'), setval('fast_id_seq', 70, false), setval('orders_id_seq', 1500);
    INSERT INTO own (note) VALUES ('x');
    SELECT pg_advisory_lock(5), pg_advisory_lock(5), pg_advisory_lock_shared(6, 7)";

/// A script that does what a rollback undoes, and what it does not.
const SCRIPT: &str = "
    INSERT INTO customers (name) SELECT 'new' || g FROM generate_series(1, 500) g;
    SELECT setval('orders_id_seq', 1000000), nextval('down'), uses(), nextval('fast_id_seq'), nextval('own_id_seq');
    TRUNCATE orders RESTART IDENTITY;
    ALTER SEQUENCE down RESTART WITH -500;
    ALTER TABLE customers ALTER id TYPE bigint, ADD COLUMN mood mood DEFAULT 'fine';
    DROP MATERIALIZED VIEW totals;
    CREATE INDEX ON customers (lower(name));
    CREATE SCHEMA s CREATE TABLE t (id serial PRIMARY KEY) CREATE VIEW v AS SELECT * FROM t;
    INSERT INTO s.t DEFAULT VALUES;
    CREATE ROLE rh_made LOGIN;
    GRANT SELECT ON customers TO rh_made;
    ALTER DATABASE left_behind SET work_mem = '64MB';
    COMMENT ON TABLE customers IS 'changed';
    ALTER TYPE mood ADD VALUE 'bad';
    CREATE EXTENSION IF NOT EXISTS plpgsql;
    CREATE PUBLICATION pub FOR TABLE customers;
    SELECT lo_create(77001);
    CREATE TEMPORARY TABLE tmp (a int) ON COMMIT DROP;
    DROP TABLE own;
    SET work_mem = '7MB';
    SET ROLE rh_made;
    RESET ROLE;
    SET SESSION AUTHORIZATION rh_made;
    RESET SESSION AUTHORIZATION;
    SELECT set_config('search_path', '', false);
    LISTEN events;
    NOTIFY events, 'x';
    PREPARE other AS SELECT 2;
    EXECUTE other;
    DO 'BEGIN EXECUTE ''DEALLOCATE ALL''; END';
    SELECT pg_advisory_unlock_all(), pg_advisory_lock(99), pg_advisory_xact_lock(100);
    DECLARE c CURSOR WITH HOLD FOR SELECT * FROM public.customers;
    FETCH 2 FROM c;
    SAVEPOINT a;
    DELETE FROM public.customers;
    ROLLBACK TO a;
    SELECT 1 / 0;
    UPDATE public.customers SET name = 'same';
    EXPLAIN ANALYZE DELETE FROM public.fast;
    DROP SCHEMA public CASCADE";

/// The statements of the script that fail.
const FAILING: [&str; 3] = ["1 / 0", "name = 'same'", "DROP SCHEMA public"];

/// Returns everything that must be as before: all catalogs that a script changes, contents, file
/// nodes, sequences, and the session.
pub fn state(client: &mut Client) -> Result<Vec<String>> {
    let queries = [
        "SELECT c.oid, relname, relnamespace, relowner, relfilenode, relkind, relnatts, relacl, relpersistence FROM pg_class c ORDER BY 1",
        "SELECT attrelid, attnum, attname, atttypid, attnotnull, attisdropped FROM pg_attribute WHERE attrelid >= 16384 ORDER BY 1, 2",
        "SELECT oid, conname, convalidated FROM pg_constraint ORDER BY 1",
        "SELECT oid, typname FROM pg_type ORDER BY 1",
        "SELECT * FROM pg_enum ORDER BY 1",
        "SELECT oid, proname FROM pg_proc WHERE oid >= 16384 ORDER BY 1",
        "SELECT oid, nspname, nspacl FROM pg_namespace ORDER BY 1",
        "SELECT rolname FROM pg_roles ORDER BY 1",
        "SELECT * FROM pg_db_role_setting",
        "SELECT * FROM pg_description WHERE objoid >= 16384",
        "SELECT oid, extname FROM pg_extension ORDER BY 1",
        "SELECT oid, pubname FROM pg_publication",
        "SELECT oid FROM pg_largeobject_metadata",
        "SELECT name, setting FROM pg_settings WHERE name <> 'transaction_isolation' AND name NOT LIKE '%.%' ORDER BY 1",
        "SELECT current_user, session_user",
        "SELECT name, statement FROM pg_prepared_statements WHERE from_sql ORDER BY 1",
        "SELECT objid, classid, objsubid, mode FROM pg_locks WHERE locktype = 'advisory' ORDER BY 1, 2, 3, 4",
        "SELECT * FROM pg_listening_channels()",
        "SELECT * FROM pg_cursors WHERE name <> ''",
        "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' AND relation >= 16384",
    ];
    let mut found = Vec::new();
    for query in queries {
        let rows =
            client.query_one(&format!("SELECT coalesce(string_agg(q::text, E'\\n'), '') FROM ({query}) q"), &[])?;
        found.push(rows.get(0));
    }
    let relations = "SELECT c.oid::regclass::text, relkind::text FROM pg_class c
        WHERE relkind IN ('r', 'S', 'm') AND c.oid >= 16384
          AND NOT pg_is_other_temp_schema(relnamespace) AND relnamespace <> 'pg_toast'::regnamespace ORDER BY 1";
    for row in client.query(relations, &[])? {
        let (name, kind): (String, String) = (row.get(0), row.get(1));
        let columns = if kind == "S" { "last_value, is_called" } else { "*" };
        let contents = format!(
            "SELECT coalesce(md5(string_agg(q::text, ',' ORDER BY q::text)), '') FROM (SELECT {columns} FROM {name}) q"
        );
        found.push(format!("{name}: {}", client.query_one(&contents, &[])?.get::<_, String>(0)));
    }
    Ok(found)
}

/// Returns the lines that differ, cut to a readable length.
pub fn differences(is: &[String], was: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for (is, was) in is.iter().zip(was) {
        let (is, was): (Vec<&str>, Vec<&str>) = (is.lines().collect(), was.lines().collect());
        found.extend(is.iter().filter(|line| !was.contains(line)).map(|line| format!("+{line:.200}")));
        found.extend(was.iter().filter(|line| !is.contains(line)).map(|line| format!("-{line:.200}")));
    }
    found
}

/// Returns what the session has drawn from the sequences.
fn drawn(client: &mut Client) -> Result<Vec<i64>> {
    let row = client.query_one(
        "SELECT ARRAY[lastval(), currval('down'), currval('customers_id_seq'), currval('orders_id_seq'), currval('own_id_seq')]",
        &[],
    )?;
    Ok(row.get(0))
}

fn is_undefined(client: &mut Client, call: &str) -> bool {
    client.query_one(call, &[]).err().and_then(|error| error.code().cloned()).is_some_and(|code| code.code() == "55000")
}

#[test]
fn rehearsal_of_everything_leaves_nothing() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("left_behind")?;
    client.batch_execute(SETUP)?;
    for mode in ["transaction", "autocommit"] {
        let (before, drawn_before) = (state(&mut client)?, drawn(&mut client)?);
        let arguments = format!(", mode => '{mode}', on_error => 'continue'");
        let rows = rehearse(&mut client, SCRIPT, &arguments)?;
        let ok = rows.iter().filter(|row| row.status == "ok").count();
        assert!(ok > 30, "{mode}: {rows:?}");
        assert_eq!(differences(&state(&mut client)?, &before), [""; 0], "{mode}");
        assert_eq!(drawn(&mut client)?, drawn_before, "{mode}");
        assert!(is_undefined(&mut client, "SELECT currval('fast_id_seq')"), "{mode}: currval is defined");
    }
    let counts =
        "SELECT pg_advisory_unlock(5), pg_advisory_unlock(5), pg_advisory_unlock(5), pg_advisory_unlock_shared(6, 7)";
    let row = client.query_one(counts, &[])?;
    assert_eq!([0, 1, 2, 3].map(|column| row.get::<_, bool>(column)), [true, true, false, true]);
    let next = "SELECT nextval('customers_id_seq'), nextval('orders_id_seq'), nextval('fast_id_seq')";
    let row = client.query_one(next, &[])?;
    assert_eq!([0, 1, 2].map(|column| row.get::<_, i64>(column)), [202, 1501, 70]);
    // Another session draws what it would have drawn.
    let mut other = server.connect("left_behind")?;
    assert_eq!(other.query_one("SELECT nextval('down')", &[])?.get::<_, i64>(0), -13);
    Ok(())
}

/// The same script in a transaction that is rolled back: the test must notice.
#[test]
fn rolled_back_transaction_leaves_sequences_and_session() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("left_behind")?;
    client.batch_execute(SETUP)?;
    let (before, drawn_before) = (state(&mut client)?, drawn(&mut client)?);
    client.batch_execute("BEGIN")?;
    for statement in SCRIPT.split(";\n").filter(|statement| !FAILING.iter().any(|part| statement.contains(part))) {
        client.batch_execute(statement)?;
    }
    client.batch_execute("ROLLBACK")?;
    let changed = differences(&state(&mut client)?, &before);
    report!("a rolled-back transaction leaves {} differences", changed.len());
    assert!(changed.iter().any(|line| line.starts_with("+customers_id_seq:")), "{changed:?}");
    assert!(changed.len() >= 4, "{changed:?}");
    assert_ne!(drawn(&mut client).ok(), Some(drawn_before));
    Ok(())
}
