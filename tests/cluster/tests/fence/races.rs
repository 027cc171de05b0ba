//! Fences concurrent with all that holds SHARE UPDATE EXCLUSIVE, or waits for snapshots and locks
//! of others.

use crate::scene::{DATABASE, invalid_indexes};
use anyhow::Result;
use cluster::{Load, Server, report, setting};
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

#[test]
fn fence_causes_no_deadlock_and_no_invalid_index() -> Result<()> {
    let time = Duration::from_secs(setting("FLIGHTCHECK_FENCE_SECONDS", 30));
    // The server looks for deadlocks at once.
    let server = Server::start(&["deadlock_timeout = '5ms'", "max_connections = 40", "autovacuum = off"])?;
    let mut client = server.database(DATABASE)?;
    client.batch_execute(SCHEMA)?;
    let mut load = Load::default();
    load.add(&server, DATABASE, "writers", 4, |client, random| {
        let table = TABLES[random.usize(..TABLES.len())];
        let mut transaction = client.transaction()?;
        transaction.batch_execute(&format!("INSERT INTO {table} (x) VALUES (1)"))?;
        sleep(Duration::from_millis(random.u64(..30)));
        transaction.commit()
    })?;
    // Their snapshots keep a build waiting, so that fences begin meanwhile.
    load.add(&server, DATABASE, "readers", 2, |client, random| {
        let mut transaction =
            client.build_transaction().isolation_level(postgres::IsolationLevel::RepeatableRead).start()?;
        transaction.query_one("SELECT count(*) FROM pg_class", &[])?;
        sleep(Duration::from_millis(random.u64(..100)));
        transaction.commit()
    })?;
    load.add(&server, DATABASE, "create index", 1, |client, _| {
        client.batch_execute("DROP INDEX IF EXISTS built_x")?;
        client.batch_execute("CREATE INDEX CONCURRENTLY built_x ON built (x)")
    })?;
    load.add(&server, DATABASE, "reindex", 1, |client, _| client.batch_execute("REINDEX TABLE CONCURRENTLY rebuilt"))?;
    load.add(&server, DATABASE, "vacuum", 1, |client, _| client.batch_execute("VACUUM vacuumed"))?;
    load.add(&server, DATABASE, "analyze", 1, |client, _| client.batch_execute("ANALYZE analyzed"))?;
    load.add(&server, DATABASE, "detach", 1, |client, _| {
        client.batch_execute("ALTER TABLE parted DETACH PARTITION low CONCURRENTLY")?;
        client.batch_execute("ALTER TABLE parted ATTACH PARTITION low FOR VALUES FROM (MINVALUE) TO (0)")
    })?;
    load.add(&server, DATABASE, "fences", 3, |client, random| {
        let call = match random.usize(..=TABLES.len()) {
            index if index < TABLES.len() => format!("seq_resync_table('{}', fence => true)", TABLES[index]),
            _ => "seq_resync(fence => true)".to_owned(),
        };
        client.execute(&format!("SELECT {call}"), &[]).map(|_| ())
    })?;
    let started = Instant::now();
    while started.elapsed() < time {
        assert!(!load.has_lost_one(), "a client has ended before its time");
        sleep(Duration::from_millis(100));
    }
    let tallies = load.stop();
    for (who, tally) in &tallies {
        tally.must_be_clean(who, &[]);
    }
    assert_eq!(invalid_indexes(&mut client)?, [""; 0]);
    let done: Vec<String> = tallies.iter().map(|(who, tally)| format!("{} {who}", tally.done)).collect();
    report!("in {} s {}: no failure, no invalid index", time.as_secs(), done.join(", "));
    Ok(())
}
