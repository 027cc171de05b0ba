//! Other sessions that wait for an exclusive lock on the table that this one has written to.

use crate::database::{Database, MODES};
use anyhow::Result;
use cluster::{Server, report};
use std::thread;

const SETUP: &str = "CREATE TABLE t (id serial PRIMARY KEY, note text);
    CREATE TABLE parent (id serial, k int, PRIMARY KEY (id, k)) PARTITION BY LIST (k);
    CREATE TABLE leaf PARTITION OF parent FOR VALUES IN (1)";

/// The table that is written to, the statement, and the table that the other session waits for.
const QUEUES: [(&str, &str, &str); 3] = [
    ("t", "INSERT INTO t (id) SELECT coalesce(max(id), 0) + 100 FROM t", "t"),
    ("parent", "INSERT INTO parent SELECT coalesce(max(id), 0) + 100, 1 FROM parent", "parent"),
    ("parent", "INSERT INTO parent SELECT coalesce(max(id), 0) + 100, 1 FROM parent", "leaf"),
];

#[test]
fn commit_is_guarded_despite_lock_queue() -> Result<()> {
    let server = Server::start(&[])?;
    for way in MODES {
        let mut database = Database::new(&server, way, SETUP)?;
        for (table, sql, wanted) in QUEUES {
            let name = format!("public.{table}");
            for mode in ["warn", "error", "advance"] {
                let mut session = database.session()?;
                session.silent(&format!("SET pg_flightcheck.guard = {mode}"));
                let rows = format!("SELECT count(*) FROM {table}");
                let before = database.number(&rows)?;
                session.silent("BEGIN");
                session.silent(sql);
                let mut waiting = database.other()?;
                let lock = format!("BEGIN; LOCK TABLE {wanted}; COMMIT");
                let waiting = thread::spawn(move || waiting.batch_execute(&lock));
                database.wait_for(&format!(
                    "SELECT count(*) FROM pg_locks WHERE relation = '{wanted}'::regclass AND NOT granted"
                ))?;
                match mode {
                    "warn" => {
                        session.warned("COMMIT", &name);
                    }
                    "error" => session.refused("COMMIT", &name),
                    _ => session.silent("COMMIT"),
                }
                waiting.join().expect("the other session")?;
                let stored = database.number(&rows)? - before;
                assert_eq!(stored, i64::from(mode != "error"), "{way:?}, {mode}, {wanted}");
                // The warning or the change is not repeated.
                session.silent("SELECT 1");
                let left =
                    "SELECT count(*) FROM seq_audit() WHERE status = 'behind' AND table_name = $$public.%$$::regclass";
                let left = database.number(&left.replace('%', table))?;
                assert_eq!(left > 0, mode == "warn", "{way:?}, {mode}, {wanted}");
                database.admin.batch_execute(&format!("SELECT seq_resync_table('{table}')"))?;
            }
        }
    }
    report!("with {} queues for an exclusive lock, a commit warns, fails and advances immediately", QUEUES.len());
    Ok(())
}
