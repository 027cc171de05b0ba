//! Concurrent DDL and locks neither fail a snapshot nor are blocked by it.

use crate::difference::{Difference, compare, parse, snapshot, try_compare};
use anyhow::{Context, Result, ensure};
use cluster::{Load, Sampler, Server, churn, end_churn, report, sized, state_of};
use postgres::{Client, NoTls};
use std::thread::sleep;
use std::time::{Duration, Instant};

#[test]
fn snapshot_with_concurrent_ddl_raises_no_error() -> Result<()> {
    let time = Duration::from_secs(sized("FLIGHTCHECK_DDL_SECONDS", 4, 12));
    let server = Server::start(&["max_connections = 40", "autovacuum_naptime = '1s'"])?;
    let mut client = server.database("ddl")?;
    client.batch_execute(
        "CREATE TABLE steady (id serial PRIMARY KEY, note text); INSERT INTO steady (note) SELECT 'x' FROM generate_series(1, 50000);
         CREATE TABLE parted (id bigserial PRIMARY KEY, note text) PARTITION BY RANGE (id)",
    )?;
    let mut load = Load::default();
    churn(&mut load, &server, "ddl")?;
    load.add(&server, "ddl", "columns", 1, |client, random| {
        let table = format!("comes_{}", random.u8(..20));
        client.batch_execute(&match random.u8(..6) {
            0 => format!("TRUNCATE {table}"),
            1 => format!("ALTER TABLE {table} ALTER a TYPE bigint"),
            2 => format!("ALTER TABLE {table} DROP COLUMN b"),
            3 => format!("ALTER TABLE {table} ADD COLUMN c{} jsonb DEFAULT '[]'", random.u8(..20)),
            4 => format!("ALTER TABLE {table} RENAME COLUMN b TO a_b"),
            _ => format!("ALTER TABLE {table} RENAME TO gone_{}", random.u16(..)),
        })
    })?;
    let (began, mut calls, mut slowest) = (Instant::now(), 0, Duration::ZERO);
    while began.elapsed() < time {
        for arguments in ["", "checksum => true", "exact => false", "'public', checksum => true"] {
            let started = Instant::now();
            let taken = snapshot(&mut client, arguments)?;
            slowest = slowest.max(started.elapsed());
            let steady = &parse(&taken)?["schemas"]["public"]["tables"]["steady"];
            assert!(arguments.starts_with("exact") || steady["rows"]["count"] == 50_000, "{arguments}: {steady}");
            // The snapshot is consistent enough to be parsed.
            compare(&mut client, &taken, Some(&taken))?;
            calls += 1;
        }
    }
    let changes = end_churn(load);
    report!(
        "{calls} snapshots concurrent with {changes} drops, creations and changes: no error, {slowest:.1?} at most"
    );
    Ok(())
}

#[test]
fn snapshot_reports_locked_table_as_unread() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    let mut client = server.database("locked")?;
    client.batch_execute(
        "CREATE TABLE a (id serial PRIMARY KEY); INSERT INTO a SELECT FROM generate_series(1, 10);
         CREATE TABLE b (id serial PRIMARY KEY); INSERT INTO b SELECT FROM generate_series(1, 20);
         CREATE TABLE c (id serial PRIMARY KEY); INSERT INTO c SELECT FROM generate_series(1, 30);
         CREATE TABLE d (id int CHECK (id > 0)); CREATE INDEX ON d (abs(id)) WHERE id > 5",
    )?;
    let source = snapshot(&mut client, "checksum => true")?;
    let mut other = server.connect("locked")?;
    other.batch_execute("BEGIN; LOCK TABLE b, d")?;
    for (setting, most) in [("100ms", 2.0), ("0", 20.0)] {
        client.batch_execute(&format!("SET lock_timeout = '{setting}'"))?;
        let began = Instant::now();
        let taken = parse(&snapshot(&mut client, "checksum => true")?)?;
        let took = began.elapsed().as_secs_f64();
        ensure!(took < most, "{took} s with lock_timeout = {setting}");
        let tables = &taken["schemas"]["public"]["tables"];
        let why = tables["b"]["unread"].as_str().context("b was read")?;
        ensure!(why.contains("lock"), "{why}");
        ensure!(tables["b"]["rows"].is_null() && tables["b"]["checksum"].is_null(), "{}", tables["b"]);
        // The definitions from the catalogs are complete.
        ensure!(tables["b"]["columns"]["id"]["type"] == "integer", "{}", tables["b"]);
        ensure!(tables["a"]["rows"]["count"] == 10 && tables["c"]["rows"]["count"] == 30, "{tables}");
    }
    client.batch_execute("SET lock_timeout = '100ms'")?;
    let found = compare(&mut client, &source, None)?;
    let seen: Vec<_> = found.iter().map(Difference::summary).collect();
    // The server cannot print expressions of a locked table either.
    let expected = [("error", "rows_unknown", "public.b"), ("warning", "definitions_unknown", "public.d")];
    ensure!(seen == expected, "{found:#?}");
    other.batch_execute("ROLLBACK")?;
    ensure!(compare(&mut client, &source, None)?.is_empty());
    report!("a table under ACCESS EXCLUSIVE: {}", found[0].detail());
    Ok(())
}

