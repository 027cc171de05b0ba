//! pg_dump, pg_restore and psql, and their messages and the server's.

use anyhow::{Context, Result, ensure};
use cluster::{Server, Stage};
use std::path::PathBuf;
use std::process::Output;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What a client program wrote to its standard error, or the server to its log.
#[derive(Debug, Default)]
pub struct Messages(pub String);

impl Messages {
    pub fn errors(&self) -> Vec<&str> {
        self.0.lines().filter_map(|line| line.split_once("ERROR:  ")).map(|(_, error)| error).collect()
    }

    /// Returns the tables that the guard names, sorted. Two sessions of one restore may each have
    /// loaded a partition of the same table.
    pub fn named(&self) -> Vec<String> {
        let warnings = self.0.split("WARNING:  sequence ").skip(1);
        let table = |warning: &str| {
            let (_, rest) = warning.split_once(" will hand out ids that table ")?;
            Some(rest.split_once(" already has\n")?.0.to_owned())
        };
        let mut tables: Vec<_> = warnings.filter_map(table).collect();
        tables.sort();
        tables.dedup();
        tables
    }

    pub fn warnings(&self) -> usize {
        self.0.matches("WARNING:  ").count()
    }
}

/// Client programs against one server.
pub struct Programs<'a> {
    pub server: &'a Server,
    stage: Stage,
    logged: usize,
}

impl<'a> Programs<'a> {
    pub fn new(server: &'a Server) -> Result<Self> {
        Ok(Self { server, stage: Stage::from_environment()?, logged: 0 })
    }

    /// Returns a path in a folder that is removed with the server.
    pub fn file(&self, name: &str) -> String {
        self.server.scratch(name).display().to_string()
    }

    /// Runs a program, ignoring its exit status.
    pub fn run(&self, program: &str, arguments: &[&str]) -> Result<Messages> {
        let sockets: PathBuf = self.server.data().parent().context("no folder")?.into();
        let mut command = self.stage.client(program);
        let Output { stderr, .. } = command
            .arg("-h")
            .arg(sockets)
            .args(["-U", "postgres"])
            .args(arguments)
            .output()
            .context(program.to_owned())?;
        Ok(Messages(String::from_utf8_lossy(&stderr).into_owned()))
    }

    /// Dumps a database into a file or folder, and returns its path.
    pub fn dump(&self, database: &str, name: &str, options: &[&str]) -> Result<String> {
        let file = self.file(name);
        let heard = self.run("pg_dump", &[&[database, "-f", &file], options].concat())?;
        ensure!(heard.0.is_empty(), "pg_dump {options:?}: {}", heard.0);
        Ok(file)
    }

    /// Returns what the server has logged since the last call, once no session is connected to the
    /// database.
    pub fn log_after(&mut self, database: &str) -> Result<Messages> {
        wait_until_left(self.server, database)?;
        let log = self.server.log();
        let since = log[self.logged..].to_owned();
        self.logged = log.len();
        Ok(Messages(since))
    }
}

/// Waits until no session is connected to a database: a session may log messages as it ends.
pub fn wait_until_left(server: &Server, database: &str) -> Result<()> {
    let mut client = server.connect("postgres")?;
    let started = Instant::now();
    let query = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1";
    while client.query_one(query, &[&database])?.get::<_, i64>(0) > 0 {
        ensure!(started.elapsed() < Duration::from_secs(20), "a session is still connected to {database}");
        sleep(Duration::from_millis(5));
    }
    Ok(())
}
