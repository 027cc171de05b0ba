//! The locks that an audit holds while it runs: AccessShareLock on the tables of one foreign key at
//! a time.

use crate::judge::audit;
use crate::oracle::EXTENSION;
use anyhow::Result;
use cluster::{Server, report};
use postgres::Client;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

const DATABASE: &str = "locks";

/// The relations in the test's schemas that a backend has locked, with modes, at one moment.
type Sample = Vec<(String, String)>;

/// Runs `work` while another session repeatedly reads the locks of the backend `pid`.
fn sample_during<T>(server: &Server, pid: i32, work: impl FnOnce() -> Result<T>) -> Result<(T, Vec<Sample>, i64)> {
    let mut watcher = server.connect(DATABASE)?;
    let stop = Arc::new(AtomicBool::new(false));
    let thread = std::thread::spawn({
        let stop = stop.clone();
        move || -> Result<(Vec<Sample>, i64)> {
            let query = watcher.prepare(
                "SELECT c.oid::regclass::text, l.mode, count(*) OVER (),
                        EXISTS (SELECT FROM pg_namespace n WHERE n.oid = c.relnamespace AND nspname = 'public')
                 FROM pg_locks l LEFT JOIN pg_class c ON c.oid = l.relation AND l.locktype = 'relation' WHERE l.pid = $1",
            )?;
            let (mut samples, mut most) = (Vec::new(), 0);
            while !stop.load(Ordering::Relaxed) {
                let mut sample = Sample::new();
                for row in watcher.query(&query, &[&pid])? {
                    most = most.max(row.get::<_, i64>(2));
                    if row.get(3) {
                        sample.push((row.get(0), row.get(1)));
                    }
                }
                if !sample.is_empty() {
                    samples.push(sample);
                }
            }
            Ok((samples, most))
        }
    });
    let outcome = work();
    stop.store(true, Ordering::Relaxed);
    let (samples, most) = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    Ok((outcome?, samples, most))
}

fn pid(client: &mut Client) -> Result<i32> {
    Ok(client.query_one("SELECT pg_backend_pid()", &[])?.get(0))
}

#[test]
fn locks_one_pair_of_tables_at_a_time_for_reading_only() -> Result<()> {
    let server = Server::start(&["shared_buffers = '256MB'", "max_parallel_workers_per_gather = 0"])?;
    let mut client = server.database(DATABASE)?;
    for pair in ["a", "b", "c"] {
        client.batch_execute(&format!(
            "CREATE TABLE {pair}_parent (id int PRIMARY KEY);
             CREATE TABLE {pair}_child (parent int REFERENCES {pair}_parent) PARTITION BY HASH (parent);
             CREATE TABLE {pair}_leaf0 PARTITION OF {pair}_child FOR VALUES WITH (MODULUS 2, REMAINDER 0);
             CREATE TABLE {pair}_leaf1 PARTITION OF {pair}_child FOR VALUES WITH (MODULUS 2, REMAINDER 1);
             INSERT INTO {pair}_parent SELECT generate_series(1, 60000);
             SET session_replication_role = replica;
             INSERT INTO {pair}_child SELECT i % 60001 FROM generate_series(1, 240000) AS i;
             RESET session_replication_role;
             ANALYZE {pair}_parent, {pair}_child"
        ))?;
    }
    let pid = pid(&mut client)?;
    let (rows, samples, most) = sample_during(&server, pid, || {
        // In a transaction, so that a lock that is not released is seen until the end.
        let mut transaction = client.transaction()?;
        let rows = audit(&mut transaction, EXTENSION, None)?;
        let left: i64 = transaction
            .query_one(
                "SELECT count(*) FROM pg_locks JOIN pg_class c ON c.oid = relation
                 WHERE pid = pg_backend_pid() AND relnamespace = 'public'::regnamespace",
                &[],
            )?
            .get(0);
        assert_eq!(left, 0, "locks left after the audit");
        transaction.rollback()?;
        Ok(rows)
    })?;
    let orphans: Vec<_> = rows.iter().map(|row| (row.status.as_str(), row.orphans)).collect();
    assert_eq!(orphans, [("violated", Some(3)); 3], "{rows:#?}");
    let mut seen = BTreeSet::new();
    for sample in &samples {
        let pairs: BTreeSet<_> = sample.iter().map(|(table, _)| table.split('_').next()).collect();
        assert_eq!(pairs.len(), 1, "tables of several foreign keys at once: {sample:?}");
        let others: Vec<_> = sample.iter().filter(|(_, mode)| mode != "AccessShareLock").collect();
        assert!(others.is_empty(), "{others:?}");
        seen.extend(sample.iter().map(|(table, _)| table.as_str()));
    }
    assert!(seen.contains("a_parent") && seen.contains("c_leaf1"), "the sampler saw only {seen:?}");
    assert!(most < 40, "{most} locks at a time");
    report!(
        "{} samples with locks on tables: AccessShareLock, one pair at a time; at most {most} locks",
        samples.len()
    );
    Ok(())
}

#[test]
fn locks_stay_few_with_thousands_of_foreign_keys() -> Result<()> {
    let server = Server::start(&["shared_buffers = '256MB'", "autovacuum = off"])?;
    let mut client = server.database(DATABASE)?;
    client.batch_execute(
        "DO $$ BEGIN FOR i IN 0..299 LOOP EXECUTE format('CREATE TABLE p%s (id int PRIMARY KEY)', i); END LOOP; END $$",
    )?;
    for first in (0..3000).step_by(500) {
        client.batch_execute(&format!(
            "DO $$ BEGIN
                FOR i IN {first}..{first} + 499 LOOP
                    EXECUTE format('CREATE TABLE c%s (id int REFERENCES p%s)', i, i % 300);
                END LOOP;
             END $$"
        ))?;
    }
    client.batch_execute(
        "SET session_replication_role = replica; INSERT INTO c7 VALUES (1), (2); RESET session_replication_role",
    )?;
    let pid = pid(&mut client)?;
    let started = Instant::now();
    let (rows, samples, most) = sample_during(&server, pid, || Ok(audit(&mut client, EXTENSION, None)?))?;
    let took = started.elapsed();
    assert_eq!(rows.len(), 3000);
    assert_eq!((rows[0].status.as_str(), rows[0].orphans), ("violated", Some(2)), "{:?}", rows[0]);
    assert!(rows[1..].iter().all(|row| row.status == "ok"));
    assert!(samples.len() > 20 && most < 40, "{most} locks at a time in {} samples", samples.len());
    report!("3,000 foreign keys in {took:.1?}, at most {most} locks at a time in {} samples", samples.len());
    Ok(())
}
