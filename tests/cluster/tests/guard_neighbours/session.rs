//! A session that is never in anybody's way for long, and what it gets to hear.

use anyhow::Result;
use cluster::{Notices, Server, explain};
use postgres::error::DbError;
use postgres::{Client, Error};
use std::time::{Duration, Instant};

/// More than any statement takes, and less than anybody holds a lock in these tests.
pub const AT_ONCE: Duration = Duration::from_secs(3);

pub struct Session {
    pub client: Client,
    notices: Notices,
}

impl Session {
    pub fn open(server: &Server, database: &str) -> Result<Self> {
        let (mut client, notices) = server.connect_noting(database)?;
        // Who would wait for ever ends the test, and not never. A commit is past the statement's timeout.
        client.batch_execute("SET statement_timeout = '10s'; SET lock_timeout = '9s'")?;
        Ok(Self { client, notices })
    }

    /// # Panics
    /// If it had to wait.
    #[track_caller]
    pub fn run(&mut self, sql: &str) -> (Vec<DbError>, Result<(), Error>) {
        self.notices.take();
        let began = Instant::now();
        let ending = self.client.batch_execute(sql);
        let said = self.notices.take();
        assert!(began.elapsed() < AT_ONCE, "{sql}: waited {:?}: {ending:?}, {said:?}", began.elapsed());
        (said, ending)
    }

    /// # Panics
    /// If it fails, or if anything is said.
    #[track_caller]
    pub fn silent(&mut self, sql: &str) {
        let (said, ending) = self.run(sql);
        ending.unwrap_or_else(|error| panic!("{sql}: {}", explain(&error)));
        assert!(said.is_empty(), "{sql}: {said:?}");
    }

    /// Runs what is warned of for that table, and returns the warning.
    ///
    /// # Panics
    /// If it fails, or if anything else is said, or nothing.
    #[track_caller]
    pub fn warned(&mut self, sql: &str, table: &str) -> DbError {
        let (mut said, ending) = self.run(sql);
        ending.unwrap_or_else(|error| panic!("{sql}: {}", explain(&error)));
        assert_eq!(said.len(), 1, "{sql}: {said:?}");
        let warning = said.remove(0);
        must_be_about(&warning, "WARNING", table);
        warning
    }

    /// # Panics
    /// If the guard does not refuse it for that table's sake.
    #[track_caller]
    pub fn refused(&mut self, sql: &str, table: &str) {
        let error = self.run(sql).1.expect_err(sql);
        must_be_about(error.as_db_error().unwrap_or_else(|| panic!("{sql}: {error}")), "ERROR", table);
    }

    /// Runs an insert that meets a duplicate key, and returns the hint.
    #[track_caller]
    pub fn duplicate(&mut self, sql: &str) -> Option<String> {
        let error = self.run(sql).1.expect_err(sql);
        let error = error.as_db_error().unwrap_or_else(|| panic!("{sql}: {error}"));
        assert_eq!(error.code().code(), "23505", "{sql}: {error}");
        error.hint().map(str::to_owned)
    }
}

#[track_caller]
fn must_be_about(said: &DbError, severity: &str, table: &str) {
    let is_it = said.message().ends_with(&format!("will hand out ids that table {table} already has"));
    assert!(is_it && said.severity() == severity && said.code().code() == "55000", "not about {table}: {said:?}");
}
