//! pg_dump, pg_restore and psql, and what they and the server have to say.

use anyhow::{Context, Result, ensure};
use cluster::{Server, Stage};
use std::path::PathBuf;
use std::process::Output;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What a client program wrote to its standard error, or the server to its log.
#[derive(Debug, Default)]
pub struct Heard(pub String);

impl Heard {
    pub fn errors(&self) -> Vec<&str> {
        self.0.lines().filter_map(|line| line.split_once("ERROR:  ")).map(|(_, error)| error).collect()
    }

    /// The tables that the guard names, in order. Two sessions of one restore may each have filled a partition of the same table.
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

    /// A file in a folder that goes away with the server.
    pub fn file(&self, name: &str) -> String {
        self.server.scratch(name).display().to_string()
    }

    /// Runs a program, whatever becomes of it.
    pub fn run(&self, program: &str, arguments: &[&str]) -> Result<Heard> {
        let sockets: PathBuf = self.server.data().parent().context("no folder")?.into();
        let mut command = self.stage.client(program);
        let Output { stderr, .. } = command
            .arg("-h")
            .arg(sockets)
            .args(["-U", "postgres"])
            .args(arguments)
            .output()
            .context(program.to_owned())?;
        Ok(Heard(String::from_utf8_lossy(&stderr).into_owned()))
    }

    /// Dumps a database into a file (or folder), which it names.
    pub fn dump(&self, database: &str, name: &str, options: &[&str]) -> Result<String> {
        let file = self.file(name);
        let heard = self.run("pg_dump", &[&[database, "-f", &file], options].concat())?;
        ensure!(heard.0.is_empty(), "pg_dump {options:?}: {}", heard.0);
        Ok(file)
    }

    /// What the server has written to its log since the last call, once nobody is connected to the database any more.
    pub fn log_after(&mut self, database: &str) -> Result<Heard> {
        wait_until_left(self.server, database)?;
        let log = self.server.log();
        let since = log[self.logged..].to_owned();
        self.logged = log.len();
        Ok(Heard(since))
    }
}

/// Waits until nobody is connected to a database any more: a session that ends may still have something to say.
pub fn wait_until_left(server: &Server, database: &str) -> Result<()> {
    let mut client = server.connect("postgres")?;
    let started = Instant::now();
    let query = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1";
    while client.query_one(query, &[&database])?.get::<_, i64>(0) > 0 {
        ensure!(started.elapsed() < Duration::from_secs(20), "somebody is still connected to {database}");
        sleep(Duration::from_millis(5));
    }
    Ok(())
}
