//! A subscriber whose guard raises errors: its workers would restart forever.

use crate::database::{Database, Mode};
use anyhow::{Context, Result};
use cluster::{Server, report};

const TABLE: &str = "CREATE TABLE t (id serial PRIMARY KEY, note text)";
const WARNING: &str = "WARNING:  sequence public.t_id_seq will hand out ids that table public.t already has";

#[test]
fn guard_error_does_not_stop_replication_worker() -> Result<()> {
    let server = Server::start(&["wal_level = logical"])?;
    let folder = server.data().parent().context("no folder")?.display().to_string();
    // Workers do not preload session libraries: only triggers see what they write.
    server.connect("postgres")?.batch_execute("CREATE DATABASE publisher")?;
    let mut publisher = server.connect("publisher")?;
    publisher.batch_execute(TABLE)?;
    publisher.batch_execute(
        "INSERT INTO t (note) SELECT 'copied' FROM generate_series(1, 10); CREATE PUBLICATION p FOR TABLE t",
    )?;
    publisher.query("SELECT pg_create_logical_replication_slot('s', 'pgoutput')", &[])?;
    let mut database = Database::new(&server, Mode::Armed, TABLE)?;
    database.admin.batch_execute("ALTER DATABASE armed SET pg_flightcheck.guard = error")?;
    let warnings = || server.log().matches(WARNING).count();
    let before = warnings();
    database.admin.batch_execute(&format!(
        "CREATE SUBSCRIPTION s CONNECTION 'host={folder} user=postgres dbname=publisher' PUBLICATION p
         WITH (create_slot = false)"
    ))?;
    // A worker that fails retries after five seconds.
    database.wait_for("SELECT count(*) FROM t WHERE id = 10")?;
    let copied = warnings();
    assert!(copied > before, "no warning in the log of the copy");
    database.wait_for("SELECT count(*) FROM pg_subscription_rel WHERE srsubstate = 'r'")?;
    publisher.batch_execute("INSERT INTO t (note) VALUES ('streamed')")?;
    database.wait_for("SELECT count(*) FROM t WHERE id = 11")?;
    assert_eq!(database.number("SELECT count(*) FROM t")?, 11);
    // Other sessions get the error.
    database.session()?.refused("INSERT INTO t VALUES (20)", "public.t");
    database.admin.batch_execute("ALTER SUBSCRIPTION s DISABLE")?;
    report!("in mode error the initial copy of a subscription succeeds, with a warning in the log");
    Ok(())
}
