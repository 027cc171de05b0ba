//! The results of seq_resync and seq_assert hold after SIGKILL.
//!
//! A killed server loses the WAL that is still in memory. On this server nothing else writes WAL:
//! there is no checkpoint, and the WAL writer is stopped before the changes below.

mod page_lsn;

use anyhow::{Context, Result};
use cluster::{AuditRow, Ending, Server, audit, report, resync};
use postgres::Client;
use rustix::process::{Pid, Signal, kill_process};

const DATABASE: &str = "durability";

const NO_BACKGROUND_WAL: [&str; 6] = [
    "wal_level = minimal",
    "max_wal_senders = 0",
    "checkpoint_timeout = '1h'",
    "bgwriter_lru_maxpages = 0",
    "autovacuum = off",
    "max_connections = 30",
];

/// How another session corrects table {t} while its WAL is only in memory: what a session leaves
/// with synchronous_commit = off, or in a transaction that is still open.
const CHANGES: [(&str, &str); 4] = [
    ("set", "SET synchronous_commit = off; SELECT setval('{t}_id_seq', 50)"),
    ("set_in_open_transaction", "BEGIN; SELECT setval('{t}_id_seq', 50)"),
    ("drawn", "SET synchronous_commit = off; SELECT nextval('{t}_id_seq') FROM generate_series(1, 50)"),
    // The crash restores the row.
    ("deleted", "SET synchronous_commit = off; DELETE FROM {t}"),
];

/// Starts a server with a table for each change, whose sequence is behind id 50.
fn server() -> Result<(Server, Client)> {
    let server = Server::start(&NO_BACKGROUND_WAL)?;
    let mut client = server.database(DATABASE)?;
    for (table, _) in CHANGES {
        client
            .batch_execute(&format!("CREATE TABLE {table} (id serial PRIMARY KEY); INSERT INTO {table} VALUES (50)"))?;
    }
    assert_eq!(statuses(&audit(&mut client, "seq_audit()")?), ["behind"; CHANGES.len()], "before the changes");
    Ok((server, client))
}

/// Makes the changes, each in its own session, and returns the sessions: some are in a transaction.
fn make_changes(server: &Server, client: &mut Client) -> Result<Vec<Client>> {
    let mut sessions = CHANGES.iter().map(|_| server.connect(DATABASE)).collect::<Result<Vec<_>>>()?;
    stop_wal_writer(client)?;
    for (session, (table, sql)) in sessions.iter_mut().zip(CHANGES) {
        session.batch_execute(&sql.replace("{t}", table))?;
    }
    Ok(sessions)
}

/// Stops the WAL writer. SIGKILL ends a stopped process as well.
fn stop_wal_writer(client: &mut Client) -> Result<()> {
    let pid = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'";
    let pid: i32 = client.query_one(pid, &[])?.get(0);
    Ok(kill_process(Pid::from_raw(pid).context("no WAL writer")?, Signal::STOP)?)
}

fn statuses(rows: &[AuditRow]) -> Vec<&str> {
    rows.iter().map(|row| row.status.as_str()).collect()
}

/// Crashes the server and returns the audit after its restart.
fn audit_after_crash(server: &mut Server) -> Result<Vec<AuditRow>> {
    server.end(Ending::Killed)?;
    server.resume()?;
    Ok(audit(&mut server.connect(DATABASE)?, "seq_audit()")?)
}

/// Checks the setup: without seq_resync or seq_assert, every change is lost.
#[test]
fn crash_undoes_changes_without_resync_or_assert() -> Result<()> {
    let (mut server, mut client) = server()?;
    let _sessions = make_changes(&server, &mut client)?;
    assert_eq!(statuses(&audit(&mut client, "seq_audit()")?), ["ok"; CHANGES.len()], "after the changes");
    let rows = audit_after_crash(&mut server)?;
    assert_eq!(statuses(&rows), ["behind"; CHANGES.len()], "{rows:#?}");
    report!("{} changes whose WAL is only in memory: a crash undoes them all", CHANGES.len());
    Ok(())
}

#[test]
fn resync_unchanged_survives_crash() -> Result<()> {
    let (mut server, mut client) = server()?;
    let _sessions = make_changes(&server, &mut client)?;
    let rows = resync(&mut client, "seq_resync()")?;
    assert!(rows.len() == CHANGES.len() && rows.iter().all(|row| row.outcome == "unchanged"), "{rows:#?}");
    let rows = audit_after_crash(&mut server)?;
    assert_eq!(statuses(&rows), ["ok"; CHANGES.len()], "{rows:#?}");
    report!("seq_resync returns unchanged after {} such changes: none is undone", CHANGES.len());
    Ok(())
}

#[test]
fn assert_passed_survives_crash() -> Result<()> {
    let (mut server, mut client) = server()?;
    let _sessions = make_changes(&server, &mut client)?;
    client.batch_execute("BEGIN READ ONLY; SELECT seq_assert()")?;
    let rows = audit_after_crash(&mut server)?;
    assert_eq!(statuses(&rows), ["ok"; CHANGES.len()], "{rows:#?}");
    report!("seq_assert passes in a read-only transaction after {} such changes: none is undone", CHANGES.len());
    Ok(())
}

#[test]
fn resync_in_open_transaction_survives_crash() -> Result<()> {
    let (mut server, mut client) = server()?;
    stop_wal_writer(&mut client)?;
    client.batch_execute("BEGIN; SET LOCAL synchronous_commit = off")?;
    let rows = resync(&mut client, "seq_resync()")?;
    assert!(rows.len() == CHANGES.len() && rows.iter().all(|row| row.outcome == "advanced"), "{rows:#?}");
    let rows = audit_after_crash(&mut server)?;
    assert_eq!(statuses(&rows), ["ok"; CHANGES.len()], "{rows:#?}");
    report!("seq_resync in a transaction that is open at the crash: the sequences stay advanced");
    Ok(())
}

/// Writes WAL until its last record ends a page, and then calls seq_assert; five times.
const AT_PAGE_ENDS: &str = "DO $$
    DECLARE pages int := 0;
    BEGIN
        PERFORM setseed(0);
        WHILE pages < 5 LOOP
            PERFORM pg_logical_emit_message(false, '', repeat('x', 1 + (300 * random())::int));
            -- The next record begins right after the page header.
            IF (pg_current_wal_insert_lsn() - '0/0') % 8192 = 24 THEN
                PERFORM seq_assert();
                pages := pages + 1;
            END IF;
        END LOOP;
    END $$";

#[test]
fn assert_at_end_of_wal_page_causes_no_error() -> Result<()> {
    let server = Server::start(&["wal_level = logical"])?;
    let mut client = server.database(DATABASE)?;
    client.batch_execute(&format!("SET statement_timeout = '1min'; {AT_PAGE_ENDS}"))?;
    assert!(!server.log().contains("flush request past end"), "{}", server.log());
    // The first page of a segment has a longer header.
    client.batch_execute("SELECT pg_switch_wal(); SELECT seq_assert()")?;
    report!("WAL that ends with a page, or with a segment, is flushed");
    Ok(())
}
