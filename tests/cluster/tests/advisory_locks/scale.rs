//! Many keys: how long a report takes, what it locks, and that no key is attributed to a tool by
//! chance.

use crate::fixtures::{Session, World};
use anyhow::Result;
use cluster::report;
use fastrand::Rng;
use postgres::Client;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::spawn;
use std::time::{Duration, Instant};

/// Room for about 100,000 locks.
const LOCK_TABLE_SIZE: &str = "max_locks_per_transaction = 1024";

fn count(client: &mut Client) -> Result<i64> {
    Ok(client.query_one("SELECT count(*) FROM advisory_lock_report()", &[])?.get(0))
}

/// Returns the times of a session's first report and of the fastest of several later ones.
fn time(client: &mut Client, rows: i64) -> Result<(Duration, Duration)> {
    let mut times = Vec::new();
    for _ in 0..7 {
        let began = Instant::now();
        assert_eq!(count(client)?, rows);
        times.push(began.elapsed());
    }
    Ok((times[0], times.into_iter().min().unwrap_or_default()))
}

#[test]
fn report_time_with_10000_locks() -> Result<()> {
    let mut world = World::new("app", &[LOCK_TABLE_SIZE])?;
    let mut sessions: Vec<Session> = (0..10).map(|_| world.session("busy")).collect::<Result<_>>()?;
    let mut waiters = Vec::new();
    for (held, wanted) in [(0, 1_000), (1_000, 10_000)] {
        let each = (wanted - held) / 10;
        for (index, session) in sessions.iter_mut().enumerate() {
            let first = held + index as i64 * each;
            // Keys of no known tool, like an application's hashes.
            session.run(&format!(
                "SELECT count(pg_advisory_lock(i * 982451653 + 1000000000000))
                   FROM generate_series({first}::bigint, {}) i",
                first + each - 1
            ))?;
        }
        for _ in 0..10 {
            let key = (waiters.len() as i64 * each % wanted) * 982_451_653 + 1_000_000_000_000;
            let waiter = world.session("waiter")?;
            waiters.push(world.wait(waiter, &format!("SELECT pg_advisory_lock_shared({key})"))?);
        }
        let rows = wanted + waiters.len() as i64;
        let (first, fastest) = time(&mut world.reporter, rows)?;
        let look = Instant::now();
        assert!(world.number("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")? == rows);
        report!(
            "{wanted} locks, {} waiting: first report {first:.1?}, fastest of 7 {fastest:.1?}; pg_locks alone {:.1?}",
            waiters.len(),
            look.elapsed()
        );
    }
    Ok(())
}

/// A meaningless number is not attributed to a tool, however many keys, schemas and tables there
/// are.
#[test]
fn random_keys_are_not_attributed_to_tools() -> Result<()> {
    let mut world = World::new("app_production", &[LOCK_TABLE_SIZE])?;
    let mut random = Rng::with_seed(20_260_926);
    let bigints: Vec<i64> = (0..10_000).map(|_| random.i64(..)).collect();
    // Numbers that people choose: ids, dates, timestamps, 32-bit hashes.
    let chosen: Vec<i64> = (0..2_000)
        .map(|index| match index % 4 {
            0 => random.i64(0..100_000),
            1 => random.i64(20_200_101..20_261_231),
            2 => random.i64(1_500_000_000..1_800_000_000_000),
            _ => i64::from(random.u32(..)),
        })
        .collect();
    let pairs: Vec<i32> = (0..20_000).map(|_| random.i32(..)).collect();
    let (ones, others) = pairs.split_at(10_000);
    let mut holder = world.session("application")?;
    for keys in [&bigints, &chosen] {
        holder.client.execute("SELECT count(pg_advisory_lock(key)) FROM unnest($1::bigint[]) key", &[keys])?;
    }
    let both = "SELECT count(pg_advisory_lock(one, other)) FROM unnest($1::int[], $2::int[]) keys (one, other)";
    holder.client.execute(both, &[&ones, &others])?;
    // With many schemas and tables, a formula yields many keys.
    for schemas in [0, 2_000] {
        if schemas > 0 {
            for first in (0..schemas).step_by(500) {
                world.paste(&format!(
                    "DO $$ BEGIN
                        FOR i IN {first}..{} LOOP EXECUTE format('CREATE SCHEMA tenant_%s', i); END LOOP;
                    END $$",
                    first + 499
                ))?;
            }
        }
        let began = Instant::now();
        let rows = world.report()?;
        let took = began.elapsed();
        let keys = i64::try_from(rows.len())?;
        assert_eq!(keys, world.number("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")?);
        assert!(keys > 21_000, "{keys} keys");
        let named: Vec<_> = rows.iter().filter(|row| row.tool.is_some()).collect();
        assert!(named.is_empty(), "{} keys attributed by chance with {schemas} schemas: {named:#?}", named.len());
        let hinted = rows.iter().filter(|row| row.evidence.is_some()).count();
        report!("{keys} meaningless keys, {schemas} schemas: none attributed, {hinted} with candidates, in {took:.1?}");
    }
    // The key of a known tool is still found among them.
    let rails = world.session("rails")?.with("SELECT pg_advisory_lock(4615154450383096620)")?;
    assert_eq!(world.row("4615154450383096620", rails.pid)?.tool.as_deref(), Some("Rails (ActiveRecord)"));
    Ok(())
}

