//! Sessions that wait for each other.

use anyhow::{Context, Result, ensure};
use cluster::{ResyncRow, Server, resync};
use postgres::{Client, Error};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

pub const DATABASE: &str = "fence";

/// How long anything may take that is to happen at all.
const PATIENCE: Duration = Duration::from_secs(30);

/// A statement that runs in a session of its own.
pub struct Running<T> {
    pub pid: i32,
    thread: JoinHandle<Result<T, Error>>,
}

impl<T: Send + 'static> Running<T> {
    /// Runs `work` in a new session.
    pub fn start(server: &Server, work: impl FnOnce(&mut Client) -> Result<T, Error> + Send + 'static) -> Result<Self> {
        Self::start_in(server.connect(DATABASE)?, work)
    }

    /// The same in a session that is there.
    pub fn start_in(
        mut client: Client,
        work: impl FnOnce(&mut Client) -> Result<T, Error> + Send + 'static,
    ) -> Result<Self> {
        client.batch_execute("SET statement_timeout = '30s'")?;
        let pid = client.query_one("SELECT pg_backend_pid()", &[])?.get(0);
        Ok(Self { pid, thread: std::thread::spawn(move || work(&mut client)) })
    }

    /// Waits until the statement waits for something: for a lock, or in a fence.
    pub fn wait_until_waiting(&self, observer: &mut Client) -> Result<()> {
        let waits = "SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = $1 AND state = 'active' AND \
                     wait_event_type IN ('Lock', 'Extension')";
        let began = Instant::now();
        // Twice in a row: any statement may wait for a moment.
        let mut seen = 0;
        while seen < 2 {
            ensure!(!self.thread.is_finished(), "the statement has ended instead of waiting");
            ensure!(began.elapsed() < PATIENCE, "the statement does not wait");
            seen = if observer.query_one(waits, &[&self.pid])?.get(0) { seen + 1 } else { 0 };
            sleep(Duration::from_millis(150));
        }
        Ok(())
    }

    pub fn is_running(&self) -> bool {
        !self.thread.is_finished()
    }

    /// What the statement has come to.
    ///
    /// # Panics
    /// If its thread did.
    pub fn end(self) -> Result<T> {
        let began = Instant::now();
        while !self.thread.is_finished() {
            ensure!(began.elapsed() < PATIENCE * 2, "the statement does not end");
            sleep(Duration::from_millis(10));
        }
        let done = self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        done.map_err(|error| anyhow::anyhow!(cluster::explain(&error))).context("the statement failed")
    }
}

/// A fenced resync in a session of its own.
pub fn fence(server: &Server, call: &'static str) -> Result<Running<Vec<ResyncRow>>> {
    Running::start(server, move |client| resync(client, call))
}

/// Commands in a session of their own.
pub fn run(server: &Server, sql: &'static str) -> Result<Running<()>> {
    Running::start(server, move |client| client.batch_execute(sql))
}

/// The indexes that a build has left invalid.
pub fn invalid_indexes(client: &mut Client) -> Result<Vec<String>> {
    let rows = client.query("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid", &[])?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
