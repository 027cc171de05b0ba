//! Sessions that hold or await locks while the report runs.

use crate::report::{only, pid};
use crate::tables::{ALEMBIC, ECTO, EF_CORE, GOLANG_MIGRATE, PRISMA, SQLX};
use anyhow::Result;
use cluster::{Server, report};
use postgres::Client;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Creates a database with one tool's table. Returns a session that migrates, and one that runs
/// the report with a short statement_timeout.
fn stage(server: &Server, name: &str, tables: &str) -> Result<(Client, Client)> {
    let mut client = server.database(name)?;
    client.batch_execute(tables)?;
    client.batch_execute("SET statement_timeout = '5s'")?;
    Ok((server.connect(name)?, client))
}

fn until(what: &str, mut is_reached: impl FnMut() -> Result<bool>) -> Result<()> {
    let began = Instant::now();
    while !is_reached()? {
        assert!(began.elapsed() < Duration::from_secs(30), "timed out waiting until {what}");
        sleep(Duration::from_millis(10));
    }
    Ok(())
}

#[test]
fn locked_table_names_holder_without_waiting() -> Result<()> {
    let server = Server::start(&["max_prepared_transactions = 2"])?;
    let lock_history = "BEGIN; LOCK TABLE \"__EFMigrationsHistory\" IN ACCESS EXCLUSIVE MODE";
    let lock_schema = "BEGIN; LOCK TABLE schema_migrations IN SHARE UPDATE EXCLUSIVE MODE";
    let insert = "BEGIN; INSERT INTO alembic_version VALUES ('2')";
    let cases = [
        ("ef", EF_CORE, lock_history, "AccessExclusiveLock"),
        ("ecto", ECTO, lock_schema, "ShareUpdateExclusiveLock"),
        ("alembic", ALEMBIC, insert, "RowExclusiveLock"),
    ];
    for (name, table, migrate, mode) in cases {
        let (mut migrator, mut client) = stage(&server, name, table)?;
        assert_eq!(only(&mut client)?.status, "clean");
        migrator.batch_execute(&format!("SET application_name = 'deploy'; {migrate}"))?;
        let row = only(&mut client)?;
        assert_eq!((row.status.as_str(), &row.fix), ("in_progress", &None), "{row:?}");
        let holder = format!("pid {} (role postgres, deploy, idle in transaction for ", pid(&mut migrator)?);
        assert!(
            row.says(&holder) && row.says(&format!(") holds {mode} on it and is at work: ")),
            "{row:?}: not {holder}"
        );
        // The migrator's own locks do not count when it runs the report itself.
        if mode != "AccessExclusiveLock" {
            assert_eq!(only(&mut migrator)?.status, "clean", "{name}");
        }
        migrator.batch_execute("PREPARE TRANSACTION 'left ''over'''")?;
        let row = only(&mut client)?;
        assert!(row.status == "in_progress" && row.says("prepared transaction 'left ''over''' holds"), "{row:?}");
        migrator.batch_execute("ROLLBACK PREPARED 'left ''over'''")?;
        assert_eq!(only(&mut client)?.status, "clean", "{name}");
    }
    Ok(())
}

/// The rows that it wrote may be a migration's, and it has no session in pg_stat_activity.
#[test]
fn prepared_transaction_with_rows_withholds_fix() -> Result<()> {
    let server = Server::start(&["max_prepared_transactions = 2"])?;
    let lock = "CREATE TABLE knex_migrations (id serial PRIMARY KEY, name varchar(255), batch int, migration_time timestamptz);
        CREATE TABLE knex_migrations_lock (index serial PRIMARY KEY, is_locked int);
        INSERT INTO knex_migrations_lock (is_locked) VALUES (1); CREATE TABLE orders (id int)";
    let (mut migrator, mut client) = stage(&server, "prepared_rows", lock)?;
    assert!(only(&mut client)?.fix.is_some());
    migrator.batch_execute("BEGIN; INSERT INTO orders VALUES (1); PREPARE TRANSACTION 'rows'")?;
    let row = only(&mut client)?;
    assert!(row.fix.is_none() && row.says("prepared transaction 'rows'"), "{row:?}");
    migrator.batch_execute("ROLLBACK PREPARED 'rows'")?;
    assert!(only(&mut client)?.fix.is_some());
    Ok(())
}

