//! Fences concurrent with everything that holds SHARE UPDATE EXCLUSIVE, or waits for snapshots and
//! locks of other sessions.

use crate::fixtures::{DATABASE, invalid_indexes};
use anyhow::Result;
use cluster::{Load, Server, Tally, report, sized};
use postgres::Client;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

const SCHEMA: &str = "
    CREATE TABLE built (id serial PRIMARY KEY, x int);
    CREATE TABLE rebuilt (id serial PRIMARY KEY, x int);
    CREATE TABLE vacuumed (id serial PRIMARY KEY, x int);
    CREATE TABLE analyzed (id serial PRIMARY KEY, x int);
    CREATE TABLE parted (id bigserial PRIMARY KEY, x int) PARTITION BY RANGE (id);
    CREATE TABLE rest PARTITION OF parted FOR VALUES FROM (0) TO (MAXVALUE);
    CREATE TABLE low PARTITION OF parted FOR VALUES FROM (MINVALUE) TO (0)";

const TABLES: [&str; 5] = ["built", "rebuilt", "vacuumed", "analyzed", "parted"];

fn server() -> Result<(Server, Client)> {
    // The server checks for deadlocks almost immediately.
    let server = Server::start(&["deadlock_timeout = '5ms'", "max_connections = 40", "autovacuum = off"])?;
    let mut client = server.database(DATABASE)?;
    client.batch_execute(SCHEMA)?;
    Ok((server, client))
}

/// Starts writers, readers and fences, and sessions that lock tables or wait for snapshots.
/// `given_up` counts the fences that have given up.
fn load(server: &Server, given_up: &Arc<AtomicI64>) -> Result<Load> {
    let mut load = Load::default();
    load.add(server, DATABASE, "writers", 4, |client, random| {
        let table = TABLES[random.usize(..TABLES.len())];
        let mut transaction = client.transaction()?;
        transaction.batch_execute(&format!("INSERT INTO {table} (x) VALUES (1)"))?;
        sleep(Duration::from_millis(random.u64(..30)));
        transaction.commit()
    })?;
    // Their snapshots delay a build, so that fences begin meanwhile.
    load.add(server, DATABASE, "readers", 2, |client, random| {
        let mut transaction =
            client.build_transaction().isolation_level(postgres::IsolationLevel::RepeatableRead).start()?;
        transaction.query_one("SELECT count(*) FROM pg_class", &[])?;
        sleep(Duration::from_millis(random.u64(..100)));
        transaction.commit()
    })?;
    load.add(server, DATABASE, "create index", 1, |client, _| {
        client.batch_execute("DROP INDEX IF EXISTS built_x")?;
        client.batch_execute("CREATE INDEX CONCURRENTLY built_x ON built (x)")
    })?;
    load.add(server, DATABASE, "reindex", 1, |client, _| client.batch_execute("REINDEX TABLE CONCURRENTLY rebuilt"))?;
    load.add(server, DATABASE, "vacuum", 1, |client, _| client.batch_execute("VACUUM vacuumed"))?;
    load.add(server, DATABASE, "analyze", 1, |client, _| client.batch_execute("ANALYZE analyzed"))?;
    load.add(server, DATABASE, "detach", 1, |client, _| {
        client.batch_execute("ALTER TABLE parted DETACH PARTITION low CONCURRENTLY")?;
        client.batch_execute("ALTER TABLE parted ATTACH PARTITION low FOR VALUES FROM (MINVALUE) TO (0)")
    })?;
    let count = Arc::clone(given_up);
    load.add(server, DATABASE, "fences", 3, move |client, random| {
        let call = match random.usize(..=TABLES.len()) {
            index if index < TABLES.len() => format!("seq_resync_table('{}', fence => true)", TABLES[index]),
            _ => "seq_resync(fence => true)".to_owned(),
        };
        let unfenced = client.query_one(&format!("SELECT count(*) FROM {call} WHERE detail ~ 'not fenced'"), &[])?;
        count.fetch_add(unfenced.get(0), Ordering::Relaxed);
        Ok(())
    })?;
    Ok(load)
}

/// Lets the load run for this time, and returns what each kind of client did, also as text.
fn race(load: Load, time: Duration) -> (BTreeMap<&'static str, Tally>, String) {
    let started = Instant::now();
    while started.elapsed() < time {
        assert!(!load.has_lost_one(), "a client has ended early");
        sleep(Duration::from_millis(100));
    }
    let tallies = load.stop();
    let done: Vec<String> = tallies.iter().map(|(kind, tally)| format!("{} {kind}", tally.done)).collect();
    let done = done.join(", ");
    (tallies, done)
}

#[test]
fn fence_causes_no_deadlock_and_no_invalid_index() -> Result<()> {
    let time = Duration::from_secs(sized("FLIGHTCHECK_FENCE_SECONDS", 8, 30));
    let (server, mut client) = server()?;
    let (tallies, done) = race(load(&server, &Arc::default())?, time);
    for (kind, tally) in &tallies {
        tally.must_be_clean(kind, &[]);
    }
    assert_eq!(invalid_indexes(&mut client)?, [""; 0]);
    report!("in {} s {done}: no failure, no invalid index", time.as_secs());
    Ok(())
}

/// Adds writers that wait for the index build, which waits for the fences' snapshots. Such writers
/// deadlock with the build even without a fence: looking up a table takes a snapshot as well.
#[test]
fn fence_avoids_deadlock_with_writers_behind_build() -> Result<()> {
    let time = Duration::from_secs(sized("FLIGHTCHECK_FENCE_SECONDS", 8, 30));
    let (server, _client) = server()?;
    let given_up = Arc::default();
    let mut load = load(&server, &given_up)?;
    load.add(&server, DATABASE, "writers behind a build", 2, |client, _| {
        client.batch_execute("BEGIN; INSERT INTO analyzed (x) VALUES (1)")?;
        let done = client.batch_execute("LOCK TABLE built IN SHARE UPDATE EXCLUSIVE MODE");
        client.batch_execute("ROLLBACK")?;
        done
    })?;
    let (tallies, done) = race(load, time);
    for (kind, tally) in &tallies {
        let is_build = ["create index", "writers behind a build"].contains(kind);
        tally.must_be_clean(kind, if is_build { &["40P01"] } else { &[] });
    }
    // A deadlock report lists the statements of all sessions in it.
    let log = server.log();
    let named = log.lines().find(|line| line.contains("Process ") && line.contains("seq_resync"));
    assert!(named.is_none(), "{named:?}");
    let given_up = given_up.load(Ordering::Relaxed);
    assert!(given_up > 0, "no fence had to give up: {done}");
    let deadlocks = log.matches("deadlock detected").count();
    report!("in {} s {done}: {deadlocks} deadlocks, none with a fence; {given_up} fences gave up", time.as_secs());
    Ok(())
}
