//! Sessions that wait for each other.

use anyhow::{Context, Result, ensure};
use cluster::{ResyncRow, Server, resync};
use postgres::{Client, Error};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

pub const DATABASE: &str = "fence";

/// Longer than any awaited event takes.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A statement that runs in its own session.
pub struct Running<T> {
    pub pid: i32,
    thread: JoinHandle<Result<T, Error>>,
}

impl<T: Send + 'static> Running<T> {
    /// Runs `work` in a new session.
    pub fn start(server: &Server, work: impl FnOnce(&mut Client) -> Result<T, Error> + Send + 'static) -> Result<Self> {
        Self::start_in(server.connect(DATABASE)?, work)
    }

    /// Does the same in an existing session.
    pub fn start_in(
        mut client: Client,
        work: impl FnOnce(&mut Client) -> Result<T, Error> + Send + 'static,
    ) -> Result<Self> {
        client.batch_execute("SET statement_timeout = '30s'")?;
        let pid = client.query_one("SELECT pg_backend_pid()", &[])?.get(0);
        Ok(Self { pid, thread: std::thread::spawn(move || work(&mut client)) })
    }

    /// Waits until the statement waits for a lock or in a fence.
    pub fn wait_until_waiting(&self, observer: &mut Client) -> Result<()> {
        let waits = "SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = $1 AND state = 'active' AND \
                     wait_event_type IN ('Lock', 'Extension')";
        let began = Instant::now();
        // Seen twice in a row, because any statement may wait for a moment.
        let mut seen = 0;
        while seen < 2 {
            ensure!(!self.thread.is_finished(), "the statement has ended instead of waiting");
            ensure!(began.elapsed() < TIMEOUT, "the statement does not wait");
            seen = if observer.query_one(waits, &[&self.pid])?.get(0) { seen + 1 } else { 0 };
            sleep(Duration::from_millis(150));
        }
        Ok(())
    }

    pub fn is_running(&self) -> bool {
        !self.thread.is_finished()
    }

    /// Waits for the statement and returns its result.
    ///
    /// # Panics
    /// If its thread panicked.
    pub fn end(self) -> Result<T> {
        let began = Instant::now();
        while !self.thread.is_finished() {
            ensure!(began.elapsed() < TIMEOUT * 2, "the statement does not end");
            sleep(Duration::from_millis(10));
        }
        let done = self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        done.map_err(|error| anyhow::anyhow!(cluster::explain(&error))).context("the statement failed")
    }
}

/// Starts a fenced resync in its own session.
pub fn fence(server: &Server, call: &'static str) -> Result<Running<Vec<ResyncRow>>> {
    Running::start(server, move |client| resync(client, call))
}

/// Starts commands in their own session.
pub fn run(server: &Server, sql: &'static str) -> Result<Running<()>> {
    Running::start(server, move |client| client.batch_execute(sql))
}

/// Returns the indexes that a build has left invalid.
pub fn invalid_indexes(client: &mut Client) -> Result<Vec<String>> {
    let rows = client.query("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid", &[])?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
