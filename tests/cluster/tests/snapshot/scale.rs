//! 10,000 tables with default settings, names of maximum length, and snapshots of more than 10 MB.

use crate::difference::{Difference, compare, parse, portable_snapshot, snapshot, try_compare};
use anyhow::{Context, Result, ensure};
use cluster::{Sampler, Server, install_portable, own_memory, report, sized, state_of};
use postgres::Client;
use rustix::process::{Pid, Signal, kill_process};
use std::thread::sleep;
use std::time::{Duration, Instant};

const DATABASE: &str = "scale";
/// How many tables are created in one transaction, whose locks have to fit into the lock table.
const BATCH: i64 = 500;
/// The most locks that a call holds at once, for any number of tables: those on the catalogs of one
/// query and their indexes.
const MAX_LOCKS: i64 = 60;
/// The most memory that a call takes for each table, in kB, mostly in the server's caches.
const MAX_MEMORY: i64 = 100;

/// Creates tables, columns, constraints and indexes with names of 63 bytes.
fn create_tables(client: &mut Client, count: i64) -> Result<()> {
    client.batch_execute("CREATE SCHEMA s")?;
    client.batch_execute(
        "CREATE FUNCTION long(text, int) RETURNS text LANGUAGE sql AS $$ SELECT rpad($1 || $2, 63, 'long name ') $$",
    )?;
    for first in (1..=count).step_by(BATCH as usize) {
        client.batch_execute(&format!(
            "DO $$ BEGIN
                FOR i IN {first}..{last} LOOP
                    EXECUTE format('CREATE TABLE s.%I (%I serial CONSTRAINT %I PRIMARY KEY, %I text DEFAULT ''x'' CONSTRAINT %I CHECK (%4$I <> ''y''), %I numeric(10, 2), %I timestamptz)',
                        long('table ', i), long('id ', 1), long('key ', i), long('note ', 2), long('check ', 3), long('amount ', 4), long('at ', 5));
                    EXECUTE format('CREATE INDEX %I ON s.%I (%I)', long('index ', i), long('table ', i), long('note ', 2));
                    EXECUTE format('INSERT INTO s.%I (%I) VALUES (%L), (%L)', long('table ', i), long('note ', 2), i, i);
                END LOOP;
            END $$",
            last = count.min(first + BATCH - 1)
        ))?;
    }
    Ok(())
}

/// Runs `work` on this many tables. Returns its result, and its time, most locks and memory as
/// text.
fn measure<T>(
    server: &Server,
    client: &mut Client,
    tables: i64,
    work: impl FnOnce(&mut Client) -> Result<T>,
) -> Result<(T, String)> {
    let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[])?.get(0);
    let sampler = Sampler::start(server, DATABASE, pid, Duration::from_millis(1))?;
    let began = Instant::now();
    let outcome = work(client)?;
    let took = began.elapsed().as_secs_f64();
    let memory = sampler.peak();
    ensure!(memory < MAX_MEMORY * tables + 100_000, "{memory} kB of memory");
    let (samples, most) = sampler.stop()?;
    ensure!(samples > 50 && most > 0 && most <= MAX_LOCKS, "{most} locks in {samples} samples");
    Ok((outcome, format!("{took:.1} s, {most} locks at most, {} MB at most", memory / 1024)))
}

#[test]
fn snapshot_of_many_tables_holds_few_locks() -> Result<()> {
    let tables: i64 = sized("FLIGHTCHECK_SCALE_TABLES", 2_000, 10_000);
    let server = Server::start(&["autovacuum = off", "max_locks_per_transaction = 64"])?;
    create_tables(&mut server.database(DATABASE)?, tables)?;
    let mut client = server.connect(DATABASE)?;
    let mut source = String::new();
    for arguments in ["exact => false", "", "checksum => true"] {
        let (taken, figures) = measure(&server, &mut client, tables, |client| snapshot(client, arguments))?;
        report!("{tables} tables, db_snapshot({arguments}): {figures}; {} kB", taken.len() / 1024);
        assert_eq!(parse(&taken)?["contents"]["tables"], tables);
        source = taken;
    }
    assert!(source.len() as i64 > 1000 * tables, "{}", source.len());
    let (found, figures) = measure(&server, &mut client, tables, |client| compare(client, &source, None))?;
    assert!(found.is_empty(), "{found:#?}");
    report!("{tables} tables, with this database: {figures}");
    let began = Instant::now();
    assert!(compare(&mut client, &source, Some(&source))?.is_empty());
    report!("{tables} tables, two snapshots: {:.1?}", began.elapsed());

    // First one damaged table, then all of them.
    client.batch_execute(&format!(
        "DO $$ BEGIN EXECUTE format('DELETE FROM s.%I WHERE %I = 1', long('table ', {}), long('id ', 1)); END $$",
        tables / 2
    ))?;
    let found = compare(&mut client, &source, None)?;
    let kinds: Vec<_> = found.iter().map(|difference| difference.kind.as_str()).collect();
    assert_eq!(kinds, ["rows_fewer"], "{found:#?}");
    let empty = server.database("empty")?;
    drop(empty);
    let mut empty = server.connect("empty")?;
    let began = Instant::now();
    let found = compare(&mut empty, &source, None)?;
    let kinds: Vec<_> = found.iter().map(Difference::summary).map(|(_, kind, _)| kind).collect();
    // The function that makes the names is missing as well.
    assert_eq!(kinds, ["schema_missing", "object_missing", "identity"], "{:#?}", &found[..found.len().min(5)]);
    report!("{tables} tables, with an empty database: {:.1?}", began.elapsed());
    empty.batch_execute("CREATE SCHEMA s")?;
    let found = compare(&mut empty, &source, None)?;
    assert_eq!(found.len() as i64, tables + 2, "{:#?}", &found[..found.len().min(5)]);
    check_cancel(&mut client, &source)
}

