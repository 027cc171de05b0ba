//! On a standby, the report is the same as on the primary, except for unlogged tables.

use crate::report::rows;
use crate::tables::{EF_CORE, SQLX};
use anyhow::Result;
use cluster::Server;
use std::thread::sleep;
use std::time::{Duration, Instant};

#[test]
fn migration_report_on_standby_is_the_same() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("app")?;
    client
        .batch_execute(&format!("{SQLX}; INSERT INTO _sqlx_migrations VALUES (1, 'd', '2026-01-01', false, '', -1)"))?;
    client.batch_execute(&EF_CORE.replace("CREATE TABLE", "CREATE UNLOGGED TABLE"))?;
    let standby = server.standby()?;
    let mut on_standby = standby.connect("app")?;
    let began = Instant::now();
    while rows(&mut on_standby)?.len() < 2 && began.elapsed() < Duration::from_secs(30) {
        sleep(Duration::from_millis(20));
    }
    let found = rows(&mut on_standby)?;
    let states: Vec<_> = found.iter().map(|row| (row.status.as_str(), row.tool.as_str())).collect();
    assert_eq!(states, [("failed", "sqlx"), ("unknown", "EF Core")]);
    assert!(found[1].says("unlogged"), "{found:?}");
    assert_eq!(rows(&mut client)?[1].status, "clean");
    // Replay of the primary's migration locks the table here, too. No session of this server holds
    // that lock, so none is named.
    client.batch_execute("BEGIN; LOCK TABLE _sqlx_migrations; SELECT pg_current_xact_id()")?;
    let lsn: String = client.query_one("SELECT pg_current_wal_insert_lsn()::text", &[])?.get(0);
    client.batch_execute("SELECT pg_switch_wal()")?;
    while !on_standby.query_one("SELECT pg_last_wal_replay_lsn() >= $1::text::pg_lsn", &[&lsn])?.get::<_, bool>(0) {
        sleep(Duration::from_millis(20));
    }
    on_standby.batch_execute("SET statement_timeout = '5s'")?;
    let locked = rows(&mut on_standby)?;
    assert!(locked.iter().any(|row| row.tool == "sqlx" && row.status == "in_progress"), "{locked:?}");
    Ok(())
}