/// Behind a session that waits for an exclusive lock, even readers have to wait.
#[test]
fn table_lock_waiter_is_named() -> Result<()> {
    let server = Server::start(&[])?;
    let (mut reader, mut client) = stage(&server, "queue", EF_CORE)?;
    reader.batch_execute("BEGIN; SELECT FROM \"__EFMigrationsHistory\"")?;
    let mut migrator = server.connect("queue")?;
    let waiting = pid(&mut migrator)?;
    let migration =
        std::thread::spawn(move || migrator.batch_execute("BEGIN; LOCK TABLE \"__EFMigrationsHistory\"; COMMIT"));
    until("the migrator waits", || {
        Ok(client.query_one("SELECT count(*) FROM pg_locks WHERE NOT granted", &[])?.get::<_, i64>(0) == 1)
    })?;
    let row = only(&mut client)?;
    assert!(row.status == "in_progress" && row.says(&format!("pid {waiting} ")), "{row:?}");
    assert!(row.says("waits for AccessExclusiveLock on it"), "{row:?}");
    reader.batch_execute("COMMIT")?;
    assert!(migration.join().is_ok_and(|outcome| outcome.is_ok()));
    Ok(())
}

/// The fix for a failed migration is withheld while another session writes to the table.
#[test]
fn failed_migration_with_concurrent_writer_has_no_fix() -> Result<()> {
    let server = Server::start(&[])?;
    let (mut migrator, mut client) = stage(&server, "sqlx", SQLX)?;
    client.batch_execute("INSERT INTO _sqlx_migrations VALUES (1, 'd', '2026-01-01', false, '', -1)")?;
    assert!(only(&mut client)?.fix.is_some());
    migrator.batch_execute("BEGIN; UPDATE _sqlx_migrations SET success = true")?;
    let row = only(&mut client)?;
    assert_eq!((row.status.as_str(), &row.fix), ("failed", &None), "{row:?}");
    assert!(row.says("holds RowExclusiveLock on it"), "{row:?}");
    Ok(())
}

/// The keys are those with which the tools take their advisory locks.
#[test]
fn held_advisory_lock_means_in_progress() -> Result<()> {
    let server = Server::start(&[])?;
    let prisma =
        "INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at) VALUES ('1', '', 'm', '2026-01-01')";
    let golang = "INSERT INTO schema_migrations VALUES (7, true)";
    // crc32(schema, NUL, table, NUL, database) * 1486364155 modulo 2^32, worked out by hand for
    // this database.
    let cases =
        [("prisma", PRISMA, prisma, "failed", 72_707_369), ("postgres", GOLANG_MIGRATE, golang, "dirty", 143_310_882)];
    for (name, table, row, state, key) in cases {
        if name == "postgres" {
            server.connect(name)?.batch_execute("CREATE EXTENSION pg_flightcheck")?;
        } else {
            server.database(name)?;
        }
        let (mut client, mut migrator) = (server.connect(name)?, server.connect(name)?);
        client.batch_execute(&format!("{table}; {row}"))?;
        assert_eq!(only(&mut client)?.status, state);
        migrator.batch_execute(&format!("SELECT pg_advisory_lock({})", key + 1))?;
        assert_eq!(only(&mut client)?.status, state);
        migrator.batch_execute(&format!("SELECT pg_advisory_lock({key})"))?;
        let row = only(&mut client)?;
        assert!(row.status == "in_progress" && row.fix.is_none(), "{row:?}");
        assert!(row.says(&format!("pid {} holds", pid(&mut migrator)?)) && row.says(&key.to_string()), "{row:?}");
        // The same key in another database is a different lock.
        let mut elsewhere = server.connect("template1")?;
        migrator.batch_execute("SELECT pg_advisory_unlock_all()")?;
        elsewhere.batch_execute(&format!("SELECT pg_advisory_lock({key})"))?;
        assert_eq!(only(&mut client)?.status, state);
    }
    Ok(())
}

/// VACUUM takes a lock of the same mode as Ecto.
#[test]
fn vacuum_lock_is_not_a_migration() -> Result<()> {
    let server = Server::start(&[])?;
    let (mut vacuum, mut client) = stage(&server, "vacuum", ECTO)?;
    client.batch_execute("INSERT INTO schema_migrations SELECT i FROM generate_series(1, 20000) i")?;
    client.batch_execute("DELETE FROM schema_migrations WHERE version < 10000")?;
    let stop = vacuum.cancel_token();
    let running = std::thread::spawn(move || {
        vacuum.batch_execute("SET vacuum_cost_delay = 100; SET vacuum_cost_limit = 1")?;
        vacuum.batch_execute("VACUUM schema_migrations")
    });
    let held = "SELECT count(*) FROM pg_locks WHERE mode = 'ShareUpdateExclusiveLock' AND relation = 'schema_migrations'::regclass";
    until("VACUUM runs", || Ok(client.query_one(held, &[])?.get::<_, i64>(0) == 1))?;
    let row = only(&mut client)?;
    assert_eq!(client.query_one(held, &[])?.get::<_, i64>(0), 1, "VACUUM ended too early");
    assert_eq!((row.status.as_str(), row.version.as_deref(), &row.detail), ("clean", Some("20000"), &None), "{row:?}");
    stop.cancel_query(postgres::NoTls)?;
    assert!(running.join().is_ok_and(|outcome| outcome.is_err()), "VACUUM ended before it was canceled");
    report!("VACUUM's lock is not taken for a migration's");
    Ok(())
}

