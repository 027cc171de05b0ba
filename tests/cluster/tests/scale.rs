//! 20,000 tables in one call, with default settings: locks, memory, and how fast a cancel request
//! works.

use anyhow::Result;
use cluster::{Sampler, Server, own_memory, report, sized, state_of};
use postgres::{Client, NoTls};
use std::thread::sleep;
use std::time::{Duration, Instant};

const DATABASE: &str = "scale";
/// How many tables are created in one transaction, whose locks have to fit into the lock table.
const BATCH: i64 = 1000;

/// Creates tables `t1`, `t2`, …; the sequence of every tenth is behind.
fn create_tables(client: &mut Client, count: i64) -> Result<()> {
    for first in (1..=count).step_by(BATCH as usize) {
        client.batch_execute(&format!(
            "DO $$ BEGIN
                FOR i IN {first}..{last} LOOP
                    EXECUTE format('CREATE TABLE t%s (id serial PRIMARY KEY)', i);
                    IF i % 10 = 0 THEN EXECUTE format('INSERT INTO t%s VALUES (1), (2), (3)', i); END IF;
                END LOOP;
            END $$",
            last = count.min(first + BATCH - 1)
        ))?;
    }
    Ok(())
}

fn backend(client: &mut Client) -> Result<i32> {
    Ok(client.query_one("SELECT pg_backend_pid()", &[])?.get(0))
}

/// Returns the size of the backend's memory contexts, in kB.
fn contexts(client: &mut Client) -> Result<i64> {
    let query = "SELECT (sum(total_bytes) / 1024)::bigint FROM pg_backend_memory_contexts";
    Ok(client.query_one(query, &[])?.get(0))
}

fn count(client: &mut Client, call: &str, condition: &str) -> Result<i64> {
    Ok(client.query_one(&format!("SELECT count(*) FROM {call} WHERE {condition}"), &[])?.get(0))
}

#[test]
fn seq_audit_of_many_tables_holds_few_locks_and_little_memory() -> Result<()> {
    let tables: i64 = sized("FLIGHTCHECK_SCALE_TABLES", 5_000, 20_000);
    let server = Server::start(&["shared_buffers = '512MB'", "autovacuum = off"])?;
    create_tables(&mut server.database(DATABASE)?, tables)?;

    check_cancel(&server)?;

    // The memory of a session that has opened every relation once, mostly its relation cache.
    let mut client = server.connect(DATABASE)?;
    let opener = backend(&mut client)?;
    for class in ["r", "i", "S"] {
        let sizes = format!("SELECT sum(pg_relation_size(oid)) FROM pg_class WHERE relkind = '{class}'");
        client.batch_execute(&sizes)?;
    }
    let opening = own_memory(opener)?;
    drop(client);

    let mut client = server.connect(DATABASE)?;
    let pid = backend(&mut client)?;
    let sampler = Sampler::start(&server, DATABASE, pid, Duration::ZERO)?;
    let started = Instant::now();
    assert_eq!(count(&mut client, "seq_audit()", "true")?, tables);
    let elapsed = started.elapsed();
    let peak = sampler.peak();
    let audited = contexts(&mut client)?;
    assert_eq!(count(&mut client, "seq_audit()", "status = 'behind'")?, tables / 10);
    assert_eq!(count(&mut client, "seq_resync(dry_run => true)", "outcome = 'would_advance'")?, tables / 10);
    assert_eq!(count(&mut client, "seq_resync()", "outcome = 'advanced'")?, tables / 10);
    assert_eq!(count(&mut client, "seq_resync()", "outcome <> 'unchanged'")?, 0);
    let asserted: i64 = client.query_one("SELECT seq_assert()", &[])?.get(0);
    assert_eq!(asserted, tables);
    let (later_peak, (samples, locks)) = (sampler.peak(), sampler.stop()?);
    assert!(locks > 0 && samples > 100, "the sampler saw no locks");
    assert!(locks <= 32, "{locks} locks at a time");
    report!(
        "{tables} tables: seq_audit, seq_resync(dry_run), seq_resync, seq_assert in one call each; first audit {elapsed:.1?}"
    );
    report!("at most {locks} locks at a time in {samples} samples");

    // Every function has been called once, so the caches are filled.
    let settled = contexts(&mut client)?;
    for _ in 0..3 {
        client.batch_execute(
            "SELECT count(*) FROM seq_audit(); SELECT count(*) FROM seq_resync(); SELECT seq_assert()",
        )?;
    }
    let later = contexts(&mut client)?;
    report!(
        "memory contexts: {audited} kB after the first audit, {settled} kB after each call once, {later} kB after nine more"
    );
    assert!(later <= settled + settled / 50, "the backend's contexts grew from {settled} to {later} kB");
    report!(
        "peak {peak} kB in the first audit, {later_peak} kB in all calls; opening every relation once: {opening} kB"
    );
    assert!(peak < 2 * opening, "the first audit took {peak} kB, opening every relation {opening} kB");
    Ok(())
}

/// Cancels calls at several moments of their first half. Checks that each ends at once with 57014
/// and holds no lock afterwards.
fn check_cancel(server: &Server) -> Result<()> {
    // The first call of a session takes longest.
    let started = Instant::now();
    count(&mut server.connect(DATABASE)?, "seq_audit()", "true")?;
    let elapsed = started.elapsed();
    let mut cancelled = 0;
    let mut slowest = Duration::ZERO;
    for (eighths, call) in
        [(1, "seq_audit()"), (2, "seq_resync(dry_run => true)"), (3, "seq_audit()"), (4, "seq_assert()")]
    {
        let mut client = server.connect(DATABASE)?;
        let pid = backend(&mut client)?;
        let token = client.cancel_token();
        let canceler = std::thread::spawn(move || {
            sleep(elapsed * eighths / 8);
            let asked = Instant::now();
            token.cancel_query(NoTls).map(|()| asked)
        });
        let result = client.batch_execute(&format!("SELECT count(*) FROM {call}"));
        let asked = canceler.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        assert_eq!(state_of(result).code(), "57014", "{call}");
        slowest = slowest.max(asked.elapsed());
        cancelled += 1;
        // The error reaches the client before the transaction is over.
        client.batch_execute("")?;
        let held = format!("SELECT format('%s on %s %s', mode, locktype, relation) FROM pg_locks WHERE pid = {pid}");
        let held = server.connect(DATABASE)?.query(&held, &[])?;
        let held: Vec<String> = held.iter().map(|row| row.get(0)).collect();
        assert!(held.is_empty(), "after {call} was canceled: {held:?}");
    }
    assert!(slowest < Duration::from_secs(1), "a cancel request took {slowest:?}");
    report!("{cancelled} calls canceled with 57014, the slowest after {slowest:.0?}; no lock left");
    Ok(())
}
