//! A precheck changes nothing, whatever the script would do: it holds no lock afterwards, has no
//! transaction id, and leaves rows, catalogs, sequences and the session as they were.

use crate::findings::{precheck, worst};
use crate::state::{differences, state};
use anyhow::{Context, Result};
use cluster::{Server, identifier, report};
use postgres::Client;

const CORPUS: &str = include_str!("../rehearsal/corpus.sql");
const REGRESSION: &str = include_str!("../../../pg_regress/sql/migration_precheck.sql");

const SETUP: &str = "
    CREATE ROLE rh_app; CREATE ROLE rh_other;
    CREATE TABLE customers (id serial PRIMARY KEY, name text UNIQUE);
    INSERT INTO customers (name) SELECT 'c' || g FROM generate_series(1, 50) g;
    CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int REFERENCES customers, total numeric);
    INSERT INTO orders (customer, total) SELECT g % 50 + 1, g FROM generate_series(1, 100) g;
    CREATE MATERIALIZED VIEW totals AS SELECT customer, sum(total) FROM orders GROUP BY 1;
    CREATE SEQUENCE down INCREMENT -3 MAXVALUE -1 CACHE 4;
    CREATE TYPE mood AS ENUM ('fine');
    CREATE FUNCTION uses() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT nextval(''down'')';
    CREATE TEMPORARY TABLE own (id serial, note text);
    PREPARE mine AS SELECT 1;
    SELECT nextval('down'), nextval('customers_id_seq'), setval('orders_id_seq', 1500);
    INSERT INTO own (note) VALUES ('x');
    SELECT pg_advisory_lock(5), pg_advisory_lock_shared(6, 7);
    LISTEN mine";

/// Statements that would leave what a rollback does not undo, and much else.
const STATEMENTS: [&str; 50] = [
    "SELECT setval('orders_id_seq', 1000000), nextval('down'), uses(), nextval('own_id_seq')",
    "INSERT INTO customers (name) SELECT 'new' || g FROM generate_series(1, 500) g",
    "INSERT INTO customers (name) VALUES ('a'), ('c1')",
    "INSERT INTO customers VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET name = 'b'",
    "TRUNCATE orders RESTART IDENTITY",
    "ALTER SEQUENCE down RESTART WITH -500",
    "ALTER TABLE customers ALTER id TYPE bigint, ADD COLUMN mood mood DEFAULT 'fine'",
    "ALTER TABLE customers ADD COLUMN n bigserial",
    "ALTER TABLE orders ALTER total TYPE int USING total / 0",
    "ALTER TABLE orders ADD FOREIGN KEY (id) REFERENCES customers",
    "DROP MATERIALIZED VIEW totals",
    "REFRESH MATERIALIZED VIEW totals",
    "CREATE INDEX ON customers (lower(name))",
    "CREATE UNIQUE INDEX CONCURRENTLY ON customers (lower(name))",
    "REINDEX TABLE customers",
    "CLUSTER customers USING customers_pkey",
    "VACUUM FULL customers",
    "ANALYZE",
    "CREATE SCHEMA s CREATE TABLE t (id serial PRIMARY KEY) CREATE VIEW v AS SELECT * FROM t",
    "CREATE ROLE rh_made LOGIN",
    "GRANT SELECT ON customers TO rh_app",
    "ALTER ROLE rh_app SET work_mem = '64MB'",
    "ALTER DATABASE nothing SET work_mem = '64MB'",
    "ALTER SYSTEM SET work_mem = '64MB'",
    "COMMENT ON TABLE customers IS 'changed'",
    "ALTER TYPE mood ADD VALUE 'bad'",
    "CREATE EXTENSION IF NOT EXISTS plpgsql",
    "CREATE PUBLICATION pub FOR TABLE customers",
    "SELECT lo_create(77001)",
    "CREATE TEMPORARY TABLE tmp (a int) ON COMMIT DROP",
    "DROP TABLE own",
    "SET work_mem = '7MB'",
    "SET ROLE rh_app; SELECT * FROM customers; RESET ROLE",
    "SET SESSION AUTHORIZATION rh_app",
    "SELECT set_config('search_path', '', false)",
    "LISTEN events",
    "UNLISTEN *; NOTIFY mine",
    "PREPARE other AS SELECT 2; EXECUTE other; DEALLOCATE mine",
    "DISCARD ALL",
    "DO 'BEGIN EXECUTE ''DEALLOCATE ALL''; END'",
    "SELECT pg_advisory_unlock_all(), pg_advisory_lock(99), pg_advisory_xact_lock(100)",
    "BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT * FROM customers; COMMIT; FETCH c",
    "SAVEPOINT a; DELETE FROM orders; ROLLBACK TO a; RELEASE a",
    "BEGIN; COMMIT; ROLLBACK; PREPARE TRANSACTION 'x'; COMMIT PREPARED 'x'",
    "COPY customers FROM STDIN;\n7\tx\n\\.\nCOPY customers TO '/nowhere'",
    "LOCK TABLE customers IN ACCESS EXCLUSIVE MODE",
    "SELECT * FROM customers FOR UPDATE",
    "EXPLAIN ANALYZE DELETE FROM orders",
    "CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION uses()",
    "DROP SCHEMA public CASCADE; DROP OWNED BY rh_app; DROP DATABASE nothing",
];

