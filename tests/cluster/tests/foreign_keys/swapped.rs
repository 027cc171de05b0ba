//! Somebody else's rows, put in the place of one's own while an audit waits: what may be read is decided for the
//! tables, and the query has to read these and no others.

use anyhow::{Result, ensure};
use cluster::{Server, explain, report};
use std::time::{Duration, Instant};

const DATABASE: &str = "swapped";
const SECRET: &str = "4711815";

/// Ways to put a view over the secret where the child or the parent was.
const SWAPS: [(&str, &str); 3] = [
    ("a view instead of the child", "ALTER TABLE m.child RENAME TO gone; CREATE VIEW m.child AS SELECT number AS id, '(0,1)'::tid AS ctid FROM app.secret"),
    (
        "a view instead of the parent",
        "ALTER TABLE m.parent RENAME TO gone; CREATE VIEW m.parent AS SELECT id FROM app.secret, LATERAL (VALUES (number), (1)) AS v(id)",
    ),
    (
        "a schema instead of the schema",
        "LOCK TABLE m.child; ALTER SCHEMA m RENAME TO gone; CREATE SCHEMA m; CREATE VIEW m.child AS SELECT number AS id, '(0,1)'::tid AS ctid FROM app.secret;
         CREATE TABLE m.parent (id int PRIMARY KEY)",
    ),
];

/// Whether there is a foreign key, and what is asked.
const CALLS: [(bool, &str); 2] = [
    (true, "SELECT concat_ws(' ', status, orphans, sample, detail) FROM public.fk_audit('m')"),
    (
        false,
        "SELECT concat_ws(' ', verdict, orphans, sample, detail) FROM public.fk_precheck('m.child', '{id}', 'm.parent', '{id}')",
    ),
];

#[test]
fn a_table_swapped_while_an_audit_waits_for_it_gives_nothing_away() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database(DATABASE)?;
    client.batch_execute(
        "CREATE SCHEMA app; CREATE TABLE app.secret (number int); INSERT INTO app.secret VALUES (4711815);
         CREATE ROLE mallory LOGIN; GRANT CREATE ON DATABASE swapped TO mallory; GRANT USAGE ON SCHEMA app TO mallory",
    )?;
    let mut told = Vec::new();
    for (way, swap) in SWAPS {
        for (is_key, call) in CALLS {
            let mut mallory = server.connect_as("mallory", DATABASE)?;
            let key = if is_key { "REFERENCES m.parent" } else { "" };
            mallory.batch_execute(&format!(
                "CREATE SCHEMA m; CREATE TABLE m.parent (id int PRIMARY KEY); CREATE TABLE m.child (id int {key});
                 INSERT INTO m.parent VALUES (1); INSERT INTO m.child VALUES (1)"
            ))?;
            mallory.batch_execute(&format!("BEGIN; {swap}"))?;
            let mut asking = server.connect_as("mallory", DATABASE)?;
            let pid: i32 = asking.query_one("SELECT pg_backend_pid()", &[])?.get(0);
            let asked = std::thread::spawn(move || match asking.query(call, &[]) {
                Ok(rows) => rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>().join(", "),
                Err(error) => explain(&error),
            });
            let started = Instant::now();
            let waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = $1 AND NOT granted)";
            while !asked.is_finished() && !client.query_one(waits, &[&pid])?.get::<_, bool>(0) {
                ensure!(started.elapsed() < Duration::from_secs(20), "{call} neither waits nor ends");
            }
            mallory.batch_execute("COMMIT")?;
            let answer = asked.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            // Neither the value nor that there is a row without its parent.
            assert!(!answer.contains(SECRET), "{way}, {call}: {answer}");
            assert!(!answer.starts_with("violated"), "{way}, {call}: {answer}");
            told.push(answer);
            client.batch_execute(
                "SET client_min_messages = warning; DROP SCHEMA m CASCADE; DROP SCHEMA IF EXISTS gone CASCADE",
            )?;
        }
    }
    report!("{} swaps under a waiting call: {}", told.len(), told.join(" | "));
    Ok(())
}