/// Creates twelve million values, which take several times longer to read than the latest cancel
/// request waits.
fn create_large(server: &Server) -> Result<Client> {
    let mut client = server.database("large")?;
    client.batch_execute(
        "CREATE TABLE large (id bigint, a text, b numeric, c timestamptz);
         INSERT INTO large SELECT i, 'text ' || i, i / 7.0, now() FROM generate_series(1, 3000000) i;
         CREATE TABLE small (id int PRIMARY KEY); INSERT INTO small VALUES (1)",
    )?;
    Ok(client)
}

#[test]
fn snapshot_cancel_ends_it_at_once() -> Result<()> {
    let server = Server::start(&["shared_buffers = '256MB'"])?;
    let mut client = create_large(&server)?;
    client.batch_execute("SET max_parallel_workers_per_gather = 0")?;
    let source = snapshot(&mut client, "checksum => true")?;
    let mut slowest = Duration::ZERO;
    for after in [20, 50, 80] {
        let token = client.cancel_token();
        let canceler = std::thread::spawn(move || {
            sleep(Duration::from_millis(after));
            let asked = Instant::now();
            token.cancel_query(NoTls).map(|()| asked)
        });
        let outcome = try_compare(&mut client, &source, None);
        let ended = Instant::now();
        let asked = canceler.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        assert_eq!(state_of(outcome).code(), "57014");
        slowest = slowest.max(ended.duration_since(asked));
    }
    for milliseconds in [30, 80] {
        client.batch_execute(&format!("SET statement_timeout = {milliseconds}"))?;
        let began = Instant::now();
        assert_eq!(state_of(client.query("SELECT db_snapshot(checksum => true)", &[])).code(), "57014");
        slowest = slowest.max(began.elapsed().saturating_sub(Duration::from_millis(milliseconds)));
        client.batch_execute("SET statement_timeout = 0")?;
    }
    assert!(slowest < Duration::from_secs(1), "a cancel request took {slowest:?}");
    let held = "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation >= 16384";
    assert_eq!(client.query_one(held, &[])?.get::<_, i64>(0), 0);
    report!("cancel requests and timeouts: 57014 after {slowest:.0?} at most");
    Ok(())
}

/// DROP TABLE waits at most until that table has been read, not for the whole snapshot.
#[test]
fn snapshot_locks_a_table_only_while_reading_it() -> Result<()> {
    let server = Server::start(&["shared_buffers = '256MB'"])?;
    let mut client = create_large(&server)?;
    client
        .batch_execute("SET max_parallel_workers_per_gather = 0; CREATE TABLE zz (id int); CREATE TABLE aa (id int)")?;
    let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[])?.get(0);
    let sampler = Sampler::start(&server, "large", pid, Duration::from_micros(200))?;
    let mut transaction = client.transaction()?;
    snapshot(&mut transaction, "checksum => true")?;
    let left = "SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = relation
        WHERE pid = pg_backend_pid() AND relnamespace = 'public'::regnamespace";
    assert_eq!(transaction.query_one(left, &[])?.get::<_, i64>(0), 0, "locks left after the snapshot");
    transaction.rollback()?;
    let (samples, most) = sampler.stop()?;
    ensure!(samples > 50 && most > 0 && most <= 60, "{most} locks in {samples} samples");

    // While the large table is read, the others are not locked.
    let mut other = server.connect("large")?;
    let reader = std::thread::spawn(move || snapshot(&mut client, "checksum => true"));
    let reading = format!("SELECT EXISTS (SELECT FROM pg_locks WHERE pid = {pid} AND relation = 'large'::regclass)");
    while !other.query_one(&reading, &[])?.get::<_, bool>(0) {
        ensure!(!reader.is_finished(), "the snapshot was not seen to read the large table");
    }
    other.batch_execute("SET lock_timeout = '50ms'; DROP TABLE aa; DROP TABLE zz; TRUNCATE small")?;
    ensure!(!reader.is_finished(), "the snapshot ended before the tables were dropped");
    reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    report!("at most {most} locks in {samples} samples; tables before and after the one being read can be dropped");
    Ok(())
}
