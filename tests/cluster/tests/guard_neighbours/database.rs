//! A guarded database.

use crate::session::Session;
use anyhow::{Result, ensure};
use cluster::Server;
use postgres::Client;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How the guard comes to know of what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Armed,
    /// The library in every session, and no trigger.
    Preloaded,
}

pub const WAYS: [Way; 2] = [Way::Armed, Way::Preloaded];

pub struct Database<'a> {
    server: &'a Server,
    name: String,
    /// A session that is older than the database's settings: they do not hold for it.
    pub admin: Client,
}

impl<'a> Database<'a> {
    pub fn new(server: &'a Server, way: Way, setup: &str) -> Result<Self> {
        let name = format!("{way:?}").to_lowercase();
        let mut admin = server.database(&name)?;
        admin.batch_execute(setup)?;
        match way {
            Way::Armed => admin.batch_execute("SELECT seq_guard_enable()")?,
            Way::Preloaded => admin.batch_execute(&format!(
                "ALTER DATABASE {name} SET session_preload_libraries = 'pg_flightcheck';
                 ALTER DATABASE {name} SET pg_flightcheck.guard_scope = 'all'"
            ))?,
        }
        Ok(Self { server, name, admin })
    }

    pub fn session(&self) -> Result<Session> {
        Session::open(self.server, &self.name)
    }

    /// A session that nobody listens to.
    pub fn other(&self) -> Result<Client> {
        let mut client = self.server.connect(&self.name)?;
        // A test that is wrong must not wait for itself.
        client.batch_execute("SET lock_timeout = '20s'")?;
        Ok(client)
    }

    /// A single value.
    pub fn number(&mut self, sql: &str) -> Result<i64> {
        Ok(self.admin.query_one(sql, &[])?.get(0))
    }

    /// Waits until a count is above zero.
    pub fn wait_for(&mut self, count: &str) -> Result<()> {
        let began = Instant::now();
        while self.number(count)? == 0 {
            ensure!(began.elapsed() < Duration::from_secs(30), "waited in vain for {count}");
            sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// # Panics
    /// If a backend has crashed, which ends all sessions.
    pub fn must_be_up(&mut self) {
        let answer = self.number("SELECT 1::bigint");
        let log = self.server.log();
        assert!(answer.is_ok() && !log.contains("was terminated by signal"), "a backend crashed: {answer:?}");
    }
}