/// The relations that a report was seen to lock, and the number of samples.
struct Watched {
    relations: Vec<u32>,
    samples: u64,
}

#[test]
fn report_does_not_wait_and_keeps_no_locks() -> Result<()> {
    let mut world = World::new("app", &[])?;
    world.paste(
        "CREATE TABLE _prisma_migrations (id text); CREATE TABLE flyway_schema_history (installed_rank int);
         CREATE TABLE schema_migrations (version bigint, dirty boolean); CREATE TABLE orders (id int)",
    )?;
    // A running migration holds every lock that a report could wait for.
    let _migration = world.session("migration")?.with(
        "SELECT pg_advisory_lock(72707369); BEGIN;
         LOCK TABLE _prisma_migrations, flyway_schema_history, schema_migrations, orders",
    )?;
    let holder = world.session("holder")?.with("SELECT pg_advisory_lock(77433833903597)")?;
    let pid: i32 = world.reporter.query_one("SELECT pg_backend_pid()", &[])?.get(0);
    let stop = Arc::new(AtomicBool::new(false));
    let watcher = spawn({
        let (mut client, stop) = (world.server.connect("app")?, stop.clone());
        move || -> Result<Watched> {
            let query =
                client.prepare("SELECT DISTINCT relation FROM pg_locks WHERE pid = $1 AND relation IS NOT NULL")?;
            let mut watched = Watched { relations: Vec::new(), samples: 0 };
            while !stop.load(Ordering::Relaxed) {
                watched.relations.extend(client.query(&query, &[&pid])?.iter().map(|row| row.get::<_, u32>(0)));
                watched.samples += 1;
            }
            Ok(watched)
        }
    });
    world.paste("SET lock_timeout = '1s'; BEGIN")?;
    for _ in 0..300 {
        assert_eq!(world.report()?.len(), 2);
        world.terminate("'77433833903597', '1h', false")?;
    }
    let kept = format!("SELECT count(*) FROM pg_locks WHERE pid = {pid} AND locktype <> 'virtualxid'");
    assert_eq!(world.number(&kept)?, 0, "the transaction is open, but the locks are released");
    stop.store(true, Ordering::Relaxed);
    let Watched { mut relations, samples } = watcher.join().expect("the watcher")?;
    world.paste("COMMIT")?;
    relations.sort_unstable();
    relations.dedup();
    // OIDs of user objects start at 16384.
    assert!(relations.iter().all(|oid| *oid < 16_384), "a user's table: {relations:?}");
    assert!(!relations.is_empty() && samples > 100, "the watcher saw nothing in {samples} samples");
    assert!(world.is_there(holder.pid)?);
    report!("{samples} samples of 600 calls in one transaction: locks on {} catalogs, none kept", relations.len());
    Ok(())
}
