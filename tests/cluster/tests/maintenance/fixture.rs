//! A database to put into maintenance mode.

use anyhow::{Context, Result, ensure};
use cluster::Server;
use postgres::error::DbError;
use postgres::{Client, SimpleQueryMessage};
use std::thread::sleep;
use std::time::{Duration, Instant};

pub const DATABASE: &str = "shop";
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The setting that the sessions of a load have.
pub const WRITABLE: &str = "-c default_transaction_read_only=off";

/// Starts a server with a database that records who wrote.
pub fn start(settings: &[&str]) -> Result<(Server, Client)> {
    let server = Server::start(settings)?;
    let mut client = server.database(DATABASE)?;
    client.batch_execute("CREATE TABLE written (kind text, at timestamptz DEFAULT clock_timestamp())")?;
    Ok((server, client))
}

/// Returns the state that maintenance_status reports, through a new session.
pub fn state(server: &Server) -> Result<String> {
    Ok(server.connect(DATABASE)?.query_one("SELECT state FROM maintenance_status() LIMIT 1", &[])?.get(0))
}

/// Returns the database's settings, except the record.
pub fn settings(client: &mut Client) -> Result<Vec<String>> {
    let query = "SELECT s FROM pg_db_role_setting r JOIN pg_database d ON d.oid = setdatabase, unnest(setconfig) s
        WHERE datname = current_database() AND setrole = 0 AND s NOT LIKE 'pg_flightcheck.%' ORDER BY s";
    Ok(client.query(query, &[])?.iter().map(|row| row.get(0)).collect())
}

/// Returns what new transactions of the session are.
pub fn is_read_only(client: &mut Client) -> Result<bool> {
    for message in client.simple_query("SHOW transaction_read_only")? {
        if let SimpleQueryMessage::Row(row) = message {
            return Ok(row.get(0) == Some("on"));
        }
    }
    anyhow::bail!("SHOW returned no row")
}

pub fn write(client: &mut Client, kind: &str) -> Result<(), postgres::Error> {
    client.batch_execute(&format!("INSERT INTO written (kind) VALUES ('{kind}')"))
}

/// Returns the error that a statement raises.
pub fn error_of(client: &mut Client, sql: &str) -> Result<DbError> {
    let error = client.batch_execute(sql).err().with_context(|| format!("{sql}: no error"))?;
    error.as_db_error().cloned().with_context(|| format!("{sql}: {error}"))
}

pub fn wait_until(what: &str, mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
    let began = Instant::now();
    while !is_so()? {
        ensure!(began.elapsed() < PATIENCE, "waited in vain: {what}");
        sleep(Duration::from_millis(10));
    }
    Ok(())
}