/// The report releases its lock on each table at once, so that a migration need not wait for its
/// end.
#[test]
fn migration_report_releases_its_locks() -> Result<()> {
    let server = Server::start(&[])?;
    let (mut migrator, mut client) = stage(&server, "polite", EF_CORE)?;
    let mut transaction = client.transaction()?;
    assert_eq!(only(&mut transaction)?.status, "clean");
    migrator.batch_execute("SET lock_timeout = '100ms'; BEGIN; LOCK TABLE \"__EFMigrationsHistory\"; COMMIT")?;
    transaction.commit()?;
    Ok(())
}

/// A lock's row does not name its session; any session that writes may be the holder.
#[test]
fn lock_row_with_session_at_work_has_no_fix() -> Result<()> {
    let server = Server::start(&[])?;
    let tables = "CREATE TABLE knex_migrations_lock (index serial PRIMARY KEY, is_locked integer);
        INSERT INTO knex_migrations_lock (is_locked) VALUES (1); CREATE TABLE \"Orders\" (a int)";
    let (mut migrator, mut client) = stage(&server, "knex", tables)?;
    assert!(only(&mut client)?.fix.is_some());
    migrator.batch_execute("BEGIN; INSERT INTO \"Orders\" VALUES (1)")?;
    let holder = format!("no fix as long as pid {} (role postgres, idle in transaction for ", pid(&mut migrator)?);
    for statement in ["INSERT INTO \"Orders\" VALUES (2)", "ALTER TABLE \"Orders\" ADD COLUMN b int"] {
        migrator.batch_execute(statement)?;
        let row = only(&mut client)?;
        assert_eq!((row.status.as_str(), &row.fix), ("locked", &None), "{row:?}");
        let words = format!(") is at work: {statement}");
        assert!(row.says(&holder) && row.says(&words) && !row.says("as the fix does"), "{row:?}: not {holder}{words}");
    }
    migrator.batch_execute("COMMIT; BEGIN; SELECT FROM \"Orders\"")?;
    let row = only(&mut client)?;
    assert!(row.says(" only reads: COMMIT; BEGIN; SELECT"), "{row:?}");
    migrator.batch_execute("ROLLBACK")?;
    client.batch_execute(row.fix.as_ref().expect("a fix"))?;
    assert_eq!(only(&mut client)?.status, "clean");
    Ok(())
}

/// A session whose query is not visible to the caller may be the holder.
#[test]
fn lock_row_with_hidden_session_has_no_fix() -> Result<()> {
    let server = Server::start(&[])?;
    let tables = "CREATE ROLE deploy LOGIN; CREATE ROLE other LOGIN; GRANT CREATE ON SCHEMA public TO deploy;
        SET ROLE deploy; CREATE TABLE knex_migrations_lock (index serial PRIMARY KEY, is_locked integer);
        INSERT INTO knex_migrations_lock (is_locked) VALUES (1); RESET ROLE";
    let (migrator, client) = stage(&server, "hidden", tables)?;
    drop((migrator, client));
    let mut deploy = server.connect_as("deploy", "hidden")?;
    until("the other sessions have ended", || Ok(only(&mut deploy)?.fix.is_some()))?;
    let mut other = server.connect_as("other", "hidden")?;
    let row = only(&mut deploy)?;
    let words = format!(
        "no fix as long as the activity of pid {} (role other) is hidden; GRANT pg_read_all_stats TO deploy; shows it",
        pid(&mut other)?
    );
    assert!(row.fix.is_none() && row.says(&words), "{row:?}: not {words}");
    server.connect("postgres")?.batch_execute("GRANT pg_read_all_stats TO deploy")?;
    let row = only(&mut server.connect_as("deploy", "hidden")?)?;
    assert!(row.fix.is_some(), "{row:?}");
    Ok(())
}

