//! A session that never waits for long, and the messages it receives.

use anyhow::Result;
use cluster::{Notices, Server, explain};
use postgres::error::DbError;
use postgres::{Client, Error};
use std::time::{Duration, Instant};

/// More than any statement takes, and less than any lock is held in these tests.
pub const AT_ONCE: Duration = Duration::from_secs(3);

pub struct Session {
    pub client: Client,
    notices: Notices,
}

impl Session {
    pub fn open(server: &Server, database: &str) -> Result<Self> {
        let (mut client, notices) = server.connect_noting(database)?;
        // Ends a test that would wait forever. The statement timeout does not apply to a commit.
        client.batch_execute("SET statement_timeout = '10s'; SET lock_timeout = '9s'")?;
        Ok(Self { client, notices })
    }

    /// Runs a statement and returns its notices and its result.
    ///
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

    /// Runs a statement that must succeed without a notice.
    ///
    /// # Panics
    /// If it fails, or if there is a notice.
    #[track_caller]
    pub fn silent(&mut self, sql: &str) {
        let (said, ending) = self.run(sql);
        ending.unwrap_or_else(|error| panic!("{sql}: {}", explain(&error)));
        assert!(said.is_empty(), "{sql}: {said:?}");
    }

    /// Runs a statement that must get one warning, about this table, and returns the warning.
    ///
    /// # Panics
    /// If it fails, or if there are other notices or none.
    #[track_caller]
    pub fn warned(&mut self, sql: &str, table: &str) -> DbError {
        let (mut said, ending) = self.run(sql);
        ending.unwrap_or_else(|error| panic!("{sql}: {}", explain(&error)));
        assert_eq!(said.len(), 1, "{sql}: {said:?}");
        let warning = said.remove(0);
        assert_about(&warning, "WARNING", table);
        warning
    }

    /// Runs a statement that the guard must reject because of this table.
    ///
    /// # Panics
    /// If the guard does not raise that error.
    #[track_caller]
    pub fn refused(&mut self, sql: &str, table: &str) {
        let error = self.run(sql).1.expect_err(sql);
        assert_about(error.as_db_error().unwrap_or_else(|| panic!("{sql}: {error}")), "ERROR", table);
    }

    /// Runs an insert that fails with a duplicate key, and returns the hint.
    #[track_caller]
    pub fn duplicate(&mut self, sql: &str) -> Option<String> {
        let error = self.run(sql).1.expect_err(sql);
        let error = error.as_db_error().unwrap_or_else(|| panic!("{sql}: {error}"));
        assert_eq!(error.code().code(), "23505", "{sql}: {error}");
        error.hint().map(str::to_owned)
    }
}

#[track_caller]
fn assert_about(said: &DbError, severity: &str, table: &str) {
    let is_it = said.message().ends_with(&format!("will hand out ids that table {table} already has"));
    assert!(is_it && said.severity() == severity && said.code().code() == "55000", "not about {table}: {said:?}");
}
