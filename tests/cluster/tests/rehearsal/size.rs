//! What a rehearsal costs, beside the same statements in a transaction.

use crate::rows::rehearse;
use anyhow::Result;
use cluster::{Server, own_memory, report};
use postgres::Client;
use std::time::Instant;

/// Returns the milliseconds that the statements take in a transaction that is rolled back.
fn plainly(client: &mut Client, statements: &[String]) -> Result<f64> {
    let began = Instant::now();
    client.batch_execute("BEGIN")?;
    client.batch_execute(&statements.join(";"))?;
    let elapsed = began.elapsed();
    client.batch_execute("ROLLBACK")?;
    Ok(elapsed.as_secs_f64() * 1000.0)
}

#[test]
fn rehearsal_of_many_statements_reports_its_cost() -> Result<()> {
    let server = Server::start(&["max_locks_per_transaction = 256"])?;
    let mut client = server.database("size")?;
    client.batch_execute(
        "CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t SELECT g, g FROM generate_series(1, 20000) g",
    )?;
    let tables = |count: i32| -> Vec<String> {
        (0..count).map(|index| format!("CREATE TABLE made_{index} (id serial PRIMARY KEY, a int)")).collect()
    };
    let updates = |count: i32| -> Vec<String> {
        (1..=count).map(|id| format!("UPDATE t SET a = a + 1 WHERE id = {id}")).collect()
    };
    for (what, statements) in [("CREATE TABLE", tables(500)), ("UPDATE", updates(500)), ("UPDATE", updates(20_000))] {
        let plain = plainly(&mut client, &statements)?;
        for mode in ["transaction", "autocommit"] {
            let began = Instant::now();
            let rows = rehearse(&mut client, &statements.join(";"), &format!(", mode => '{mode}'"))?;
            let rehearsed = began.elapsed().as_secs_f64() * 1000.0;
            assert!(rows.iter().all(|row| row.status == "ok"), "{what}");
            assert_eq!(rows.len(), statements.len() + 1);
            let own: f64 = rows[..statements.len()].iter().map(|row| row.milliseconds).sum();
            let count = statements.len();
            report!(
                "{count} {what} in mode {mode}: {rehearsed:.0} ms, {:.2} times the statements' own {own:.0} ms (plainly {plain:.0} ms)",
                rehearsed / own
            );
        }
    }
    Ok(())
}

#[test]
fn rehearsal_of_20000_statements_keeps_memory_flat() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("memory")?;
    client.batch_execute(
        "CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t SELECT g, g FROM generate_series(1, 20000) g",
    )?;
    let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[])?.get(0);
    let script =
        |count: i32| -> String { (1..=count).map(|id| format!("UPDATE t SET a = a + 1 WHERE id = {id};")).collect() };
    let count = "SELECT count(*) FROM migration_rehearse($1)";
    client.query_one(count, &[&script(1000)])?;
    let before = own_memory(pid)?;
    let twenty = script(20_000);
    for _ in 0..3 {
        assert_eq!(client.query_one(count, &[&twenty])?.get::<_, i64>(0), 20_001);
    }
    let after = own_memory(pid)?;
    report!("the session's own memory: {before} kB after 1,000 statements, {after} kB after three times 20,000");
    assert!(after - before < 40_000, "{before} kB, then {after} kB");
    // Contexts of the rehearsal do not stay.
    let left = "SELECT count(*) FROM pg_backend_memory_contexts WHERE name LIKE 'pg_flightcheck%'";
    assert_eq!(client.query_one(left, &[])?.get::<_, i64>(0), 0);
    Ok(())
}
