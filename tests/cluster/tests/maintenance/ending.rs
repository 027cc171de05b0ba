//! What maintenance_end does with the sessions of the time in between, and with errors.

use crate::fixture::{DATABASE, WRITABLE, error_of, is_read_only, settings, start, state, wait_until, write};
use anyhow::{Result, ensure};
use cluster::report;
use postgres::NoTls;
use std::time::Duration;

#[test]
fn end_ends_read_only_sessions_and_spares_writers() -> Result<()> {
    let (server, mut client) = start(&[])?;
    client.batch_execute("CALL maintenance_begin()")?;
    let mut idle = server.connect(DATABASE)?;
    ensure!(is_read_only(&mut idle)?);
    // A load that is still at work.
    let mut config = server.config("postgres", DATABASE);
    let mut loader = config.options(WRITABLE).connect(NoTls)?;
    loader.batch_execute("BEGIN; INSERT INTO written (kind) VALUES ('loader')")?;
    // A reader that takes longer than the grace, and one that does not.
    let readers: Vec<_> = [60.0, 0.3]
        .into_iter()
        .map(|seconds| {
            let mut reader = server.connect(DATABASE)?;
            let query = format!("SELECT pg_sleep({seconds})");
            Ok(std::thread::spawn(move || reader.batch_execute(&query).is_ok()))
        })
        .collect::<Result<_>>()?;
    wait_until("the readers to read", || {
        let query = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'";
        Ok(client.query_one(query, &[])?.get::<_, i64>(0) == 2)
    })?;
    client.batch_execute("CALL maintenance_end(grace => '1.5 s')")?;
    let finished: Vec<bool> = readers.into_iter().map(|reader| reader.join().unwrap_or(false)).collect();
    ensure!(finished == [false, true], "the reader beyond the grace is ended, the other is not: {finished:?}");
    ensure!(write(&mut idle, "idle").is_err() && idle.is_closed(), "the idle session was not ended");
    loader.batch_execute("COMMIT")?;
    ensure!(state(&server)? == "off");
    write(&mut server.connect(DATABASE)?, "new")?;
    Ok(())
}

#[test]
fn end_from_a_read_only_session_makes_it_writable() -> Result<()> {
    let (server, mut client) = start(&[])?;
    client.batch_execute("CALL maintenance_begin()")?;
    for isolation in ["read committed", "repeatable read", "serializable"] {
        let mut other = server.connect(DATABASE)?;
        other.batch_execute(&format!("SET default_transaction_isolation = '{isolation}'"))?;
        ensure!(write(&mut other, "read-only").is_err(), "{isolation}");
        other.batch_execute("CALL maintenance_end()")?;
        write(&mut other, "writable")?;
        other.batch_execute("CALL maintenance_begin()")?;
    }
    Ok(())
}

#[test]
fn end_with_errors_lists_them_and_stays_on() -> Result<()> {
    let (server, mut client) = start(&[])?;
    client.batch_execute(
        "CREATE TABLE a (id serial PRIMARY KEY);
         CREATE TABLE b (id serial PRIMARY KEY, a_id int REFERENCES a);
         ALTER TABLE b DISABLE TRIGGER ALL",
    )?;
    client.batch_execute("CALL maintenance_begin('load')")?;
    client.batch_execute("INSERT INTO a VALUES (1), (2); INSERT INTO b VALUES (1, 7)")?;
    let error = error_of(&mut client, "CALL maintenance_end()")?;
    let detail = error.detail().unwrap_or_default();
    ensure!(error.code().code() == "55000", "{error:?}");
    for part in ["public.a_id_seq", "seq_resync_table", "b_a_id_fkey", "ENABLE TRIGGER"] {
        ensure!(detail.contains(part), "{part}: {detail}");
    }
    ensure!(state(&server)? == "on", "an error has ended it");
    // Each fix, in a session that was told how to write.
    let mut repair = server.connect(DATABASE)?;
    repair.batch_execute("SET default_transaction_read_only = off")?;
    repair.batch_execute("DELETE FROM b")?;
    for _ in 0..3 {
        let query = "SELECT fix FROM flightcheck(deep => true) WHERE severity = 'error' AND fix IS NOT NULL";
        for row in repair.query(query, &[])? {
            repair.batch_execute(row.get(0))?;
        }
    }
    repair.batch_execute("CALL maintenance_end()")?;
    ensure!(state(&server)? == "off");
    Ok(())
}

#[test]
fn copied_settings_are_recognized_and_ended() -> Result<()> {
    let (server, mut client) = start(&[])?;
    client.batch_execute("ALTER DATABASE shop SET default_transaction_read_only = 'off'")?;
    client.batch_execute("CALL maintenance_begin('copied')")?;
    let dump = server.scratch("shop.sql");
    let arguments = ["--create", "-f", dump.to_str().unwrap_or_default(), DATABASE];
    server.client("pg_dump", &arguments)?;
    drop(client);
    server.connect("postgres")?.batch_execute("ALTER DATABASE shop RENAME TO original")?;
    // The copy is read-only from the moment that the dump connects to it.
    ensure!(server.psql_file("postgres", &dump)? > 0, "the restore needs no option");
    server.connect("postgres")?.batch_execute("DROP DATABASE shop")?;
    let connection = format!("dbname=postgres options='{WRITABLE}'");
    let file = dump.to_str().unwrap_or_default();
    server.client("psql", &["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &connection, "-f", file])?;
    ensure!(state(&server)? == "copied");
    let mut copy = server.connect(DATABASE)?;
    ensure!(error_of(&mut copy, "CALL maintenance_begin()")?.code().code() == "55000");
    copy.batch_execute("CALL maintenance_end()")?;
    ensure!(settings(&mut copy)? == ["default_transaction_read_only=off"]);
    // A template's settings are not copied, and a renamed database keeps its own.
    let mut original = server.connect("original")?;
    let state: String = original.query_one("SELECT state FROM maintenance_status() LIMIT 1", &[])?.get(0);
    ensure!(state == "on", "{state}");
    report!("a copy by pg_dump --create is recognized and ended");
    Ok(())
}

#[test]
fn restore_passes_with_the_connection_option() -> Result<()> {
    let (server, mut client) = start(&[])?;
    client
        .batch_execute("CREATE TABLE t (id serial PRIMARY KEY); INSERT INTO t SELECT FROM generate_series(1, 100)")?;
    let dump = server.scratch("shop.dump");
    let file = dump.to_str().unwrap_or_default().to_owned();
    server.client("pg_dump", &["-Fc", "--table=t", "--table=t_id_seq", "-f", &file, DATABASE])?;
    client.batch_execute("CALL maintenance_begin()")?;
    let restore = ["--clean", "-j2", "-d", DATABASE, &file];
    ensure!(server.client("pg_restore", &restore).is_err(), "a restore was not stopped");
    let connection = format!("dbname={DATABASE} options='{WRITABLE}'");
    server.client("pg_restore", &["--clean", "-j2", "-d", &connection, &file])?;
    client.batch_execute("CALL maintenance_end()")?;
    client.batch_execute("INSERT INTO t DEFAULT VALUES")?;
    std::thread::sleep(Duration::from_millis(1));
    Ok(())
}
