//! Other sessions that wait for an exclusive lock on the table that we have written.

use crate::database::{Database, WAYS};
use anyhow::Result;
use cluster::{Server, report};
use std::thread;

const SETUP: &str = "CREATE TABLE t (id serial PRIMARY KEY, note text);
    CREATE TABLE parent (id serial, k int, PRIMARY KEY (id, k)) PARTITION BY LIST (k);
    CREATE TABLE leaf PARTITION OF parent FOR VALUES IN (1)";

/// The table that is written, what writes it, and what the other one waits for.
const QUEUES: [(&str, &str, &str); 3] = [
    ("t", "INSERT INTO t (id) SELECT coalesce(max(id), 0) + 100 FROM t", "t"),
    ("parent", "INSERT INTO parent SELECT coalesce(max(id), 0) + 100, 1 FROM parent", "parent"),
    ("parent", "INSERT INTO parent SELECT coalesce(max(id), 0) + 100, 1 FROM parent", "leaf"),
];

#[test]
fn a_commit_before_who_waits() -> Result<()> {
    let server = Server::start(&[])?;
    for way in WAYS {
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
                // It has been said, or done, once and for all.
                session.silent("SELECT 1");
                let left =
                    "SELECT count(*) FROM seq_audit() WHERE status = 'behind' AND table_name = $$public.%$$::regclass";
                let left = database.number(&left.replace('%', table))?;
                assert_eq!(left > 0, mode == "warn", "{way:?}, {mode}, {wanted}");
                database.admin.batch_execute(&format!("SELECT seq_resync_table('{table}')"))?;
            }
        }
    }
    report!("beside {} queues for an exclusive lock, a commit warns, refuses and advances at once", QUEUES.len());
    Ok(())
}
