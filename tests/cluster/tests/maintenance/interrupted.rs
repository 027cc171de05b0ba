//! A begin that is cancelled, times out or has company leaves a state that says what to do.

use crate::fixture::{DATABASE, error_of, is_read_only, start, state, wait_until};
use anyhow::{Result, ensure};
use cluster::Server;
use postgres::Client;

/// A session in a transaction, which begin waits for.
fn busy(server: &Server) -> Result<Client> {
    let mut busy = server.connect(DATABASE)?;
    busy.batch_execute("BEGIN; INSERT INTO written (kind) VALUES ('busy')")?;
    Ok(busy)
}

#[test]
fn begin_that_times_out_is_continued() -> Result<()> {
    let (server, mut client) = start(&[])?;
    let mut old = busy(&server)?;
    client.batch_execute("SET statement_timeout = '400 ms'")?;
    let error = error_of(&mut client, "CALL maintenance_begin('first', grace => '1 h')")?;
    ensure!(
        error.code().code() == "57014" && error.detail().is_some_and(|detail| detail.contains("is on")),
        "{error:?}"
    );
    ensure!(error.hint().is_some_and(|hint| hint.contains("maintenance_begin()")), "{error:?}");
    ensure!(state(&server)? == "draining");
    let since = "SELECT since::text, detail, fix FROM maintenance_status() LIMIT 1";
    let before: String = client.query_one(since, &[])?.get(0);
    let old_row = "SELECT count(*) FROM maintenance_status() WHERE state = 'can_write'";
    ensure!(client.query_one(old_row, &[])?.get::<_, i64>(0) == 1, "the session from before is not listed");
    ensure!(is_read_only(&mut server.connect(DATABASE)?)?, "a new session is not read-only");
    client.batch_execute("RESET statement_timeout; SET lock_timeout = '1 ms'")?;
    client.batch_execute("CALL maintenance_begin('second', grace => '0')")?;
    ensure!(old.batch_execute("COMMIT").is_err(), "the old session has committed");
    ensure!(state(&server)? == "on");
    let row = client.query_one(since, &[])?;
    ensure!(row.get::<_, String>(0) == before && row.get::<_, String>(1) == "reason: 'first'", "{row:?}");
    Ok(())
}

#[test]
fn begin_that_is_cancelled_can_be_given_up() -> Result<()> {
    let (server, mut client) = start(&[])?;
    let mut old = busy(&server)?;
    let mut other = server.connect("postgres")?;
    let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[])?.get(0);
    let caller = std::thread::spawn(move || {
        let error = error_of(&mut client, "CALL maintenance_begin(grace => '1 h')");
        (client, error)
    });
    // Sessions that connect during the call may be ended.
    wait_until("begin to wait", || Ok(state(&server).is_ok_and(|state| state == "draining")))?;
    // A second call does not run concurrently with it.
    for call in ["CALL maintenance_begin()", "CALL maintenance_end()"] {
        wait_until("a second call to be refused", || {
            let Ok(mut second) = server.connect(DATABASE) else { return Ok(false) };
            let error = second.batch_execute(call).err();
            ensure!(error.is_some(), "{call} succeeded");
            Ok(error.and_then(|error| error.code().map(|state| state.code() == "55P03")).unwrap_or(false))
        })?;
    }
    other.execute("SELECT pg_cancel_backend($1)", &[&pid])?;
    let (mut client, error) = caller.join().map_err(|_| anyhow::anyhow!("the caller panicked"))?;
    ensure!(error?.code().code() == "57014");
    client.batch_execute("CALL maintenance_end()")?;
    ensure!(state(&server)? == "off");
    // The session from before was neither read-only nor ended: it has written.
    old.batch_execute("COMMIT")?;
    Ok(())
}

#[test]
fn begin_without_terminate_names_the_sessions() -> Result<()> {
    let (server, _) = start(&[])?;
    let (mut client, notices) = server.connect_noting(DATABASE)?;
    let mut old = server.connect(DATABASE)?;
    let pid: i32 = old.query_one("SELECT pg_backend_pid()", &[])?.get(0);
    client.batch_execute("CALL maintenance_begin(terminate => false, grace => '200 ms')")?;
    let named = notices.take();
    let warning = named.iter().find(|notice| notice.severity() == "WARNING");
    ensure!(
        warning.is_some_and(|warning| warning.detail().unwrap_or_default().contains(&format!("pid {pid} "))),
        "{named:?}"
    );
    ensure!(state(&server)? == "draining");
    crate::fixture::write(&mut old, "old")?;
    client.batch_execute("CALL maintenance_begin()")?;
    ensure!(crate::fixture::write(&mut old, "old").is_err());
    ensure!(state(&server)? == "on");
    Ok(())
}

#[test]
fn begins_at_the_same_time_let_one_pass() -> Result<()> {
    let (server, _) = start(&[])?;
    for round in 0..5 {
        let callers: Vec<_> = (0..4)
            .map(|_| {
                let mut client = server.connect(DATABASE)?;
                Ok(std::thread::spawn(move || match client.batch_execute("CALL maintenance_begin(grace => '0')") {
                    Ok(()) => None,
                    // A session that another one's begin ended has no SQLSTATE but 57P01.
                    Err(error) => Some(error.code().map_or("57P01".to_owned(), |state| state.code().to_owned())),
                }))
            })
            .collect::<Result<_>>()?;
        let results: Vec<Option<String>> = callers.into_iter().filter_map(|caller| caller.join().ok()).collect();
        let allowed = ["55000", "55P03", "57P01", "25006"];
        let other = results.iter().flatten().find(|state| !allowed.contains(&state.as_str()));
        ensure!(other.is_none() && results.len() == 4, "round {round}: {results:?}");
        if state(&server)? == "draining" {
            server.connect(DATABASE)?.batch_execute("CALL maintenance_begin()")?;
        }
        ensure!(state(&server)? == "on", "round {round}: {results:?}");
        server.connect(DATABASE)?.batch_execute("CALL maintenance_end()")?;
    }
    Ok(())
}
