//! A session on the server: executes SQL, and returns errors and warnings.

use crate::change::Call;
use anyhow::{Result, bail, ensure};
use cluster::{Notices, Server};
use postgres::error::DbError;
use postgres::{Client, Statement};
use std::collections::BTreeMap;
use std::io::Write;

/// The guard's warning about a table.
#[derive(Debug)]
pub struct Warning {
    pub table: String,
    pub sequence: String,
    pub state: String,
    pub detail: String,
    pub hint: String,
}

/// The error that a statement failed with.
#[derive(Debug)]
pub struct Failure {
    pub state: String,
    pub message: String,
}

impl Failure {
    pub fn names(&self, table: &str) -> bool {
        self.state == "55000" && parse(&self.message).is_some_and(|(_, named)| named == table)
    }
}

#[derive(Debug)]
pub struct Response {
    pub error: Option<Failure>,
    pub told: Vec<Warning>,
    /// The error that a block has caught.
    pub caught: Option<String>,
}

pub struct ServerSession {
    client: Client,
    notices: Notices,
    prepared: BTreeMap<String, Statement>,
}

impl ServerSession {
    pub fn connect(server: &Server, database: &str) -> Result<Self> {
        let (mut client, notices) = server.connect_noting(database)?;
        // Without the library, a session does not see setval; the matrix has sessions in which a
        // trigger loads it.
        client.batch_execute("LOAD 'pg_flightcheck'")?;
        Ok(Self { client, notices, prepared: BTreeMap::new() })
    }

    /// Forgets all prepared statements.
    pub fn forget(&mut self) {
        self.prepared.clear();
    }

    pub fn say(&mut self, call: &Call) -> Result<Response> {
        let mut caught = None;
        let error = match self.send(call) {
            Ok(state) => {
                caught = state;
                None
            }
            Err(error) => {
                ensure!(!self.client.is_closed(), "the connection broke: {error}");
                let Some(error) = error.as_db_error() else { bail!("the error has no SQLSTATE: {error}") };
                Some(Failure { state: error.code().code().to_owned(), message: error.message().to_owned() })
            }
        };
        if matches!(call, Call::Copy(..)) {
            // The driver reads messages after the end of a COPY only with the next result.
            self.client.batch_execute("")?;
        }
        let told = self.notices.take().iter().filter_map(told).collect();
        Ok(Response { error, told, caught })
    }

    fn send(&mut self, call: &Call) -> Result<Option<String>, postgres::Error> {
        match call {
            Call::Simple(sql) => self.client.batch_execute(sql)?,
            Call::InBlock(sql, fails) => {
                return Ok(self.client.query_one("SELECT attempt($1, $2)", &[sql, fails])?.get(0));
            }
            Call::Prepared(sql, id) => {
                let statement = match self.prepared.get(sql) {
                    Some(statement) => statement.clone(),
                    None => self.prepared.entry(sql.clone()).or_insert(self.client.prepare(sql)?).clone(),
                };
                self.client.execute(&statement, &[id])?;
            }
            Call::Copy(sql, lines) => {
                let mut writer = self.client.copy_in(sql.as_str())?;
                // An error is reported by `finish`.
                let _ = writer.write_all(lines.as_bytes());
                writer.finish()?;
            }
        }
        Ok(None)
    }

    pub fn client(&mut self) -> &mut Client {
        &mut self.client
    }
}

/// Returns the sequence and the table of a message of the guard, without their schema.
fn parse(message: &str) -> Option<(&str, &str)> {
    let rest = message.strip_prefix("sequence public.")?.strip_suffix(" already has")?;
    rest.split_once(" will hand out ids that table public.")
}

fn told(notice: &DbError) -> Option<Warning> {
    let (sequence, table) = parse(notice.message())?;
    Some(Warning {
        table: table.to_owned(),
        sequence: sequence.to_owned(),
        state: notice.code().code().to_owned(),
        detail: notice.detail().unwrap_or_default().to_owned(),
        hint: notice.hint().unwrap_or_default().to_owned(),
    })
}
