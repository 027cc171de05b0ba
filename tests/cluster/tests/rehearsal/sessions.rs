//! Other sessions, prepared transactions, standbys, and locks that others hold.

use crate::rows::{rehearse, verdict};
use anyhow::{Context, Result};
use cluster::{Server, state_of};
use postgres::Client;
use std::thread::sleep;
use std::time::{Duration, Instant};

fn state(client: &mut Client, arguments: &str) -> String {
    state_of(rehearse(client, "SELECT 1", arguments)).code().to_owned()
}

#[test]
fn rehearsal_beside_another_session_is_refused() -> Result<()> {
    let server = Server::start(&["max_prepared_transactions = 5"])?;
    let mut client = server.database("shared")?;
    client.batch_execute("CREATE TABLE t (a int); CREATE ROLE plain LOGIN")?;
    // A session of another database is not in the way.
    let elsewhere = server.connect("postgres")?;
    assert_eq!(verdict(&rehearse(&mut client, "SELECT 1", "")?), "ok");
    let mut other = server.connect("shared")?;
    assert_eq!(state(&mut client, ""), "55000");
    // A role that may not see other roles' sessions counts them as well.
    drop(client);
    let mut plain = server.connect_as("plain", "shared")?;
    assert_eq!(state(&mut plain, ""), "55000");
    assert_eq!(verdict(&rehearse(&mut plain, "SELECT 1", ", allow_others => true")?), "ok");
    other.batch_execute("BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION 'p'")?;
    drop(other);
    let ended = Instant::now();
    while state_of_others(&mut plain)? > 0 && ended.elapsed() < Duration::from_secs(20) {
        sleep(Duration::from_millis(20));
    }
    assert_eq!(state(&mut plain, ""), "55000");
    server.connect("shared")?.batch_execute("ROLLBACK PREPARED 'p'")?;
    while state_of_others(&mut plain)? > 0 && ended.elapsed() < Duration::from_secs(20) {
        sleep(Duration::from_millis(20));
    }
    assert_eq!(verdict(&rehearse(&mut plain, "SELECT 1", "")?), "ok");
    drop(elsewhere);
    Ok(())
}

fn state_of_others(client: &mut Client) -> Result<i64> {
    let query = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename IS NOT NULL";
    Ok(client.query_one(query, &[])?.get(0))
}

#[test]
fn rehearsal_waits_no_longer_than_lock_timeout() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("waits")?;
    client.batch_execute("CREATE TABLE t (a int); CREATE TABLE u (a int)")?;
    let mut holder = server.connect("waits")?;
    holder.batch_execute("BEGIN; SELECT * FROM t; LOCK TABLE u IN SHARE MODE")?;
    let script = "SELECT 1; ALTER TABLE t ADD b int; SELECT 2";
    let rows = rehearse(&mut client, script, ", allow_others => true, lock_timeout => '50 ms'")?;
    assert_eq!(verdict(&rows), "2 55P03");
    // The script's own setting counts instead.
    let script = "SET lock_timeout = '50ms'; INSERT INTO u VALUES (1); ALTER TABLE t ADD b int";
    let rows = rehearse(&mut client, script, ", allow_others => true, lock_timeout => '1 h'")?;
    assert_eq!(verdict(&rows), "2 55P03");
    let timeout: String = client.query_one("SHOW lock_timeout", &[])?.get(0);
    assert_eq!(timeout, "0");
    // What other sessions draw meanwhile is theirs, and is not undone.
    client.batch_execute("CREATE SEQUENCE s")?;
    let rows = rehearse(&mut client, "SELECT nextval('s'), nextval('s')", ", allow_others => true")?;
    assert_eq!(verdict(&rows), "ok");
    assert_eq!(holder.query_one("SELECT nextval('s')", &[])?.get::<_, i64>(0), 1);
    Ok(())
}

#[test]
fn rehearsal_on_standby_is_refused() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("app")?;
    client.batch_execute("CREATE TABLE t (a int)")?;
    let standby = server.standby()?;
    let mut on_standby = standby.connect("app")?;
    assert_eq!(state(&mut on_standby, ""), "25006");
    client.batch_execute("SET default_transaction_read_only = on")?;
    assert_eq!(state(&mut client, ""), "25006");
    Ok(())
}

#[test]
fn rehearsal_in_autocommit_shows_each_transactions_locks() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("locks")?;
    client.batch_execute("CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int)")?;
    let script = "ALTER TABLE c ADD x int; ALTER TABLE c ADD FOREIGN KEY (p) REFERENCES p; ALTER TABLE c ADD y int";
    let locks = |client: &mut Client, mode: &str| -> Result<Vec<Vec<String>>> {
        let rows = rehearse(client, script, &format!(", mode => '{mode}'"))?;
        Ok(rows.iter().filter(|row| row.statement.is_some()).map(|row| row.locks.clone()).collect())
    };
    let on_c = "AccessExclusiveLock on public.c".to_owned();
    let on_p = "ShareRowExclusiveLock on public.p".to_owned();
    let once = locks(&mut client, "transaction")?;
    assert_eq!(once, [vec![on_c.clone()], vec![on_p.clone()], vec![]]);
    let each = locks(&mut client, "autocommit")?;
    let by_key = "ShareRowExclusiveLock on public.c".to_owned();
    assert_eq!(each, [vec![on_c.clone()], vec![by_key, on_p], vec![on_c]]);
    Ok(())
}

#[test]
fn rehearsal_with_guard_keeps_its_triggers() -> Result<()> {
    let server = Server::start(&["pg_flightcheck.guard = error"])?;
    let mut client = server.database("guarded")?;
    client.batch_execute("CREATE TABLE t (id serial PRIMARY KEY, a int); SELECT seq_guard_enable('public')")?;
    let script = "INSERT INTO t VALUES (7); ALTER TABLE t ADD b int; CREATE TABLE u (id serial PRIMARY KEY); INSERT INTO u VALUES (1)";
    assert_eq!(verdict(&rehearse(&mut client, script, "")?), "ok");
    // Nothing of the rehearsal reaches the commit, and the guard still works.
    client.batch_execute("INSERT INTO t (a) VALUES (1)")?;
    let error = client.batch_execute("INSERT INTO t VALUES (100)").err().context("the guard is off")?;
    assert!(error.code().is_some());
    Ok(())
}
