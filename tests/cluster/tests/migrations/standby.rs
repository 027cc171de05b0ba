//! On a standby, the report is the same as on the primary, except for unlogged tables and for what
//! depends on the primary's sessions.

use crate::report::rows;
use crate::tables::{EF_CORE, GOLANG_MIGRATE, PRISMA, SQLX};
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
    assert_eq!(states, [("unknown", "EF Core"), ("unknown", "sqlx")]);
    assert!(found[0].says("unlogged"), "{found:?}");
    assert!(found[1].says("only the primary knows whether it is still running"), "{found:?}");
    let states: Vec<_> = rows(&mut client)?.into_iter().map(|row| row.status).collect();
    assert_eq!(states, ["failed", "clean"]);
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

/// The session that migrates is on the primary: a standby must not call its migration failed, nor
/// offer to end it.
#[test]
fn migration_of_primary_is_not_failed_on_standby() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("app")?;
    client.batch_execute(&format!(
        "{PRISMA}; {GOLANG_MIGRATE};
         INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at) VALUES ('1', '', 'm', '2026-01-01');
         INSERT INTO schema_migrations VALUES (7, true);
         CREATE TABLE databasechangeloglock (id int PRIMARY KEY, locked boolean NOT NULL, lockgranted timestamp, lockedby varchar(255));
         INSERT INTO databasechangeloglock VALUES (1, true, '2026-01-01', 'host');
         CREATE SCHEMA other; CREATE TABLE other._prisma_migrations (LIKE _prisma_migrations INCLUDING ALL);
         INSERT INTO other._prisma_migrations (id, checksum, migration_name, started_at, logs) VALUES ('1', '', 'm', '2026-01-01', 'ERROR: x')"
    ))?;
    let standby = server.standby()?;
    let mut on_standby = standby.connect("app")?;
    let began = Instant::now();
    while rows(&mut on_standby)?.len() < 4 && began.elapsed() < Duration::from_secs(30) {
        sleep(Duration::from_millis(20));
    }
    let essence = |client: &mut postgres::Client| -> Result<Vec<(String, String, bool)>> {
        Ok(rows(client)?.into_iter().map(|row| (row.tool.clone(), row.status.clone(), row.fix.is_some())).collect())
    };
    let own = |rows: &[(&str, &str, bool)]| -> Vec<(String, String, bool)> {
        rows.iter().map(|(tool, status, fix)| ((*tool).to_owned(), (*status).to_owned(), *fix)).collect()
    };
    let there = [
        ("Prisma Migrate", "failed", true),
        ("Liquibase", "locked", false),
        ("Prisma Migrate", "unknown", false),
        ("golang-migrate", "unknown", false),
    ];
    assert_eq!(essence(&mut on_standby)?, own(&there));
    let here = [
        ("Prisma Migrate", "failed", true),
        ("Prisma Migrate", "failed", true),
        ("golang-migrate", "dirty", false),
        ("Liquibase", "locked", true),
    ];
    assert_eq!(essence(&mut client)?, own(&here));
    Ok(())
}
