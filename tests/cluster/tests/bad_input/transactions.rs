//! Transactions of every kind around the calls.

use anyhow::Result;
use cluster::{Ending, Server, audit, report, resync, state_of};
use postgres::Client;

const DATABASE: &str = "transactions";

fn status(client: &mut Client) -> Result<String> {
    let rows = audit(client, "seq_audit()")?;
    assert_eq!(rows.len(), 1, "{rows:#?}");
    Ok(rows[0].status.clone())
}

fn outcome(client: &mut Client, call: &str) -> Result<String> {
    let rows = resync(client, call)?;
    assert_eq!(rows.len(), 1, "{rows:#?}");
    Ok(rows[0].outcome.clone())
}

/// Returns the sequence's next value.
fn next(client: &mut Client) -> Result<i64> {
    Ok(client.query_one("SELECT last_value + is_called::int FROM t_id_seq", &[])?.get(0))
}

#[test]
fn read_only_transaction_allows_audit_and_dry_run() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database(DATABASE)?;
    client.batch_execute("CREATE TABLE t (id serial PRIMARY KEY); INSERT INTO t VALUES (1)")?;
    client.batch_execute("BEGIN READ ONLY")?;
    assert_eq!(status(&mut client)?, "behind");
    assert_eq!(outcome(&mut client, "seq_resync(dry_run => true)")?, "would_advance");
    assert_eq!(outcome(&mut client, "seq_resync_table('t', dry_run => true)")?, "would_advance");
    let is_idle: bool = client.query_one("SELECT pg_current_xact_id_if_assigned() IS NULL", &[])?.get(0);
    assert!(is_idle, "the calls assigned a transaction ID");
    for call in ["seq_resync()", "seq_resync_table('t')", "seq_resync('public', fence => true)"] {
        client.batch_execute("SAVEPOINT s")?;
        assert_eq!(state_of(client.batch_execute(&format!("SELECT {call}"))).code(), "25006", "{call}");
        client.batch_execute("ROLLBACK TO s")?;
    }
    client.batch_execute("COMMIT")?;
    assert_eq!(next(&mut client)?, 1);
    report!("read only: seq_audit and dry_run work without a transaction id, a resync is 25006");
    Ok(())
}

#[test]
fn old_snapshot_does_not_hide_new_rows() -> Result<()> {
    for level in ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"] {
        let server = Server::start(&[])?;
        let mut client = server.database(DATABASE)?;
        client.batch_execute("CREATE TABLE t (id serial PRIMARY KEY)")?;
        client.batch_execute(&format!("BEGIN ISOLATION LEVEL {level}; SELECT count(*) FROM t"))?;
        server.connect(DATABASE)?.batch_execute("INSERT INTO t VALUES (1), (2), (3)")?;
        assert_eq!(status(&mut client)?, "behind", "{level}");
        assert_eq!(outcome(&mut client, "seq_resync()")?, "advanced", "{level}");
        assert_eq!(next(&mut client)?, 4, "{level}");
        client.batch_execute("INSERT INTO t DEFAULT VALUES; COMMIT")?;
        assert_eq!(status(&mut client)?, "ok", "{level}");
    }
    report!("rows committed after a REPEATABLE READ or SERIALIZABLE transaction's snapshot are seen and advanced past");
    Ok(())
}

/// Ways to give a sequence a new file in the transaction that resyncs it. The table `t` exists
/// before and contains ids 1 to 5.
const REWRITES: [(&str, &str); 4] = [
    ("created", "DROP TABLE t; CREATE TABLE t (id serial PRIMARY KEY)"),
    ("restarted", "TRUNCATE t; ALTER SEQUENCE t_id_seq RESTART"),
    ("truncated", "TRUNCATE t RESTART IDENTITY"),
    ("retyped", "TRUNCATE t; ALTER SEQUENCE t_id_seq AS bigint RESTART"),
];

#[test]
fn sequence_rewritten_in_same_transaction_is_resynced() -> Result<()> {
    for wal_level in ["minimal", "replica"] {
        let wal_level_line = format!("wal_level = {wal_level}");
        let mut server = Server::start(&[&wal_level_line, "max_wal_senders = 0", "wal_skip_threshold = 0"])?;
        let mut client = server.database(DATABASE)?;
        client.batch_execute("CREATE TABLE t (id serial PRIMARY KEY); INSERT INTO t SELECT nextval('t_id_seq') FROM generate_series(1, 5)")?;
        for (how, rewrite) in REWRITES {
            let resync_after_load = |client: &mut Client| -> Result<()> {
                client.batch_execute(&format!("{rewrite}; INSERT INTO t SELECT generate_series(1, 50)"))?;
                assert_eq!(status(client)?, "behind", "{how}");
                assert_eq!(outcome(client, "seq_resync()")?, "advanced", "{how}");
                assert_eq!(outcome(client, "seq_resync()")?, "unchanged", "{how}");
                assert_eq!(next(client)?, 51, "{how}");
                client.batch_execute("INSERT INTO t DEFAULT VALUES")?;
                Ok(())
            };
            let before = next(&mut client)?;

            client.batch_execute("BEGIN")?;
            resync_after_load(&mut client)?;
            client.batch_execute("ROLLBACK")?;
            assert_eq!(next(&mut client)?, before, "{how}, rolled back");

            client.batch_execute("BEGIN; SAVEPOINT s")?;
            resync_after_load(&mut client)?;
            client.batch_execute("ROLLBACK TO s; COMMIT")?;
            assert_eq!(next(&mut client)?, before, "{how}, rolled back to a savepoint");

            client.batch_execute("BEGIN")?;
            resync_after_load(&mut client)?;
            client.batch_execute("COMMIT")?;
            server.end(Ending::Killed)?;
            server.resume()?;
            client = server.connect(DATABASE)?;
            assert!(next(&mut client)? >= 52, "{how}, committed, after a crash");
            assert_eq!(status(&mut client)?, "ok", "{how}");
            client.batch_execute("INSERT INTO t DEFAULT VALUES; TRUNCATE t RESTART IDENTITY")?;
            client.batch_execute("INSERT INTO t SELECT nextval('t_id_seq') FROM generate_series(1, 5)")?;
        }
        report!(
            "wal_level {wal_level}: {} ways to rewrite a sequence; rolled back, to a savepoint, committed and crashed",
            REWRITES.len()
        );
    }
    Ok(())
}

#[test]
fn resync_is_not_rolled_back() -> Result<()> {
    let mut server = Server::start(&[])?;
    let mut client = server.database(DATABASE)?;
    client.batch_execute("CREATE TABLE t (id serial PRIMARY KEY); INSERT INTO t VALUES (70)")?;
    client.batch_execute("BEGIN")?;
    assert_eq!(outcome(&mut client, "seq_resync()")?, "advanced");
    client.batch_execute("ROLLBACK")?;
    assert_eq!(next(&mut client)?, 71);
    // The WAL record is flushed by the next commit at the latest, as nextval's is.
    client.batch_execute("INSERT INTO t DEFAULT VALUES")?;
    server.end(Ending::Killed)?;
    server.resume()?;
    client = server.connect(DATABASE)?;
    assert!(next(&mut client)? >= 72);
    client.batch_execute("INSERT INTO t DEFAULT VALUES")?;
    report!("a resync survives a rollback, and a crash after the next commit");
    Ok(())
}
