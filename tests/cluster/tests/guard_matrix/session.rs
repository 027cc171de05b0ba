//! A session that runs the steps of a case, and the warnings it receives.

use crate::case::Step;
use anyhow::Result;
use cluster::{Notices, Server, explain, literal};
use postgres::Client;
use postgres::error::DbError;
use std::io::Write;

/// The schema of the extension, which hints must name.
pub const EXTENSION_SCHEMA: &str = "flightcheck";

pub struct Session {
    pub client: Client,
    notices: Notices,
}

impl Session {
    pub fn open(server: &Server, database: &str) -> Result<Self> {
        let (client, notices) = server.connect_noting(database)?;
        Ok(Self { client, notices })
    }

    /// Runs the steps up to the first one that fails, and returns all warnings and how the last
    /// step ended.
    pub fn run(&mut self, steps: &[Step]) -> (Vec<DbError>, Result<(), postgres::Error>) {
        self.notices.take();
        let ending = steps.iter().try_for_each(|step| self.step(step));
        (self.notices.take(), ending)
    }

    fn step(&mut self, step: &Step) -> Result<(), postgres::Error> {
        match step {
            Step::Sql(sql) => self.client.batch_execute(sql),
            Step::Fails(sql, state) => match self.client.batch_execute(sql) {
                Err(error) if error.code().is_some_and(|code| code.code() == *state) => Ok(()),
                Err(error) => Err(error),
                Ok(()) => panic!("{sql} did not fail with {state}"),
            },
            Step::Prepared(sql, ids) => {
                let statement = self.client.prepare(sql)?;
                ids.iter().try_for_each(|id| self.client.execute(&statement, &[id]).map(|_| ()))
            }
            Step::Copy(sql, data) => {
                let mut writer = self.client.copy_in(*sql)?;
                // The error is reported by `finish`.
                let _ = writer.write_all(data);
                writer.finish()?;
                // The driver does not wait for the commit, and so not for its warnings.
                self.client.batch_execute("")
            }
        }
    }
}

/// The guard's warning or error about a table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Complaint {
    pub table: String,
    pub sequence: String,
}

impl Complaint {
    /// Parses a warning or an error, each field of which must be as documented.
    pub fn read(said: &DbError, severity: &str) -> Result<Self, String> {
        let odd = |what: &str| format!("{what}: {}: {} ({})", said.severity(), said.message(), said.code().code());
        if said.severity() != severity || said.code().code() != "55000" {
            return Err(odd("not from the guard"));
        }
        let names = said.message().strip_prefix("sequence ").and_then(|rest| rest.strip_suffix(" already has"));
        let (sequence, table) = names
            .and_then(|names| names.split_once(" will hand out ids that table "))
            .ok_or_else(|| odd("not the documented message"))?;
        let repair = format!("SELECT * FROM {EXTENSION_SCHEMA}.seq_resync_table({});", literal(table));
        if said.hint() != Some(&format!("Run: {repair}")) {
            return Err(odd(&format!("hint {:?}", said.hint())));
        }
        if !said.detail().is_some_and(|detail| detail.starts_with("Rows exist ")) {
            return Err(odd(&format!("detail {:?}", said.detail())));
        }
        Ok(Self { table: table.to_owned(), sequence: sequence.to_owned() })
    }

    /// Parses the error with which the guard aborted a transaction.
    pub fn read_error(error: &postgres::Error) -> Result<Self, String> {
        Self::read(error.as_db_error().ok_or_else(|| explain(error))?, "ERROR")
    }
}
