//! A guarded database.

use crate::session::Session;
use anyhow::{Result, ensure};
use cluster::Server;
use postgres::Client;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How the guard sees what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Armed,
    /// Every session preloads the library, and no table has a trigger.
    Preloaded,
}

pub const MODES: [Mode; 2] = [Mode::Armed, Mode::Preloaded];

pub struct Database<'a> {
    server: &'a Server,
    name: String,
    /// A session older than the database's settings, which do not apply to it.
    pub admin: Client,
}

impl<'a> Database<'a> {
    pub fn new(server: &'a Server, way: Mode, setup: &str) -> Result<Self> {
        let name = format!("{way:?}").to_lowercase();
        let mut admin = server.database(&name)?;
        admin.batch_execute(setup)?;
        match way {
            Mode::Armed => admin.batch_execute("SELECT seq_guard_enable()")?,
            Mode::Preloaded => admin.batch_execute(&format!(
                "ALTER DATABASE {name} SET session_preload_libraries = 'pg_flightcheck';
                 ALTER DATABASE {name} SET pg_flightcheck.guard_scope = 'all'"
            ))?,
        }
        Ok(Self { server, name, admin })
    }

    pub fn session(&self) -> Result<Session> {
        Session::open(self.server, &self.name)
    }

    /// Opens a session whose notices are not collected.
    pub fn other(&self) -> Result<Client> {
        let mut client = self.server.connect(&self.name)?;
        // A faulty test must not wait for itself.
        client.batch_execute("SET lock_timeout = '20s'")?;
        Ok(client)
    }

    /// Returns a single value.
    pub fn number(&mut self, sql: &str) -> Result<i64> {
        Ok(self.admin.query_one(sql, &[])?.get(0))
    }

    /// Waits until a count is above zero.
    pub fn wait_for(&mut self, count: &str) -> Result<()> {
        let began = Instant::now();
        while self.number(count)? == 0 {
            ensure!(began.elapsed() < Duration::from_secs(30), "timed out waiting for {count}");
            sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Checks that no backend has crashed, which would end all sessions.
    ///
    /// # Panics
    /// If a backend has crashed.
    pub fn assert_up(&mut self) {
        let answer = self.number("SELECT 1::bigint");
        let log = self.server.log();
        assert!(answer.is_ok() && !log.contains("was terminated by signal"), "a backend crashed: {answer:?}");
    }
}