/// Locks are released with the rollback of a block, whatever the number of tables.
#[test]
fn portable_snapshot_of_many_tables_holds_few_locks() -> Result<()> {
    let tables: i64 = sized("FLIGHTCHECK_SCALE_TABLES", 1_000, 10_000);
    let server = Server::start(&["autovacuum = off", "max_locks_per_transaction = 64"])?;
    create_tables(&mut server.database(DATABASE)?, tables)?;
    let mut client = server.connect(DATABASE)?;
    install_portable(&mut client)?;
    for arguments in ["exact => false", ""] {
        let (taken, figures) = measure(&server, &mut client, tables, |client| portable_snapshot(client, arguments))?;
        report!("{tables} tables, portable db_snapshot({arguments}): {figures}; {} kB", taken.len() / 1024);
        let began = Instant::now();
        let same = snapshot(&mut client, arguments)?;
        report!("{tables} tables, db_snapshot({arguments}): {:.1?}", began.elapsed());
        assert!(compare(&mut client, &taken, Some(&same))?.is_empty());
    }
    Ok(())
}

/// Checks timeouts at several moments of a snapshot and of a comparison.
fn check_cancel(client: &mut Client, source: &str) -> Result<()> {
    let began = Instant::now();
    snapshot(client, "checksum => true")?;
    let took = began.elapsed().as_millis();
    for milliseconds in [20, 8, 2].map(|part| (took / part).max(1)) {
        client.batch_execute(&format!("SET statement_timeout = {milliseconds}"))?;
        let began = Instant::now();
        let result = client.batch_execute("SELECT db_snapshot(checksum => true)");
        assert_eq!(state_of(result).code(), "57014");
        let late = began.elapsed().as_millis() - milliseconds;
        assert!(late < 1000, "canceled {late} ms late");
        client.batch_execute("SET statement_timeout = 0")?;
        let locks = "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' AND relation <> 'pg_locks'::regclass";
        assert_eq!(client.query_one(locks, &[])?.get::<_, i64>(0), 0);
    }
    let began = Instant::now();
    assert!(compare(client, source, Some(source))?.is_empty());
    client.batch_execute(&format!("SET statement_timeout = {}", (began.elapsed().as_millis() / 3).max(1)))?;
    let began = Instant::now();
    assert_eq!(state_of(try_compare(client, source, Some(source))).code(), "57014");
    assert!(began.elapsed() < Duration::from_secs(2), "canceled after {:?}", began.elapsed());
    Ok(())
}

/// Many calls in one session take no more memory than a few.
#[test]
fn snapshot_releases_memory() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    let mut client = server.database(DATABASE)?;
    create_tables(&mut client, 300)?;
    client.batch_execute(
        "CREATE TABLE s.large AS SELECT i AS id, repeat(md5(i::text), 100) AS text, ARRAY[i, i] AS numbers, jsonb_build_object('i', i) AS doc FROM generate_series(1, 50000) i",
    )?;
    let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[])?.get(0);
    let mut peaks = Vec::new();
    for _ in 0..6 {
        let source = snapshot(&mut client, "checksum => true")?;
        compare(&mut client, &source, None)?;
        peaks.push(own_memory(pid)? / 1024);
    }
    ensure!(peaks[5] <= peaks[1] + 5, "{peaks:?} MB");
    report!("after each of 6 snapshots and comparisons: {peaks:?} MB");
    Ok(())
}

/// Stops the backend for a while, since the time that a snapshot takes depends on the machine.
#[test]
fn snapshot_long_run_reports_progress() -> Result<()> {
    let server = Server::start(&["autovacuum = off", "max_parallel_workers_per_gather = 0"])?;
    server.database(DATABASE)?.batch_execute(
        "CREATE TABLE t (a text, b numeric, c timestamptz, d int[]);
         INSERT INTO t SELECT md5(i::text), i / 7.0, now() + i * interval '1 second', ARRAY[i, i + 1] FROM generate_series(1, 200000) i;
         DO $$ BEGIN FOR i IN 1..12 LOOP EXECUTE format('CREATE TABLE t%s AS TABLE t', i); END LOOP; END $$",
    )?;
    let (mut client, notices) = server.connect_noting(DATABASE)?;
    let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[])?.get(0);
    let backend = Pid::from_raw(pid).context("not a pid")?;
    std::thread::scope(|scope| {
        let taken = scope.spawn(|| snapshot(&mut client, "checksum => true"));
        sleep(Duration::from_millis(300));
        kill_process(backend, Signal::STOP)?;
        sleep(Duration::from_secs(6));
        kill_process(backend, Signal::CONT)?;
        taken.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })?;
    let messages: Vec<String> = notices.take().iter().map(|notice| notice.message().to_owned()).collect();
    assert!(messages.iter().any(|message| message.contains(" of 13 tables")), "{messages:?}");
    report!("{}", messages.join("; "));
    client.batch_execute("SET client_min_messages = warning")?;
    snapshot(&mut client, "")?;
    assert!(notices.take().is_empty());
    Ok(())
}
