//! A schema's description, and how it is loaded into a database.

use anyhow::{Context, Result, ensure};
use cluster::{Server, output, program};
use std::fs;
use std::path::Path;
use std::process::Command;

/// A schema that a package carries.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// Also the name of its database.
    pub name: &'static str,
    pub source: Source,
    /// A contrib extension that it needs, which not every installation has.
    pub extension: Option<&'static str>,
    /// The columns for which the application draws itself, by its sources: table, column and an
    /// expression in terms of the row's number `n`.
    pub drawn: &'static [(&'static str, &'static str, &'static str)],
    /// Values that the tables' constraints require, in the same form.
    pub demanded: &'static [(&'static str, &'static str, &'static str)],
    /// Tables that can hold only one row, which the package has inserted.
    pub full: &'static [&'static str],
    /// Sequences that the application uses as counters: no column holds their values.
    pub counted: &'static [&'static str],
    /// The columns, sorted by name, whose sequences are behind because the package inserts rows
    /// with ids.
    pub behind_as_shipped: &'static [&'static str],
    /// The columns that are linked to a sequence by its name, sorted.
    pub by_name: &'static [&'static str],
    /// The sequences without a link, each with the columns that it may feed.
    pub unlinked: &'static [(&'static str, &'static [&'static str])],
}

/// A schema without anything special, as most are.
pub const PLAIN: Schema = Schema {
    name: "",
    source: Source::Files(&[]),
    extension: None,
    drawn: &[],
    demanded: &[],
    full: &[],
    counted: &[],
    behind_as_shipped: &[],
    by_name: &[],
    unlinked: &[],
};

/// Where the schema is.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// Scripts below the clients' folder.
    Files(&'static [&'static str]),
    /// Synapse's folder: a full schema and later changes to it.
    Synapse(&'static str),
    /// A program, run in a copy of a folder of tests/cluster/clients.
    Program { project: &'static str, command: &'static [&'static str] },
}

impl Schema {
    /// Whether the package is installed.
    pub fn is_installed(&self) -> bool {
        match self.source {
            Source::Files(files) => files.iter().all(|file| program::find_file(file).is_some()),
            Source::Synapse(folder) => program::find_file(folder).is_some(),
            Source::Program { command, .. } => program::find(command[0]).is_some(),
        }
    }

    /// Loads the schema into the database of its name.
    pub fn load(&self, server: &Server) -> Result<()> {
        match self.source {
            Source::Files(files) => self.run_files(server, files),
            Source::Synapse(folder) => self.run_synapse(server, &program::installed().join(folder)),
            Source::Program { project, command } => {
                let program = program::find(command[0]).with_context(|| format!("{} is gone", command[0]))?;
                let project = program::projects().join(project);
                let mut process = Command::new(program);
                process
                    .args(&command[1..])
                    .current_dir(project)
                    .envs(server.environment(self.name))
                    .env("PATH", program::path())
                    .env("PYTHONDONTWRITEBYTECODE", "1")
                    .env("PYTHONWARNINGS", "ignore");
                output(&mut process).map(drop)
            }
        }
    }

    fn run_files(&self, server: &Server, files: &[&str]) -> Result<()> {
        for file in files {
            let errors = server.psql_file(self.name, &program::installed().join(file))?;
            ensure!(errors == 0, "{file}: {errors} errors");
        }
        Ok(())
    }

    /// Runs all scripts for PostgreSQL as one, in Synapse's order. Those written in Python only
    /// fill tables and are left out.
    fn run_synapse(&self, server: &Server, folder: &Path) -> Result<()> {
        let mut script = String::new();
        for part in ["common", "state", "main"] {
            let path = folder.join(part).join("full_schemas/72/full.sql.postgres");
            script.push_str(&fs::read_to_string(&path).with_context(|| path.display().to_string())?);
        }
        let mut deltas = Vec::new();
        for part in ["common", "state", "main"] {
            for version in fs::read_dir(folder.join(part).join("delta"))? {
                let version = version?;
                let number: u32 = version.file_name().to_string_lossy().parse().unwrap_or(0);
                for delta in fs::read_dir(version.path())? {
                    let delta = delta?;
                    let name = delta.file_name().to_string_lossy().into_owned();
                    if number > 72 && (name.ends_with(".sql") || name.ends_with(".sql.postgres")) {
                        deltas.push((number, name, delta.path()));
                    }
                }
            }
        }
        deltas.sort();
        ensure!(!deltas.is_empty(), "no deltas");
        for (_, _, path) in deltas {
            script.push_str(&fs::read_to_string(&path)?);
            script.push_str("\n;\n");
        }
        let key = "BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY";
        let path = server.scratch("synapse.sql");
        fs::write(&path, script.replace("$%AUTO_INCREMENT_PRIMARY_KEY%$", key))?;
        let errors = server.psql_file(self.name, &path)?;
        ensure!(errors == 0, "{errors} errors");
        Ok(())
    }
}
