//! Which transactions a fence waits for.

use crate::fixtures::{DATABASE, fence};
use anyhow::Result;
use cluster::{Server, report};

/// `t`, and `p` with a partition.
const SCHEMA: &str = "
    CREATE TABLE t (id serial PRIMARY KEY, part int); INSERT INTO t VALUES (1);
    CREATE TABLE p (id bigserial, part int) PARTITION BY LIST (part);
    CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
    INSERT INTO p VALUES (1, 1)";

/// Transactions that may write ids: what they do before the fence, and what they do once it waits
/// for them.
const WRITERS: [(&str, &str, &str); 11] = [
    ("t", "INSERT INTO t VALUES (100)", "INSERT INTO t VALUES (500)"),
    ("t", "UPDATE t SET part = 1", "INSERT INTO t VALUES (500)"),
    ("t", "LOCK TABLE t IN ROW EXCLUSIVE MODE", "INSERT INTO t VALUES (500)"),
    ("t", "LOCK TABLE t IN SHARE ROW EXCLUSIVE MODE", "INSERT INTO t VALUES (500)"),
    ("t", "LOCK TABLE t IN EXCLUSIVE MODE", "INSERT INTO t VALUES (500)"),
    // The same transaction also holds a lock that the fence does not wait for.
    (
        "t",
        "INSERT INTO t VALUES (100); ANALYZE t; SAVEPOINT s; LOCK TABLE t IN SHARE MODE",
        "INSERT INTO t VALUES (500)",
    ),
    ("t", "SAVEPOINT s; INSERT INTO t VALUES (100)", "INSERT INTO t VALUES (500); RELEASE s"),
    ("p", "INSERT INTO p VALUES (100, 1)", "INSERT INTO p VALUES (500, 1)"),
    ("p", "INSERT INTO p1 VALUES (100, 1)", "INSERT INTO p1 VALUES (500, 1)"),
    // Through the root, without a row in any partition yet.
    ("p", "INSERT INTO p SELECT 1, 1 WHERE false", "INSERT INTO p VALUES (500, 1)"),
    // Into a partition that did not exist when the fence began.
    (
        "p",
        "INSERT INTO p SELECT 1, 1 WHERE false",
        "CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2); INSERT INTO p VALUES (500, 2)",
    ),
];

fn call(table: &str) -> &'static str {
    if table == "t" { "seq_resync_table('t', fence => true)" } else { "seq_resync_table('p', fence => true)" }
}

#[test]
fn fence_waits_for_writer_and_advances_past_its_ids() -> Result<()> {
    let server = Server::start(&[])?;
    let mut observer = server.database(DATABASE)?;
    for (table, before, after) in WRITERS {
        observer.batch_execute(&format!("DROP TABLE IF EXISTS t, p; {SCHEMA}"))?;
        let mut writer = server.connect(DATABASE)?;
        writer.batch_execute(&format!("BEGIN; {before}"))?;
        let fence = fence(&server, call(table))?;
        fence.wait_until_waiting(&mut observer)?;
        writer.batch_execute(&format!("{after}; COMMIT"))?;
        let rows = fence.end()?;
        let seen: Vec<_> = rows.iter().map(|row| (row.outcome.as_str(), row.new_next, row.detail.as_deref())).collect();
        assert_eq!(seen, [("advanced", Some(501), None)], "{before}; {after}");
    }
    report!(
        "{} ways to write ids that are not visible yet: the fence waits for all and advances past their ids",
        WRITERS.len()
    );
    Ok(())
}

#[test]
fn fence_waits_for_prepared_transaction() -> Result<()> {
    let server = Server::start(&["max_prepared_transactions = 2"])?;
    let mut observer = server.database(DATABASE)?;
    for prepared_before in [true, false] {
        observer.batch_execute(&format!("DROP TABLE IF EXISTS t, p; {SCHEMA}"))?;
        let mut writer = server.connect(DATABASE)?;
        writer.batch_execute("BEGIN; INSERT INTO t VALUES (500)")?;
        if prepared_before {
            writer.batch_execute("PREPARE TRANSACTION 'p'")?;
        }
        let fence = fence(&server, call("t"))?;
        fence.wait_until_waiting(&mut observer)?;
        if !prepared_before {
            writer.batch_execute("PREPARE TRANSACTION 'p'")?;
            fence.wait_until_waiting(&mut observer)?;
        }
        assert!(fence.is_running());
        drop(writer);
        observer.batch_execute("COMMIT PREPARED 'p'")?;
        let rows = fence.end()?;
        assert_eq!((rows.len(), rows[0].new_next, rows[0].detail.as_deref()), (1, Some(501), None), "{rows:#?}");
    }
    report!("a fence waits for a transaction that is prepared before or during it until it is committed");
    Ok(())
}