/// A setup, and a script over what it has created.
struct Case {
    name: String,
    setup: String,
    script: String,
}

/// Returns the cases of the rehearsal's corpus, each in a schema of its own.
fn corpus() -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    for text in CORPUS.split("\n-- case: ").skip(1) {
        let (head, rest) = text.split_once('\n').context("a case has a line")?;
        let (setup, script) = rest.split_once("\n-- script\n").context("a case has a script")?;
        let name = head.split_whitespace().next().context("a case has a name")?.to_owned();
        let schema = identifier(&name);
        let setup = format!("CREATE SCHEMA {schema}; SET search_path = {schema}, public; {setup}");
        cases.push(Case { name, setup, script: script.replace("\n--\n", ";\n") });
    }
    Ok(cases)
}

/// Returns the scripts of the regression test, whose tables its first statements create.
fn regression() -> Vec<Case> {
    let first = REGRESSION.split("-- What is reported").next().unwrap_or_default();
    let wanted = ["CREATE TABLE", "CREATE VIEW", "INSERT"];
    let tables: Vec<&str> = first.lines().filter(|line| wanted.iter().any(|word| line.starts_with(word))).collect();
    let setup = format!("CREATE SCHEMA mp; SET search_path = mp, public; {}", tables.concat());
    let scripts = REGRESSION.split("found('").skip(1).filter_map(|rest| rest.split_once("')").map(|(text, _)| text));
    let case = |(index, text): (usize, &str)| Case {
        name: format!("regression {index}"),
        setup: if index == 0 { setup.clone() } else { String::new() },
        script: text.replace("''", "'"),
    };
    scripts.enumerate().map(case).collect()
}

fn statements() -> Vec<Case> {
    let case = |text: &&str| Case {
        name: (*text).to_owned(),
        setup: "SET search_path = public".to_owned(),
        script: (*text).to_owned(),
    };
    STATEMENTS.iter().map(case).collect()
}

/// Returns the state, with the next transaction id: no session has used one meanwhile.
fn left_by(client: &mut Client) -> Result<Vec<String>> {
    let next = "SELECT 'next id: ' || pg_snapshot_xmax(pg_current_snapshot())";
    let mut all = vec![client.query_one(next, &[])?.get(0)];
    all.extend(state(client)?);
    Ok(all)
}

/// Prechecks a script in both modes and in a transaction of each kind, and compares what is there
/// before and after. Returns its verdict.
fn judge(client: &mut Client, case: &Case, before: &[String]) -> Result<&'static str> {
    let mut verdict = "";
    for (mode, begin) in [("transaction", "BEGIN READ ONLY"), ("autocommit", "BEGIN")] {
        client.batch_execute(begin)?;
        verdict = worst(&precheck(client, &case.script, &format!(", mode => '{mode}'"))?);
        let left = "SELECT coalesce(pg_current_xact_id_if_assigned()::text, '') || coalesce((SELECT
            string_agg(concat_ws(' ', relation::regclass, mode), ', ') FROM pg_locks
            WHERE pid = pg_backend_pid() AND relation >= 16384), '')";
        let left: String = client.query_one(left, &[])?.get(0);
        assert_eq!(left, "", "{}: a transaction id, or locks, in mode {mode}", case.name);
        client.batch_execute("COMMIT")?;
    }
    assert_eq!(differences(&left_by(client)?, before), [""; 0], "{}", case.name);
    Ok(verdict)
}

#[test]
fn precheck_of_everything_leaves_nothing() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    let mut client = server.database("nothing")?;
    client.batch_execute(SETUP)?;
    let mut verdicts = std::collections::BTreeMap::new();
    let mut before = left_by(&mut client)?;
    for case in statements().into_iter().chain(regression()).chain(corpus()?) {
        if !case.setup.is_empty() {
            client.batch_execute(&case.setup).with_context(|| format!("{}: {}", case.name, case.setup))?;
            before = left_by(&mut client)?;
        }
        *verdicts.entry(judge(&mut client, &case, &before).with_context(|| case.name.clone())?).or_insert(0) += 1;
    }
    report!("scripts by their worst row: {verdicts:?}; nothing is left by any");
    assert!(verdicts.values().sum::<i32>() >= 110 && verdicts.len() == 3, "{verdicts:?}");
    Ok(())
}

/// The same comparison notices a row lock, a new catalog row that was undone, and a moved sequence.
#[test]
fn precheck_state_notices_what_an_undone_transaction_leaves() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    let mut client = server.database("nothing")?;
    client.batch_execute(SETUP)?;
    for undone in STATEMENTS.iter().take(8).chain(["SELECT * FROM customers FOR UPDATE", "CREATE TABLE x ()"].iter()) {
        let before = left_by(&mut client)?;
        let _ = client.batch_execute(&format!("BEGIN; {undone}"));
        client.batch_execute("ROLLBACK")?;
        let changed = differences(&left_by(&mut client)?, &before);
        assert!(!changed.is_empty(), "{undone}");
    }
    Ok(())
}
