//! A guarded database in which cases are run and checked.

use crate::case::{Case, Mode, Step};
use crate::session::{Complaint, EXTENSION_SCHEMA, Session};
use anyhow::Result;
use cluster::{ResyncRow, Server, explain, literal, resync};
use postgres::Client;
use postgres::error::DbError;

const DATABASE: &str = "guarded";

/// The values of pg_flightcheck.guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    Warn,
    Error,
    Advance,
    Off,
}

/// A server with one guarded database.
pub struct Guarded {
    server: Server,
    pub mode: Mode,
    /// A session that creates the tables. It is older than the database's settings, which do not
    /// apply to it.
    pub admin: Client,
}

impl Guarded {
    pub fn start(mode: Mode) -> Result<Self> {
        let server = Server::start(&["max_prepared_transactions = 5"])?;
        let mut postgres = server.connect("postgres")?;
        postgres.batch_execute("CREATE ROLE clerk")?;
        postgres.batch_execute(&format!("CREATE DATABASE {DATABASE}"))?;
        let mut admin = server.connect(DATABASE)?;
        admin.batch_execute(&format!(
            "CREATE SCHEMA {EXTENSION_SCHEMA}; CREATE EXTENSION pg_flightcheck SCHEMA {EXTENSION_SCHEMA}"
        ))?;
        let enable = match mode {
            Mode::Triggers => format!("SELECT {EXTENSION_SCHEMA}.seq_guard_enable()"),
            Mode::Preloaded => format!(
                "ALTER DATABASE {DATABASE} SET session_preload_libraries = 'pg_flightcheck';
                 ALTER DATABASE {DATABASE} SET pg_flightcheck.guard_scope = 'all'"
            ),
        };
        admin.batch_execute(&enable)?;
        Ok(Self { server, mode, admin })
    }

    /// Sets pg_flightcheck.guard for later sessions.
    pub fn set(&mut self, guard: Guard) -> Result<()> {
        let guard = format!("{guard:?}").to_lowercase();
        Ok(self.admin.batch_execute(&format!("ALTER DATABASE {DATABASE} SET pg_flightcheck.guard = {guard}"))?)
    }

    pub fn session(&self) -> Result<Session> {
        Session::open(&self.server, DATABASE)
    }

    /// Opens a session that has already used the guard.
    pub fn warmed_session(&mut self) -> Result<Session> {
        self.make(&["CREATE TABLE t (id serial PRIMARY KEY)"])?;
        let mut session = self.session()?;
        let (_, ending) = session.run(&[
            Step::Sql("BEGIN; INSERT INTO t VALUES (10); SELECT setval('t_id_seq', 10); COMMIT"),
            Step::Sql("INSERT INTO t DEFAULT VALUES"),
        ]);
        ending?;
        Ok(session)
    }

    /// Creates tables in an empty database.
    pub fn make(&mut self, setup: &[&str]) -> Result<()> {
        self.admin.batch_execute(
            "SET client_min_messages = error; SET search_path = public;
             DROP SCHEMA public CASCADE; DROP SCHEMA IF EXISTS \"S.x\" CASCADE;
             CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO clerk",
        )?;
        Ok(setup.iter().try_for_each(|sql| self.admin.batch_execute(sql))?)
    }

    /// Runs a case and returns an error if the result differs from the documentation.
    pub fn check(&mut self, case: &Case, guard: Guard, session: &mut Session) -> Result<(), String> {
        self.make(case.setup).map_err(|error| format!("setup: {error:#}"))?;
        let (said, ending) = session.run(case.steps);
        let expected = case.expected(self.mode);
        let is_refused = !case.is_deferred && !case.is_warning_only;
        if guard == Guard::Error && !expected.is_empty() && is_refused {
            let Err(error) = ending else { return Err(format!("no error instead of one for {expected:?}")) };
            let complaint = Complaint::read_error(&error)?;
            if complaint.table != expected[0] {
                return Err(format!("an error for {} instead of {}", complaint.table, expected[0]));
            }
            session.client.batch_execute("SELECT 1").map_err(|error| format!("afterwards: {}", explain(&error)))?;
            return check_tables(&said, &[]).map(|_| ());
        }
        ending.map_err(|error| explain(&error))?;
        if guard == Guard::Advance {
            check_tables(&said, &[])?;
            return expected.iter().try_for_each(|table| self.check_not_behind(table));
        }
        let complaints = check_tables(&said, expected)?;
        self.check_hints(&complaints)
    }

    /// Checks that the statement of each hint finds the sequence behind and repairs it.
    fn check_hints(&mut self, complaints: &[Complaint]) -> Result<(), String> {
        let mut repaired = Vec::new();
        for complaint in complaints {
            let outcomes = self.resync(&complaint.table, false)?;
            let outcome = outcomes.iter().find(|row| row.sequence.as_ref() == Some(&complaint.sequence));
            let is_repaired = match outcome.map(|row| row.outcome.as_str()) {
                Some("advanced") => true,
                // There was a warning for another table of the sequence, or more than one for this
                // table.
                Some("unchanged") => repaired.contains(&&complaint.sequence),
                _ => false,
            };
            if !is_repaired {
                return Err(format!("{complaint:?} is not true: {outcomes:?}"));
            }
            repaired.push(&complaint.sequence);
        }
        Ok(())
    }

    fn check_not_behind(&mut self, table: &str) -> Result<(), String> {
        let outcomes = self.resync(table, true)?;
        match outcomes.iter().all(|row| row.outcome == "unchanged") {
            true => Ok(()),
            false => Err(format!("{table} is behind: {outcomes:?}")),
        }
    }

    fn resync(&mut self, table: &str, dry_run: bool) -> Result<Vec<ResyncRow>, String> {
        let call = format!("{EXTENSION_SCHEMA}.seq_resync_table({}, dry_run => {dry_run})", literal(table));
        let mut run = || {
            // Names are then schema-qualified.
            self.admin.batch_execute("SET search_path = ''")?;
            resync(&mut self.admin, &call)
        };
        run().map_err(|error| explain(&error))
    }
}

/// Checks that there is exactly one warning for each of these tables.
fn check_tables(said: &[DbError], expected: &[&str]) -> Result<Vec<Complaint>, String> {
    let mut complaints = said.iter().map(|notice| Complaint::read(notice, "WARNING")).collect::<Result<Vec<_>, _>>()?;
    complaints.sort();
    let tables: Vec<_> = complaints.iter().map(|complaint| complaint.table.as_str()).collect();
    match tables == expected {
        true => Ok(complaints),
        false => Err(format!("warnings for {tables:?} instead of {expected:?}")),
    }
}
