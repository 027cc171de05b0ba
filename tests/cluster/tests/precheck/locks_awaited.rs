//! Statements that cannot run in a transaction, and so not in a rehearsal: precheck tells the lock
//! that they wait for while another session holds a conflicting one.

use crate::locks_told::{MODES, told};
use anyhow::{Context, Result, bail, ensure};
use cluster::{Server, report};
use postgres::{Client, NoTls};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

/// The statement, the first major that has it, a table, and the lock of another session on it.
const STATEMENTS: [(&str, u32, &str, &str); 14] = [
    ("CREATE INDEX CONCURRENTLY ON depot (name)", 0, "depot", "SHARE"),
    ("CREATE UNIQUE INDEX CONCURRENTLY ON depot (id, name)", 0, "depot", "SHARE"),
    ("DROP INDEX CONCURRENTLY depot_name", 0, "depot", "SHARE"),
    ("REINDEX INDEX CONCURRENTLY depot_name", 0, "depot", "SHARE"),
    ("REINDEX TABLE CONCURRENTLY depot", 0, "depot", "SHARE"),
    ("VACUUM depot", 0, "depot", "SHARE"),
    ("VACUUM (FULL) depot", 0, "depot", "ACCESS SHARE"),
    ("VACUUM (FULL, ANALYZE) plain", 0, "plain", "ACCESS SHARE"),
    ("VACUUM part", 0, "part1", "SHARE"),
    ("VACUUM (ANALYZE) part", 0, "part2low", "SHARE"),
    ("ALTER TABLE hashed DETACH PARTITION hashed0 CONCURRENTLY", 0, "hashed", "SHARE"),
    ("REPACK (CONCURRENTLY) depot", 19, "depot", "SHARE"),
    ("REINDEX TABLE hashed", 0, "hashed0", "ROW EXCLUSIVE"),
    // The last one: it leaves the partition half detached.
    ("ALTER TABLE hashed DETACH PARTITION hashed0 CONCURRENTLY", 0, "hashed0", "ACCESS SHARE"),
];

/// Returns the lock on the table that the statement waits for.
fn awaited(server: &Server, statement: &str, table: &str, held: &str) -> Result<String> {
    let mut holder = server.connect("locks")?;
    holder.batch_execute(&format!("BEGIN; LOCK TABLE {table} IN {held} MODE"))?;
    let mut waiter = server.connect("locks")?;
    let token = waiter.cancel_token();
    scope(|threads| {
        let running = threads.spawn(move || waiter.batch_execute(statement));
        let mode = waited_for(&mut holder, table);
        token.cancel_query(NoTls)?;
        let outcome = running.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        ensure!(outcome.is_err(), "{statement} did not wait");
        mode
    })
}

fn waited_for(watcher: &mut Client, table: &str) -> Result<String> {
    let query = "SELECT mode FROM pg_locks WHERE relation = $1::text::regclass AND NOT granted";
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(30) {
        if let Some(row) = watcher.query_opt(query, &[&table])? {
            return Ok(row.get(0));
        }
        sleep(Duration::from_millis(5));
    }
    bail!("nothing waits for {table}")
}

#[test]
fn precheck_tells_locks_that_are_awaited_outside_transactions() -> Result<()> {
    let server = Server::start(&["wal_level = logical"])?;
    let mut client = server.database("locks")?;
    client.batch_execute("SET client_min_messages = warning")?;
    client.batch_execute(crate::locks::SCHEMA)?;
    let mut compared = 0;
    for (statement, since, table, held) in STATEMENTS {
        if since > server.major() {
            continue;
        }
        let told = told(&mut client, statement, 1, "autocommit").context(statement)?;
        let mode = told.first().and_then(|told| told.locks.get(&format!("public.{table}")).copied());
        let mode = mode.map_or("nothing", |mode| MODES[mode]);
        let awaited = awaited(&server, statement, table, held).context(statement)?;
        ensure!(mode == awaited, "{statement}, {table}: told {mode}, awaited {awaited}");
        compared += 1;
    }
    report!("{compared} statements wait for the locks that are told");
    Ok(())
}
