//! A database that is broken and repaired: psql runs each fix as it is printed.

use crate::finding::{Finding, flightcheck, flightcheck_in};
use crate::psql_output::WAYS;
use anyhow::{Context, Result, bail, ensure};
use cluster::{PORTABLE, Server, explain, install_portable};
use postgres::Client;
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

/// More steps than any fix has.
const MOST_STEPS: usize = 20;

const TIMEOUT: Duration = Duration::from_secs(60);

pub struct Scene {
    pub server: Server,
    pub client: Client,
    database: &'static str,
}

impl Scene {
    pub fn new(settings: &[&str]) -> Result<Self> {
        let server = Server::start(settings)?;
        let client = server.database("scene")?;
        Ok(Self { server, client, database: "scene" })
    }

    pub fn another_session(&self) -> Result<Client> {
        self.server.connect(self.database)
    }

    pub fn run(&mut self, sql: &str) -> Result<()> {
        self.client.batch_execute(sql).map_err(|error| anyhow::anyhow!("{sql}\n{}", explain(&error)))
    }

    pub fn findings(&mut self, check: &str) -> Result<Vec<Finding>> {
        Ok(flightcheck(&mut self.client, "")?.into_iter().filter(|finding| finding.check == check).collect())
    }

    /// Installs the portable edition, and checks that it finds the same of one check.
    pub fn assert_portable_finds(&mut self, check: &str, expected: &[Finding]) -> Result<()> {
        let exists = format!("SELECT to_regnamespace('{PORTABLE}') IS NOT NULL");
        if !self.client.query_one(&exists, &[])?.get::<_, bool>(0) {
            install_portable(&mut self.client)?;
        }
        let mut found = flightcheck_in(&mut self.client, PORTABLE, "")?;
        found.retain(|finding| finding.check == check);
        ensure!(found == expected, "the portable edition finds {found:#?}\ninstead of {expected:#?}");
        Ok(())
    }

    /// Returns the only row, whatever its check.
    pub fn only(&mut self) -> Result<Finding> {
        let all = flightcheck(&mut self.client, "")?;
        ensure!(all.len() == 1, "not exactly one row: {all:#?}");
        all.into_iter().next().context("no row")
    }

    /// Returns the rows as severity, check and object.
    pub fn summary(&mut self) -> Result<Vec<String>> {
        let rows = flightcheck(&mut self.client, "")?;
        Ok(rows.iter().map(|row| format!("{} {} {}", row.severity, row.check, row.object)).collect())
    }

    pub fn assert_no_findings(&mut self) -> Result<()> {
        let all = flightcheck(&mut self.client, "")?;
        ensure!(all.is_empty(), "unexpected findings: {all:#?}");
        Ok(())
    }

    /// Makes psql run the fix as it is shown, and those that follow it, in alternating ways. Fails
    /// if one of them does.
    pub fn paste(&self, finding: &Finding) -> Result<()> {
        let mut finding = finding.clone();
        for step in 0..MOST_STEPS {
            let way = WAYS[(finding.object.len() + step) % WAYS.len()];
            let errors = way.run(&self.server, self.database, finding.fix()?)?;
            ensure!(errors == 0, "the fix failed: {finding:#?}\n{}", self.server.log());
            let rows = flightcheck(&mut self.another_session()?, "")?;
            let is_next =
                |row: &Finding| row.check == finding.check && row.object == finding.object && row.fix != finding.fix;
            match rows.into_iter().find(is_next).filter(|row| row.fix.is_some()) {
                Some(next) => finding = next,
                None => return Ok(()),
            }
        }
        bail!("the fixes do not end: {finding:#?}")
    }

    /// Damages something, checks the only row, and runs its fix; afterwards there must be no row.
    pub fn break_and_fix(&mut self, damage: &str, severity: &str, check: &str, object: &str) -> Result<Finding> {
        self.run(damage)?;
        let finding = self.only()?;
        let seen = (finding.severity.as_str(), finding.check.as_str(), finding.object.as_str());
        ensure!(seen == (severity, check, object), "{finding:#?}");
        self.paste(&finding)?;
        self.assert_no_findings().with_context(|| format!("after {finding:#?}"))?;
        Ok(finding)
    }
}

/// A session with a running statement.
pub struct Busy {
    pub pid: i32,
    thread: JoinHandle<Result<(), postgres::Error>>,
}

impl Busy {
    /// Waits for the statement, which must succeed.
    pub fn done(self) -> Result<()> {
        let began = Instant::now();
        while !self.thread.is_finished() {
            ensure!(began.elapsed() < TIMEOUT, "process {} still waits", self.pid);
            sleep(Duration::from_millis(5));
        }
        Ok(self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?)
    }
}

impl Scene {
    /// Starts a statement in another session, and returns when it waits for a lock.
    pub fn start_waiting(&mut self, sql: &str) -> Result<Busy> {
        let mut client = self.another_session()?;
        let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[])?.get(0);
        let statement = sql.to_owned();
        let thread = std::thread::spawn(move || client.batch_execute(&statement));
        let waits = format!("SELECT count(*) FROM pg_locks WHERE pid = {pid} AND NOT granted");
        let began = Instant::now();
        while self.client.query_one(&waits, &[])?.get::<_, i64>(0) == 0 {
            ensure!(began.elapsed() < TIMEOUT && !thread.is_finished(), "it does not wait: {sql}");
            sleep(Duration::from_millis(5));
        }
        Ok(Busy { pid, thread })
    }

    /// Terminates the session, as an administrator or a crash would.
    pub fn kill(&mut self, busy: Busy) -> Result<()> {
        self.run(&format!("SELECT pg_terminate_backend({}, 10000)", busy.pid))?;
        ensure!(busy.thread.join().is_ok_and(|outcome| outcome.is_err()), "the statement had succeeded");
        Ok(())
    }
}
