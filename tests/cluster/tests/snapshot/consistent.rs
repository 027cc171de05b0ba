//! A snapshot shows one moment in time, even with concurrent writers.

use crate::difference::{compare, parse, portable_snapshot, snapshot};
use anyhow::{Context, Result};
use cluster::{Load, Server, install_portable, report, sized};
use postgres::{Client, IsolationLevel};
use std::time::{Duration, Instant};

const TABLES: usize = 6;
const ROWS: i64 = 20_000;

/// Creates tables between which rows are moved, so that their total number never changes.
fn create(server: &Server) -> Result<Client> {
    let mut client = server.database("moving")?;
    for number in 0..TABLES {
        client.batch_execute(&format!(
            "CREATE TABLE t{number} (id bigint PRIMARY KEY, note text) WITH (fillfactor = 50, autovacuum_enabled = off);
             INSERT INTO t{number} SELECT {number} * {ROWS} + i, repeat('x', 100) FROM generate_series(1, {ROWS}) i"
        ))?;
    }
    client.batch_execute("ANALYZE")?;
    Ok(client)
}

fn move_rows(server: &Server) -> Result<Load> {
    let mut load = Load::default();
    load.add(server, "moving", "movers", 2, |client, random| {
        let (from, to) = (random.usize(..TABLES), random.usize(..TABLES));
        client.batch_execute(&format!(
            "WITH gone AS (DELETE FROM t{from} WHERE ctid IN (SELECT ctid FROM t{from} LIMIT {}) RETURNING *)
             INSERT INTO t{to} SELECT * FROM gone",
            random.u8(1..50)
        ))
    })?;
    Ok(load)
}

/// Returns the number of rows that a snapshot has counted in all tables.
fn rows_of(snapshot: &str) -> Result<i64> {
    let snapshot = parse(snapshot)?;
    let tables = snapshot["schemas"]["public"]["tables"].as_object().context("no tables")?;
    tables.values().map(|table| table["rows"]["count"].as_i64().context("no count")).sum()
}

/// Counts by hand, with one query for each table.
fn rows_by_hand(client: &mut Client) -> Result<i64> {
    let mut sum = 0;
    for number in 0..TABLES {
        sum += client.query_one(&format!("SELECT count(*) FROM t{number}"), &[])?.get::<_, i64>(0);
    }
    Ok(sum)
}

/// Errors of movers that conflict with each other.
const CONFLICTS: [&str; 3] = ["40P01", "23505", "40001"];

#[test]
fn snapshot_with_concurrent_moves_counts_each_row_once() -> Result<()> {
    let time = Duration::from_secs(sized("FLIGHTCHECK_MOVING_SECONDS", 4, 12));
    let server = Server::start(&["shared_buffers = '256MB'"])?;
    let mut client = create(&server)?;
    install_portable(&mut client)?;
    let all = TABLES as i64 * ROWS;
    assert_eq!(rows_of(&snapshot(&mut client, "")?)?, all);
    let load = move_rows(&server)?;
    let (began, mut snapshots, mut wrong_by_hand) = (Instant::now(), 0, 0);
    while began.elapsed() < time {
        for arguments in ["", "checksum => true", "'public'"] {
            assert_eq!(rows_of(&snapshot(&mut client, arguments)?)?, all, "db_snapshot({arguments})");
            snapshots += 1;
        }
        assert_eq!(rows_of(&portable_snapshot(&mut client, "'public'")?)?, all, "the portable edition");
        wrong_by_hand += u64::from(rows_by_hand(&mut client)? != all);
    }
    let movers = &load.stop()["movers"];
    movers.must_be_clean("movers", &CONFLICTS);
    // Proves that the test can fail.
    assert!(wrong_by_hand > 0, "the counts by hand were right as well");
    report!(
        "{snapshots} snapshots concurrent with {} moves: all right; {wrong_by_hand} counts by hand were wrong",
        movers.done
    );
    Ok(())
}

/// A transaction's isolation level gives several snapshots of the same moment.
#[test]
fn snapshot_in_repeatable_read_uses_the_transaction_snapshot() -> Result<()> {
    let server = Server::start(&["shared_buffers = '256MB'"])?;
    let mut client = create(&server)?;
    let load = move_rows(&server)?;
    let mut kept = 0;
    for read_only in [false, true] {
        let mut transaction = client
            .build_transaction()
            .isolation_level(if read_only { IsolationLevel::Serializable } else { IsolationLevel::RepeatableRead })
            .read_only(read_only)
            .start()?;
        let first = snapshot(&mut transaction, "checksum => true")?;
        for _ in 0..3 {
            let found = compare(&mut transaction, &first, None)?;
            assert!(found.is_empty(), "{found:#?}");
            kept += 1;
        }
        transaction.commit()?;
        // Proves that the test can fail: the movers are running.
        let began = Instant::now();
        while compare(&mut client, &first, None)?.is_empty() {
            assert!(began.elapsed() < Duration::from_secs(30), "no row was moved");
        }
    }
    load.stop()["movers"].must_be_clean("movers", &CONFLICTS);
    report!(
        "{kept} comparisons in REPEATABLE READ and SERIALIZABLE READ ONLY: no difference despite concurrent writers"
    );
    Ok(())
}

/// Only the calling transaction's uncommitted changes are visible, and not those of the same
/// statement.
#[test]
fn snapshot_sees_own_uncommitted_changes() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    let mut client = server.database("own")?;
    client.batch_execute("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)")?;
    let source = snapshot(&mut client, "")?;
    let mut other = server.connect("own")?;
    let mut transaction = client.transaction()?;
    transaction.batch_execute("INSERT INTO t VALUES (2); CREATE TABLE u (id int); ALTER TABLE t ADD more int")?;
    let found = compare(&mut transaction, &source, None)?;
    let kinds: Vec<_> = found.iter().map(|difference| difference.kind.as_str()).collect();
    assert_eq!(kinds, ["table_extra", "column_extra", "rows_more"], "{found:#?}");
    other.batch_execute("SET lock_timeout = '1s'")?;
    let others = compare(&mut other, &source, None)?;
    // The transaction's lock on the table is reported.
    let kinds: Vec<_> = others.iter().map(|difference| difference.kind.as_str()).collect();
    assert_eq!(kinds, ["rows_unknown"], "{others:#?}");
    transaction.rollback()?;
    assert!(compare(&mut client, &source, None)?.is_empty());
    let statement = "WITH added AS (INSERT INTO t VALUES (3) RETURNING id)
        SELECT (db_snapshot() #>> '{schemas,public,tables,t,rows,count}')::int FROM added";
    assert_eq!(client.query_one(statement, &[])?.get::<_, i32>(0), 1);
    Ok(())
}
