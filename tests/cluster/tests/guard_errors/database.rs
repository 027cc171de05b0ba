//! A database in which the statements are run.

use crate::duplicate_key::Duplicate;
use crate::failures::{FAILURES, SETUP};
use crate::statement::ErrorFields;
use anyhow::Result;
use cluster::{Server, explain};
use postgres::Client;

pub struct Database<'s> {
    server: &'s Server,
    pub name: String,
    /// A session older than the database's settings, which do not apply to it.
    pub admin: Client,
}

impl<'s> Database<'s> {
    /// Creates a database with this name. `setup` runs in it first, and may refer to it as
    /// `{database}`.
    pub fn new(server: &'s Server, name: &str, setup: &str) -> Result<Self> {
        server.connect("postgres")?.batch_execute(&format!("CREATE DATABASE \"{}\"", name.replace('"', "\"\"")))?;
        let mut admin = server.connect(name)?;
        admin.batch_execute("SET client_min_messages = error")?;
        admin.batch_execute(&setup.replace("{database}", name))?;
        Ok(Self { server, name: name.to_owned(), admin })
    }

    pub fn session(&self) -> Result<Client> {
        self.server.connect(&self.name)
    }

    /// Creates tables in an empty database.
    pub fn make(&mut self, setup: &[&str]) -> Result<()> {
        self.admin.batch_execute(
            "DROP SCHEMA public CASCADE; DROP SCHEMA IF EXISTS \"S.x\" CASCADE;
             CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC",
        )?;
        setup.iter().try_for_each(|sql| execute(&mut self.admin, sql))
    }

    /// Returns the errors of all [`FAILURES`].
    pub fn failures(&mut self) -> Result<Vec<ErrorFields>> {
        self.make(&[SETUP])?;
        let mut session = self.session()?;
        session.batch_execute("SET log_parameter_max_length_on_error = -1")?;
        Ok(FAILURES.iter().map(|attempt| attempt.fail(&mut session)).collect())
    }

    /// Returns the error of a duplicate key, in a new session or in the given one.
    pub fn duplicate(&mut self, case: &Duplicate, session: Option<&mut Client>) -> Result<ErrorFields> {
        self.make(case.setup)?;
        let mut own;
        let session = match session {
            Some(session) => session,
            None => {
                own = self.session()?;
                &mut own
            }
        };
        case.before.iter().try_for_each(|sql| execute(session, sql))?;
        Ok(case.attempt.fail(session))
    }
}

fn execute(client: &mut Client, sql: &str) -> Result<()> {
    client.batch_execute(sql).map_err(|error| anyhow::anyhow!("{sql:.80}: {}", explain(&error)))
}
