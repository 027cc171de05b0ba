//! Rehearsals that are cancelled, time out, or end with their server.

use crate::left::{differences, state};
use crate::rows::rehearse;
use anyhow::Result;
use cluster::{Ending, Server, state_of};
use postgres::NoTls;
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

const SETUP: &str = "CREATE TABLE t (id serial PRIMARY KEY, a int); INSERT INTO t (a) SELECT generate_series(1, 1000);
    PREPARE mine AS SELECT 1; SELECT pg_advisory_lock(1)";

/// Changes much, and then sleeps.
const SCRIPT: &str = "INSERT INTO t (a) SELECT generate_series(1, 1000); ALTER TABLE t ADD b int; PREPARE other AS SELECT 1;
    SELECT pg_advisory_unlock_all(), pg_advisory_lock(2), setval('t_id_seq', 99999); SAVEPOINT s; DROP TABLE t; SELECT pg_sleep(600)";

#[test]
fn rehearsal_cancelled_leaves_nothing_and_is_no_row() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("cancelled")?;
    client.batch_execute(SETUP)?;
    let before = state(&mut client)?;
    for arguments in ["", ", on_error => 'continue'", ", mode => 'autocommit', on_error => 'continue'"] {
        let token = client.cancel_token();
        let canceller = std::thread::spawn(move || {
            sleep(Duration::from_millis(400));
            token.cancel_query(NoTls)
        });
        assert_eq!(state_of(rehearse(&mut client, SCRIPT, arguments)).code(), "57014");
        canceller.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        assert_eq!(differences(&state(&mut client)?, &before), [""; 0], "{arguments}");
    }
    client.batch_execute("SET statement_timeout = '300ms'")?;
    assert_eq!(state_of(rehearse(&mut client, SCRIPT, ", on_error => 'continue'")).code(), "57014");
    // A script that catches everything cannot keep the call from ending.
    let deaf = "DO 'BEGIN LOOP BEGIN PERFORM pg_sleep(1); EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP; END'";
    assert_eq!(state_of(rehearse(&mut client, deaf, ", on_error => 'continue'")).code(), "57014");
    client.batch_execute("RESET statement_timeout")?;
    assert_eq!(differences(&state(&mut client)?, &before), [""; 0]);
    // A long script of small statements is cancelled as well.
    let long = "SELECT 1;".repeat(400_000);
    client.batch_execute("SET statement_timeout = '200ms'")?;
    assert_eq!(state_of(rehearse(&mut client, &long, "")).code(), "57014");
    Ok(())
}

#[test]
fn rehearsal_killed_leaves_nothing() -> Result<()> {
    let mut server = Server::start(&[])?;
    let mut client = server.database("killed")?;
    client.batch_execute(
        "CREATE TABLE t (id serial PRIMARY KEY, a int); INSERT INTO t (a) SELECT generate_series(1, 1000)",
    )?;
    // nextval logs 32 values ahead, which a crash would skip otherwise.
    client.batch_execute("CHECKPOINT")?;
    let before = state(&mut client)?;
    let mut watcher = server.connect("postgres")?;
    scope(|threads| -> Result<()> {
        let rehearsal = threads.spawn(|| rehearse(&mut client, SCRIPT, ", allow_others => true"));
        let began = Instant::now();
        let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
        while watcher.query_one(sleeping, &[])?.get::<_, i64>(0) == 0 && began.elapsed() < Duration::from_secs(30) {
            sleep(Duration::from_millis(20));
        }
        server.end(Ending::Killed)?;
        assert!(rehearsal.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)).is_err());
        Ok(())
    })?;
    server.resume()?;
    let mut client = server.connect("killed")?;
    assert_eq!(differences(&state(&mut client)?, &before), [""; 0]);
    assert_eq!(client.query_one("SELECT nextval('t_id_seq')", &[])?.get::<_, i64>(0), 1001);
    Ok(())
}
