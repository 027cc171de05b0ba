//! 10,000 tables, each with a key that a sequence feeds, a foreign key, an index and a wrong owner,
//! in one call with default settings.

use crate::finding::flightcheck;
use anyhow::Result;
use cluster::{Sampler, Server, report, sized, state_of};
use postgres::Client;
use std::time::{Duration, Instant};

const DATABASE: &str = "scale";
/// The number of tables that are created in one transaction: their locks must fit as well.
const BATCH: i64 = 500;
/// The most locks of one call at any moment, whatever the number of tables: those on the catalogs
/// of one query, each with all its indexes.
const MOST_LOCKS: i64 = 60;

/// Creates tables `s.t1`, `s.t2`, …, each with a foreign key to the one before.
fn create_tables(client: &mut Client, count: i64) -> Result<()> {
    client.batch_execute("CREATE ROLE app; CREATE SCHEMA s; CREATE TABLE s.t0 (id serial PRIMARY KEY, other int)")?;
    for first in (1..=count).step_by(BATCH as usize) {
        client.batch_execute(&format!(
            "DO $$ BEGIN
                FOR i IN {first}..{last} LOOP
                    EXECUTE format('CREATE TABLE s.t%s (id serial PRIMARY KEY, other int REFERENCES s.t%s); CREATE INDEX ON s.t%1$s (other)', i, i - 1);
                END LOOP;
            END $$",
            last = count.min(first + BATCH - 1)
        ))?;
    }
    Ok(())
}

#[test]
fn scale_locks_are_bounded() -> Result<()> {
    let tables: i64 = sized("FLIGHTCHECK_SCALE_TABLES", 2_000, 10_000);
    let server = Server::start(&["autovacuum = off", "max_locks_per_transaction = 64"])?;
    create_tables(&mut server.database(DATABASE)?, tables)?;
    let mut deep = Duration::ZERO;
    for (arguments, expected) in
        [("", 0), ("expected_owner => 'app', fold => false", tables + 2), ("'s', 'app', true", 2)]
    {
        let mut client = server.connect(DATABASE)?;
        let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[])?.get(0);
        let sampler = Sampler::start(&server, DATABASE, pid, Duration::from_millis(1))?;
        let mut seconds = Vec::new();
        // A call that reads the rows of all tables does not run again from the cache.
        for _ in 0..if arguments.ends_with("true") { 1 } else { 2 } {
            let began = Instant::now();
            let found = flightcheck(&mut client, arguments)?;
            deep = began.elapsed();
            seconds.push(deep.as_secs_f64());
            let some = &found[..found.len().min(3)];
            assert_eq!(found.len() as i64, expected, "flightcheck({arguments}): {some:#?}");
            assert!(found.iter().all(|finding| finding.check == "wrong_owner"), "{some:#?}");
        }
        let (samples, most) = sampler.stop()?;
        report!(
            "{tables} tables, flightcheck({arguments}): {seconds:.1?} s; at most {most} locks in {samples} samples; {expected} rows"
        );
        assert!(samples > 100 && most > 0 && most <= MOST_LOCKS, "{most} locks in {samples} samples");
    }
    cancel_works(&mut server.connect(DATABASE)?, deep)
}

/// Cancels a call at several moments of its duration `took`: a cancelled check is not a failed
/// check.
fn cancel_works(client: &mut Client, took: Duration) -> Result<()> {
    for milliseconds in [40, 20, 4].map(|part| (took.as_millis() / part).max(1)) {
        client.batch_execute(&format!("SET statement_timeout = {milliseconds}"))?;
        let began = Instant::now();
        let result = client.batch_execute("SELECT FROM flightcheck(deep => true)");
        assert_eq!(state_of(result).code(), "57014");
        let late = began.elapsed().as_millis() - milliseconds;
        assert!(late < 2000, "cancelled {late} ms late");
        client.batch_execute("SET statement_timeout = 0")?;
        let locks = "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' AND relation <> 'pg_locks'::regclass";
        assert_eq!(client.query_one(locks, &[])?.get::<_, i64>(0), 0);
    }
    Ok(())
}
