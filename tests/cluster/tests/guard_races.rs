//! The guard under load: in mode `advance` with concurrent writers of both kinds; its memory; many
//! tables.
//!
//! `FLIGHTCHECK_GUARD_ROUNDS` sets the number of rounds, `FLIGHTCHECK_GUARD_ROWS` the number of
//! rows that are loaded and `FLIGHTCHECK_GUARD_TABLES` the number of tables that one transaction
//! writes to.

use anyhow::{Context, Result};
use cluster::{Load, Notices, Server, Tally, audit, report, setting, sized};
use fastrand::Rng;
use postgres::{Client, Error};
use std::io::Write;
use std::ops::Range;
use std::thread::sleep;
use std::time::{Duration, Instant};

const DATABASE: &str = "guarded";
const WRITERS: u64 = 4;
const ROUND: Duration = Duration::from_millis(500);

/// How the guard sees what is written, if at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Unguarded,
    Armed,
    Preloaded,
}

impl Way {
    fn start(self, settings: &[&str]) -> Result<Server> {
        let mut settings = [settings, &["autovacuum = off", "synchronous_commit = off"]].concat();
        if self == Self::Preloaded {
            settings.extend(["session_preload_libraries = 'pg_flightcheck'", "pg_flightcheck.guard_scope = all"]);
        }
        Server::start(&settings)
    }

    /// Opens a session in a new database, after `setup`.
    fn database(self, server: &Server, setup: &str) -> Result<(Client, Notices)> {
        server.database(DATABASE)?.batch_execute(setup)?;
        let (mut client, notices) = server.connect_noting(DATABASE)?;
        if self == Self::Armed {
            client.batch_execute("SELECT seq_guard_enable()")?;
        }
        Ok((client, notices))
    }
}

fn insert_default(client: &mut Client, _: &mut Rng) -> Result<(), Error> {
    client.execute("INSERT INTO racing (note) VALUES ('default')", &[]).map(|_| ())
}

/// Supplies an id that the sequence is about to generate.
fn insert_explicit(client: &mut Client, random: &mut Rng) -> Result<(), Error> {
    let position: i64 = client.query_one("SELECT last_value FROM racing_id_seq", &[])?.get(0);
    let mut transaction = client.transaction()?;
    transaction.execute("INSERT INTO racing VALUES ($1, 'explicit')", &[&(position + random.i64(1..200))])?;
    if random.u8(..4) == 0 {
        sleep(Duration::from_millis(random.u64(1..5)));
    }
    transaction.commit()
}

/// The results of all rounds of one way.
#[derive(Debug, Default)]
struct Race {
    inserts: u64,
    duplicates: u64,
    explicit: u64,
    left_behind: u64,
    samples: u64,
}

fn race(way: Way, rounds: u64) -> Result<Race> {
    // Otherwise each advance would be logged.
    let server = way.start(&["pg_flightcheck.guard = advance", "pg_flightcheck.guard_log = debug1"])?;
    let (mut client, _) = way.database(&server, "CREATE TABLE racing (id bigserial PRIMARY KEY, note text)")?;
    let (mut race, mut last) = (Race::default(), 0);
    for _ in 0..rounds {
        let mut load = Load::default();
        load.add(&server, DATABASE, "default", WRITERS, insert_default)?;
        load.add(&server, DATABASE, "explicit", WRITERS, insert_explicit)?;
        let started = Instant::now();
        while started.elapsed() < ROUND {
            let seen: i64 = client.query_one("SELECT last_value FROM racing_id_seq", &[])?.get(0);
            assert!(seen >= last, "{way:?}: the sequence went back from {last} to {seen}");
            last = seen;
            race.samples += 1;
            assert!(!load.has_lost_one(), "{way:?}: a client has ended early");
        }
        let tallies = load.stop();
        for (kind, tally) in &tallies {
            tally.must_be_clean(kind, &["23505"]);
        }
        let duplicates = |tally: &Tally| tally.failed_with("23505");
        race.inserts += tallies["default"].done + tallies["default"].failed;
        race.duplicates += duplicates(&tallies["default"]);
        race.explicit += tallies["explicit"].done;
        let is_behind = audit(&mut client, "seq_audit()")?.iter().any(|row| row.status != "ok");
        race.left_behind += u64::from(is_behind);
        if way != Way::Unguarded {
            assert!(!is_behind, "{way:?}: the sequence is behind");
            insert_default(&mut client, &mut Rng::new())?;
        }
    }
    Ok(race)
}

#[test]
fn guard_advance_keeps_sequence_ahead_of_writers() -> Result<()> {
    let rounds = sized("FLIGHTCHECK_GUARD_ROUNDS", 3, 8);
    for way in [Way::Unguarded, Way::Armed, Way::Preloaded] {
        // A few rounds suffice to show the effect of the load without the guard; after a single
        // one, the default inserts may happen to be ahead.
        let rounds = if way == Way::Unguarded { rounds / 4 + 3 } else { rounds };
        let race = race(way, rounds)?;
        report!(
            "{way:?}, {rounds} rounds: {} of {} default inserts failed with a duplicate key ({:.2} %), with {} explicit ones; \
             behind after {} rounds; {} samples: the sequence never went back",
            race.duplicates,
            race.inserts,
            100.0 * race.duplicates as f64 / race.inserts as f64,
            race.explicit,
            race.left_behind,
            race.samples
        );
        // Checks that the load needs the guard.
        assert!(way != Way::Unguarded || (race.duplicates > 0 && race.left_behind > 0));
    }
    Ok(())
}