/// A fix that compares with a time is run in a session with another DateStyle.
#[test]
fn fix_with_a_time_is_the_same_in_every_date_style() -> Result<()> {
    let server = Server::start(&[])?;
    let tables = "CREATE TABLE databasechangeloglock (id int PRIMARY KEY, locked boolean NOT NULL, lockgranted timestamp, lockedby varchar(255));
        INSERT INTO databasechangeloglock VALUES (1, true, '2026-03-05 10:00:00', 'host')";
    let (mut other, mut client) = stage(&server, "dates", tables)?;
    let fix = only(&mut client)?.fix.expect("a fix");
    for style in ["German", "SQL, DMY", "Postgres, MDY"] {
        client.batch_execute(&format!("SET DateStyle = '{style}'"))?;
        assert_eq!(only(&mut client)?.fix.as_ref(), Some(&fix), "{style}");
    }
    other.batch_execute("SET DateStyle = 'SQL, DMY'")?;
    other.batch_execute(&fix)?;
    assert_eq!(only(&mut client)?.status, "clean", "{fix}");
    Ok(())
}

/// Keycloak locks a row. A session that waits for the row holds a lock on the table, too, but is
/// not the holder.
#[test]
fn row_lock_waiter_is_not_named_as_holder() -> Result<()> {
    let server = Server::start(&["pg_flightcheck.orphan_after = 0"])?;
    let tables = "CREATE TABLE databasechangelog (id varchar(255) NOT NULL, author varchar(255) NOT NULL,
            filename varchar(255) NOT NULL, dateexecuted timestamp NOT NULL, orderexecuted int NOT NULL, exectype varchar(10) NOT NULL);
        CREATE TABLE databasechangeloglock (id int PRIMARY KEY, locked boolean NOT NULL, lockgranted timestamp, lockedby varchar(255));
        INSERT INTO databasechangeloglock VALUES (1, false)";
    let (mut holder, mut client) = stage(&server, "row", tables)?;
    let lock = "SELECT FROM databasechangeloglock WHERE id = 1 FOR UPDATE";
    holder.batch_execute(&format!("BEGIN; {lock}"))?;
    let mut waiter = server.connect("row")?;
    let waits = pid(&mut waiter)?;
    let waiting = std::thread::spawn(move || waiter.batch_execute(lock).map(|()| waiter));
    until("the second run waits", || {
        Ok(client.query_one("SELECT count(*) FROM pg_locks WHERE NOT granted", &[])?.get::<_, i64>(0) == 1)
    })?;
    let row = only(&mut client)?;
    assert_eq!((row.status.as_str(), row.table.as_str()), ("locked", "databasechangeloglock"), "{row:?}");
    assert!(row.says("orphan: "), "{row:?}");
    assert!(row.says(&format!("; 1 session waits for it: pid {waits} (role postgres, active for ")), "{row:?}");
    assert_eq!(
        row.detail.as_deref().unwrap_or_default().matches(" holds ").count(),
        1,
        "a waiter is named as a holder: {row:?}"
    );
    let fix = row.fix.clone().expect("a fix");
    assert!(fix.contains(&format!("WHERE pid = {} AND backend_start = '", pid(&mut holder)?)), "{fix}");
    // A session that has run a statement since then is not terminated.
    holder.batch_execute("SELECT 'alive'")?;
    client.batch_execute(&fix)?;
    holder.batch_execute("SELECT 'spared'")?;
    let fix = only(&mut client)?.fix.expect("a fix");
    client.batch_execute(&fix)?;
    assert!(waiting.join().is_ok_and(|outcome| outcome.is_ok()), "{fix}");
    assert!(holder.batch_execute("SELECT 1").is_err(), "{fix}");
    assert_eq!(only(&mut client)?.fix, None);
    Ok(())
}

/// With PRISMA_SCHEMA_DISABLE_ADVISORY_LOCK, a migration in progress looks like an interrupted one.
#[test]
fn prisma_unfinished_attempt_with_concurrent_ddl_has_no_fix() -> Result<()> {
    let server = Server::start(&[])?;
    let (mut migrator, mut client) = stage(&server, "unlocked", &format!("{PRISMA}; CREATE TABLE orders (a int)"))?;
    let attempt =
        "INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at) VALUES ('1', '', 'm', '2026-01-01')";
    client.batch_execute(attempt)?;
    assert!(only(&mut client)?.fix.is_some());
    migrator.batch_execute("BEGIN; CREATE INDEX ON orders (a)")?;
    let row = only(&mut client)?;
    assert!(row.fix.is_none() && row.says(" is at work: BEGIN; CREATE INDEX ON orders (a)"), "{row:?}");
    // A recorded failure needs no guess.
    client.batch_execute("UPDATE _prisma_migrations SET logs = 'ERROR: no'")?;
    assert!(only(&mut client)?.fix.is_some());
    Ok(())
}