/// Statements that lock the table and write no ids.
const OTHERS: [&str; 6] = [
    "SELECT FROM t",
    "SELECT FROM t FOR UPDATE",
    "LOCK TABLE t IN SHARE UPDATE EXCLUSIVE MODE",
    "ANALYZE t",
    "ALTER TABLE t ALTER part SET STATISTICS 10",
    "LOCK TABLE t IN SHARE MODE",
];

#[test]
fn fence_does_not_wait_for_transactions_without_ids() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database(DATABASE)?;
    client.batch_execute(SCHEMA)?;
    for lock in OTHERS {
        let mut other = server.connect(DATABASE)?;
        other.batch_execute(&format!("BEGIN; {lock}"))?;
        client.batch_execute("SET lock_timeout = '3s'; SELECT setval('t_id_seq', 1, false)")?;
        let rows = cluster::resync(&mut client, call("t"))?;
        assert_eq!((rows[0].outcome.as_str(), rows[0].detail.as_deref()), ("advanced", None), "{lock}: {rows:#?}");
    }
    report!("{} ways to lock a table without writing to it: the fence waits for none", OTHERS.len());
    Ok(())
}

#[test]
fn fence_ends_at_lock_timeout_and_on_cancel() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database(DATABASE)?;
    client.batch_execute(SCHEMA)?;
    let mut writer = server.connect(DATABASE)?;
    writer.batch_execute("BEGIN; INSERT INTO t VALUES (100)")?;
    client.batch_execute("SET lock_timeout = '200ms'")?;
    let rows = cluster::resync(&mut client, call("t"))?;
    let detail = rows[0].detail.as_deref().unwrap_or_default();
    assert_eq!((rows[0].outcome.as_str(), rows[0].new_next), ("advanced", Some(101)), "{rows:#?}");
    assert!(detail.contains("not fenced") && detail.contains("lock_timeout"), "{detail}");

    let fence = fence(&server, call("t"))?;
    fence.wait_until_waiting(&mut client)?;
    client.execute("SELECT pg_cancel_backend($1)", &[&fence.pid])?;
    let error = format!("{:#}", fence.end().err().unwrap_or_else(|| anyhow::anyhow!("not cancelled")));
    assert!(error.contains("57014"), "{error}");
    assert_eq!(client.query_one("SELECT count(*) FROM pg_locks WHERE locktype = 'userlock'", &[])?.get::<_, i64>(0), 0);
    report!("lock_timeout ends a fence with a note in detail, a cancel request ends the statement");
    Ok(())
}

#[test]
fn fence_announces_its_wait_and_blocks_no_session() -> Result<()> {
    let server = Server::start(&[])?;
    let mut observer = server.database(DATABASE)?;
    observer.batch_execute(SCHEMA)?;
    let mut writer = server.connect(DATABASE)?;
    writer.batch_execute("BEGIN; INSERT INTO t VALUES (100)")?;
    let pid: i32 = writer.query_one("SELECT pg_backend_pid()", &[])?.get(0);
    let first = fence(&server, call("t"))?;
    let second = fence(&server, call("t"))?;
    first.wait_until_waiting(&mut observer)?;
    second.wait_until_waiting(&mut observer)?;
    let announced = "SELECT pid, objid::int8::int4 FROM pg_locks WHERE locktype = 'userlock' AND granted ORDER BY 1";
    let mut expected = vec![(first.pid, pid), (second.pid, pid)];
    expected.sort_unstable();
    let rows = observer.query(announced, &[])?;
    assert_eq!(rows.iter().map(|row| (row.get(0), row.get(1))).collect::<Vec<(i32, i32)>>(), expected);
    // Other writers, and even ALTER TABLE, are not blocked meanwhile.
    let mut bystander = server.connect(DATABASE)?;
    bystander.batch_execute("SET lock_timeout = '5s'; INSERT INTO t (part) VALUES (1); ALTER TABLE p ADD extra int")?;
    assert!(first.is_running() && second.is_running());
    writer.batch_execute("COMMIT")?;
    first.end()?;
    second.end()?;
    assert!(observer.query(announced, &[])?.is_empty());
    report!(
        "two fences announce the process they both wait for, and nothing afterwards; other sessions continue meanwhile"
    );
    Ok(())
}