/// Returns the memory of the session's backend in kB: in its memory contexts, and the private
/// memory of the process.
fn memory(client: &mut Client) -> Result<[i64; 2]> {
    let query = "SELECT pg_backend_pid(), (sum(total_bytes) / 1024)::bigint FROM pg_backend_memory_contexts";
    let row = client.query_one(query, &[])?;
    let status = std::fs::read_to_string(format!("/proc/{}/status", row.get::<_, i32>(0)))?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).context("no RssAnon")?;
    Ok([row.get(1), line.trim().trim_end_matches(" kB").parse()?])
}

/// Rows per statement.
const BATCH: i64 = 1000;

/// Loads rows with these ids in batches, alternately by COPY and by INSERT.
fn load_rows(client: &mut Client, ids: Range<i64>) -> Result<()> {
    for (number, first) in ids.clone().step_by(BATCH as usize).enumerate() {
        let batch = first..ids.end.min(first + BATCH);
        if number % 2 == 0 {
            let mut writer = client.copy_in("COPY loaded (id) FROM STDIN")?;
            batch.into_iter().try_for_each(|id| writeln!(writer, "{id}"))?;
            writer.finish()?;
        } else {
            let rows: Vec<_> = batch.map(|id| format!("({id})")).collect();
            client.batch_execute(&format!("INSERT INTO loaded VALUES {}", rows.join(", ")))?;
        }
    }
    Ok(())
}

/// Loads rows and checks that memory does not grow after the first fifth. Reports how long the
/// first and the last fifth took.
fn load_flat(client: &mut Client, what: &str, ids: Range<i64>) -> Result<()> {
    let fifth = (ids.end - ids.start) / 5;
    let started = Instant::now();
    load_rows(client, ids.start..ids.start + fifth)?;
    let (early, first) = (memory(client)?, started.elapsed());
    load_rows(client, ids.start + fifth..ids.end - fifth)?;
    let started = Instant::now();
    load_rows(client, ids.end - fifth..ids.end)?;
    let (late, last) = (memory(client)?, started.elapsed());
    report!(
        "{what}, {} rows: contexts and process from {early:?} to {late:?} kB; first fifth {first:.1?}, last {last:.1?}",
        ids.end - ids.start
    );
    for (early, late) in early.into_iter().zip(late) {
        assert!(late <= early + 1024, "{what}: memory grew from {early} to {late} kB");
    }
    Ok(())
}

fn check_memory(way: Way) -> Result<()> {
    let rows: i64 = sized("FLIGHTCHECK_GUARD_ROWS", 200_000, 500_000);
    let server = way.start(&["max_wal_size = '8GB'"])?;
    let (mut client, notices) = way.database(&server, "CREATE TABLE loaded (id bigserial PRIMARY KEY, note text)")?;
    load_flat(&mut client, &format!("{way:?}, a transaction for every {BATCH}"), 1..rows + 1)?;
    // The first, and again whenever the ids are ten times as far ahead: 1,000, 10,000, 100,000.
    assert_eq!(notices.take().len() as u32, (rows / BATCH).ilog10() + 1, "warnings");
    client.batch_execute("BEGIN")?;
    load_flat(&mut client, &format!("{way:?}, in one transaction"), rows + 1..2 * rows + 1)?;
    assert_eq!(notices.take().len(), 0, "warnings before the end");
    client.batch_execute("COMMIT")?;
    let told_again = rows.ilog10() != (2 * rows).ilog10();
    assert_eq!(notices.take().len(), usize::from(told_again), "warnings at the end");
    Ok(())
}

#[test]
fn guard_memory_does_not_grow_with_triggers() -> Result<()> {
    check_memory(Way::Armed)
}

#[test]
fn guard_memory_does_not_grow_preloaded() -> Result<()> {
    check_memory(Way::Preloaded)
}

fn touch_many_tables(way: Way) -> Result<()> {
    let tables: usize = setting("FLIGHTCHECK_GUARD_TABLES", 1500);
    let server = way.start(&["max_locks_per_transaction = 1024", "shared_buffers = '256MB'"])?;
    let setup = format!(
        "DO $$ BEGIN FOR i IN 1..{tables} LOOP
            EXECUTE format('CREATE TABLE t%s (id serial PRIMARY KEY)', i);
        END LOOP; END $$"
    );
    let (mut client, notices) = way.database(&server, &setup)?;
    let work = format!(
        "BEGIN; DO $$ BEGIN FOR i IN 1..{tables} LOOP
            EXECUTE format('INSERT INTO t%s VALUES (3)', i);
        END LOOP; END $$"
    );
    client.batch_execute(&work)?;
    notices.take();
    let started = Instant::now();
    client.batch_execute("COMMIT")?;
    let took = started.elapsed();
    let mut named: Vec<_> = notices.take().iter().map(|notice| notice.message().to_owned()).collect();
    named.sort();
    named.dedup();
    assert_eq!(named.len(), tables, "tables named: {:?} …", &named[..named.len().min(3)]);
    // Nothing is left for the next transaction.
    client.batch_execute("BEGIN; INSERT INTO t1 DEFAULT VALUES; COMMIT")?;
    assert!(notices.take().is_empty(), "warnings in the next transaction");
    report!("{way:?}: {tables} tables in one transaction, each named once; COMMIT took {took:.1?}");
    Ok(())
}

#[test]
fn guard_handles_transaction_with_many_tables() -> Result<()> {
    touch_many_tables(Way::Armed)?;
    touch_many_tables(Way::Preloaded)
}
