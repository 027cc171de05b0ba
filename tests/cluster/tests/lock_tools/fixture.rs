//! A server with a database that tools migrate, and the reports on it.

use crate::process::{PATIENCE, ToolProcess};
use crate::tool::Tool;
use anyhow::{Context, Result, bail, ensure};
use cluster::{LockRow, Server, lock_report, program};
use postgres::Client;
use std::cell::Cell;
use std::path::PathBuf;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The expected keys that derive from the database's name are those of this name.
pub const DATABASE: &str = "app_production";

/// A row of `migration_report`.
#[derive(Clone, Debug)]
pub struct MigrationRow {
    pub status: String,
    pub tool: String,
    pub version: Option<String>,
    pub detail: Option<String>,
    pub fix: Option<String>,
}

pub struct Fixture {
    pub server: Server,
    /// A superuser's session in the database.
    pub client: Client,
    address: String,
    runs: Cell<usize>,
}

impl Fixture {
    /// Starts the server. Returns None, with a message, if one of the tools is not installed.
    pub fn with(tools: &[Tool]) -> Result<Option<Self>> {
        let missing = tools.iter().map(|tool| tool.command[0]).find(|program| program::find(program).is_none());
        if let Some(missing) = missing {
            cluster::report!("{missing} is not installed here (tools/setup-clients installs it)");
            return Ok(None);
        }
        // All servers use the same port, so each has a loopback address of its own.
        let mut random = fastrand::Rng::new();
        let address = format!("127.{}.{}.{}", random.u8(10..250), random.u8(1..250), random.u8(1..250));
        let server = Server::start(&[&format!("listen_addresses = '{address}'")])?;
        server.connect("postgres")?.batch_execute(&format!("CREATE DATABASE {DATABASE}"))?;
        let mut client = server.connect(DATABASE)?;
        client.batch_execute(include_str!("gate.sql"))?;
        // In a schema of its own, since Prisma's first deployment refuses a schema that has tables
        // (P3005).
        client.batch_execute(
            "CREATE SCHEMA flightcheck; CREATE EXTENSION pg_flightcheck SCHEMA flightcheck;
             SET search_path = flightcheck, public",
        )?;
        Ok(Some(Self { server, client, address, runs: Cell::new(0) }))
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    /// Returns the database's URL at `host_and_port`.
    pub fn url(host_and_port: &str) -> String {
        format!("postgres://postgres@{host_and_port}/{DATABASE}")
    }

    /// Starts a tool.
    pub fn start(&self, tool: Tool) -> Result<ToolProcess> {
        self.start_through(&format!("{}:5432", self.address), tool, tool.command)
    }

    /// Starts a command in a tool's project, with the database's address `host_and_port`.
    pub fn start_through(&self, host_and_port: &str, tool: Tool, command: &[&str]) -> Result<ToolProcess> {
        let number = self.runs.replace(self.runs.get() + 1);
        let project = self.project(tool)?;
        let url = Self::url(host_and_port);
        let program = program::find(command[0]).with_context(|| format!("{} is gone", command[0]))?;
        // yoyo knows Psycopg 3 only by this name.
        let url_argument =
            if command[0] == "yoyo" { url.replace("postgres:", "postgresql+psycopg:") } else { url.clone() };
        let jdbc = format!("jdbc:postgresql://{host_and_port}/{DATABASE}?user=postgres");
        let mut process = Command::new(program);
        process
            .args(command[1..].iter().map(|text| text.replace("{url}", &url_argument).replace("{jdbc}", &jdbc)))
            .current_dir(&project)
            .env("PATH", program::path())
            .env("DATABASE_URL", url)
            .env("HOME", &project)
            .env("CHECKPOINT_DISABLE", "1")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONWARNINGS", "ignore");
        // Prisma looks for these engines although its configuration does without them, and would
        // download what it cannot find.
        for engine in ["PRISMA_QUERY_ENGINE_LIBRARY", "PRISMA_SCHEMA_ENGINE_BINARY"] {
            process.env(engine, project.join("prisma.config.mjs"));
        }
        ToolProcess::start(process, self.server.scratch(&format!("process-{number}")))
    }

    /// Returns a copy of the tool's project, with the packages that it imports.
    pub fn project(&self, tool: Tool) -> Result<PathBuf> {
        let project = self.server.scratch(tool.project);
        if !project.exists() {
            program::copy_folder(&program::projects().join(tool.project), &project)?;
            std::os::unix::fs::symlink(program::installed().join("node/node_modules"), project.join("node_modules"))?;
        }
        Ok(project)
    }

    /// Lets migrations pass the gate.
    pub fn open_gate(&mut self) -> Result<()> {
        Ok(self.client.batch_execute("INSERT INTO gate.opened DEFAULT VALUES")?)
    }

    /// Waits until the tool is at the gate and returns its session's pid.
    pub fn wait_at_gate(&mut self, process: &mut ToolProcess) -> Result<i32> {
        self.until("a session at the gate", process, "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
    }

    /// Waits until the tool waits for an advisory lock and returns its session's pid.
    pub fn wait_at_lock(&mut self, process: &mut ToolProcess) -> Result<i32> {
        self.until("a waiter", process, "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    }

    /// Waits until a query has a row and returns its number. The process must not end before that.
    pub fn until(&mut self, what: &str, process: &mut ToolProcess, query: &str) -> Result<i32> {
        let began = Instant::now();
        loop {
            if let Some(row) = self.client.query_opt(query, &[])? {
                return Ok(row.get(0));
            }
            if process.has_ended()? {
                bail!("ended before there was {what}; output:\n{}", process.output());
            }
            ensure!(began.elapsed() < PATIENCE, "there is no {what}; output so far:\n{}", process.output());
            sleep(Duration::from_millis(20));
        }
    }

    /// Returns the rows of `advisory_lock_report()`.
    pub fn locks(&mut self) -> Result<Vec<LockRow>> {
        Ok(lock_report(&mut self.client)?)
    }

    /// Returns the only row of `advisory_lock_report()` for a backend.
    pub fn lock_of(&mut self, pid: i32) -> Result<LockRow> {
        let rows = self.locks()?;
        let mut own = rows.iter().filter(|row| row.pid == Some(pid));
        match (own.next(), own.next()) {
            (Some(row), None) => Ok(row.clone()),
            _ => bail!("expected one row for pid {pid}: {rows:#?}"),
        }
    }

    /// Returns the rows of `migration_report()`.
    pub fn migrations(&mut self) -> Result<Vec<MigrationRow>> {
        let rows = self.client.query("SELECT status, tool, version, detail, fix FROM migration_report()", &[])?;
        let row = |row: &postgres::Row| MigrationRow {
            status: row.get(0),
            tool: row.get(1),
            version: row.get(2),
            detail: row.get(3),
            fix: row.get(4),
        };
        Ok(rows.iter().map(row).collect())
    }

    /// Returns the only row of `migration_report()`, which must be this tool's.
    pub fn migration(&mut self, tool: &str) -> Result<MigrationRow> {
        let rows = self.migrations()?;
        match rows.as_slice() {
            [row] if row.tool == tool => Ok(row.clone()),
            _ => bail!("expected one row, of {tool}: {rows:#?}"),
        }
    }

    /// Runs a report's fix.
    pub fn paste(&mut self, fix: Option<&str>) -> Result<()> {
        let fix = fix.context("there is no fix")?;
        self.client.batch_execute(fix).with_context(|| fix.to_owned())
    }
}
