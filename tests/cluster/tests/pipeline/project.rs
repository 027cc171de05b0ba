//! A server with a database to migrate, projects, and runs of the program.

use anyhow::{Context, Result, ensure};
use cluster::{Server, program};
use serde_json::Value;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Three rows, two of which have the same code and one of which has no parent.
const SCHEMA: &str = "CREATE TABLE harbour (id int PRIMARY KEY, code text);
    INSERT INTO harbour VALUES (1, 'ham'), (2, 'ham'), (3, NULL);
    CREATE TABLE ship (id int PRIMARY KEY, harbour_id int);
    INSERT INTO ship VALUES (1, 1), (2, 9);";

pub struct Project {
    pub server: Server,
    pub address: String,
}

pub struct Outcome {
    pub code: i32,
    pub output: String,
    pub errors: String,
}

impl Outcome {
    /// Returns the elements of the JSON array.
    pub fn rows(&self) -> Result<Vec<Value>> {
        let value: Value = serde_json::from_str(&self.output).with_context(|| self.all())?;
        Ok(value.as_array().context("not an array")?.clone())
    }

    /// Returns `migration status` of each element.
    pub fn statuses(&self) -> Result<Vec<String>> {
        let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
        Ok(self.rows()?.iter().map(|row| format!("{} {}", text(row, "migration"), text(row, "status"))).collect())
    }

    pub fn all(&self) -> String {
        format!("exit status {}\n{}\n{}", self.code, self.output, self.errors)
    }
}

impl Project {
    /// Starts a server that listens on a loopback address, since not every driver connects to a
    /// socket, with the database `app`.
    pub fn new() -> Result<Project> {
        let mut random = fastrand::Rng::new();
        let address = format!("127.{}.{}.{}", random.u8(10..250), random.u8(1..250), random.u8(1..250));
        let server = Server::start(&[&format!("listen_addresses = '{address}'")])?;
        server.connect("postgres")?.batch_execute("CREATE DATABASE app")?;
        server.connect("app")?.batch_execute(SCHEMA)?;
        Ok(Project { server, address })
    }

    /// Writes the files of a project, and returns its folder.
    pub fn folder(&self, name: &str, files: &[(&str, &str)]) -> Result<PathBuf> {
        let folder = self.server.scratch(name);
        for (file, text) in files {
            let path = folder.join(file);
            fs::create_dir_all(path.parent().context("a file has a folder")?)?;
            fs::write(path, text)?;
        }
        Ok(folder)
    }

    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        vec![
            ("PGHOST", self.address.clone().into()),
            ("PGPORT", "5432".into()),
            ("PGUSER", "postgres".into()),
            ("PATH", program::path()),
            ("PYTHONDONTWRITEBYTECODE", "1".into()),
            ("PYTHONWARNINGS", "ignore".into()),
        ]
    }

    pub fn command(&self, arguments: &[&str], paths: &[&Path]) -> Command {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools/flightcheck-migrations");
        let mut command = Command::new("env");
        command.args(["--default-signal=INT,HUP,TERM", "bash"]).arg(script).args(arguments).args(paths);
        command.envs(self.environment()).stdin(Stdio::null());
        command
    }

    /// Runs the program on a copy of `app`, and requires that neither the database nor the server
    /// keeps a trace of it.
    pub fn run(&self, arguments: &[&str], paths: &[&Path]) -> Result<Outcome> {
        self.run_on(&[&["--template=app"], arguments].concat(), paths)
    }

    pub fn run_on(&self, arguments: &[&str], paths: &[&Path]) -> Result<Outcome> {
        self.outcome(self.command(arguments, paths))
    }

    /// Runs a command of the program, with the same requirements.
    pub fn outcome(&self, mut command: Command) -> Result<Outcome> {
        let before = self.contents()?;
        let output = command.output()?;
        let outcome = Outcome {
            code: output.status.code().context("the program was killed")?,
            output: String::from_utf8(output.stdout)?,
            errors: String::from_utf8_lossy(&output.stderr).into_owned(),
        };
        ensure!(self.contents()? == before, "the database has changed: {}", outcome.all());
        ensure!(self.copies()? == 0, "a copy is left: {}", outcome.all());
        Ok(outcome)
    }

    /// Returns all schemas, relations and rows of the database.
    fn contents(&self) -> Result<String> {
        let query = "SELECT concat((SELECT string_agg(nspname, ' ' ORDER BY nspname) FROM pg_namespace),
            (SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class
            WHERE relnamespace = 'public'::regnamespace),
            query_to_xml('SELECT * FROM public.harbour', true, true, ''))";
        Ok(self.server.connect("app")?.query_one(query, &[])?.get(0))
    }

    pub fn copies(&self) -> Result<i64> {
        let query = "SELECT count(*) FROM pg_database WHERE datname LIKE 'flightcheck%'";
        Ok(self.server.connect("postgres")?.query_one(query, &[])?.get(0))
    }
}
