//! Tables that are replaced by views over another owner's rows while an audit waits for a lock:
//! privileges are checked for the original tables, so the query must read only these.

use anyhow::{Result, ensure};
use cluster::{Server, explain, report};
use std::time::{Duration, Instant};

const DATABASE: &str = "swapped";
const SECRET: &str = "4711815";

/// Ways to replace the child or the parent with a view over the secret.
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

/// Whether a foreign key exists, and the call.
const CALLS: [(bool, &str); 2] = [
    (true, "SELECT concat_ws(' ', status, orphans, sample, detail) FROM public.fk_audit('m')"),
    (
        false,
        "SELECT concat_ws(' ', status, orphans, sample, detail) FROM public.fk_precheck('m.child', '{id}', 'm.parent', '{id}')",
    ),
];

#[test]
fn swapped_table_reveals_nothing_to_a_waiting_call() -> Result<()> {
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
            // The answer reveals neither the value nor the existence of an orphan.
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
