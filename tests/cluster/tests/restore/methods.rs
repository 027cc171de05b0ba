//! Common methods to restore, and the sequences that they leave behind.

use crate::FED;
use anyhow::{Result, ensure};
use cluster::Server;
use std::fs;
use std::path::{Path, PathBuf};

pub struct Method {
    pub name: &'static str,
    pub restore: fn(&Restore) -> Result<()>,
    leaves: Leaves,
}

/// The source's tables whose sequences the method leaves behind.
enum Leaves {
    Nothing,
    Everything,
    Only(&'static [&'static str]),
}

impl Method {
    pub fn leaves_behind(&self) -> Vec<&'static str> {
        match self.leaves {
            Leaves::Nothing => Vec::new(),
            Leaves::Everything => FED.to_vec(),
            Leaves::Only(tables) => tables.to_vec(),
        }
    }
}

pub const METHODS: [Method; 9] = [
    Method { name: "pg_dump | psql", restore: everything, leaves: Leaves::Nothing },
    Method {
        name: "pg_dump --exclude-table-data of the sequences",
        restore: without_sequence_data,
        leaves: Leaves::Everything,
    },
    Method {
        name: "pg_dump --table, which takes owned sequences along",
        restore: by_table,
        leaves: Leaves::Only(&["shop.events", "shop.old_events"]),
    },
    Method { name: "only COPY", restore: only_copy, leaves: Leaves::Everything },
    Method { name: "--data-only into a schema of migrations", restore: into_migrations, leaves: Leaves::Everything },
    Method { name: "--inserts without the setval lines", restore: inserts_without_setval, leaves: Leaves::Everything },
    Method { name: "pg_restore of a custom dump's table data", restore: custom_table_data, leaves: Leaves::Everything },
    Method {
        name: "pg_restore --jobs=4 of a directory, without SEQUENCE SET",
        restore: directory_without_sequences,
        leaves: Leaves::Everything,
    },
    Method { name: "pg_restore --jobs=4 of a directory", restore: directory, leaves: Leaves::Nothing },
];

/// A source, an empty target, and the tools to get from one to the other.
pub struct Restore<'a> {
    pub server: &'a Server,
    pub source: &'a str,
    pub target: &'a str,
}

impl Restore<'_> {
    fn file(&self, name: &str) -> PathBuf {
        self.server.scratch(&format!("{}_{name}", self.target))
    }

    /// Dumps the source with these options and returns the file (or folder).
    fn dump(&self, options: &[&str]) -> Result<PathBuf> {
        let file = self.file("dump");
        let file_option = format!("--file={}", file.display());
        self.server.client("pg_dump", &[&[self.source, &file_option], options].concat())?;
        Ok(file)
    }

    /// Creates the source's schema in the target.
    fn copy_schema(&self) -> Result<()> {
        let file = self.dump(&["--schema-only"])?;
        self.psql(&file)?;
        Ok(fs::remove_file(file)?)
    }

    /// Runs a file in the target. Fails if a statement does.
    fn psql(&self, file: &Path) -> Result<()> {
        let errors = self.server.psql_file(self.target, file)?;
        ensure!(errors == 0, "{errors} errors in {}", file.display());
        Ok(())
    }

    fn pg_restore(&self, options: &[&str], file: &Path) -> Result<()> {
        let target = format!("--dbname={}", self.target);
        let file = file.display().to_string();
        self.server.client("pg_restore", &[&[target.as_str(), "--exit-on-error"], options, &[&file]].concat())?;
        Ok(())
    }

    /// Returns the tables' names in the source, referenced tables first.
    fn tables(&self) -> Result<Vec<String>> {
        let query = "SELECT oid::regclass::text FROM pg_class \
                     WHERE relnamespace = 'shop'::regnamespace AND relkind = 'r' ORDER BY oid";
        Ok(self.server.connect(self.source)?.query(query, &[])?.iter().map(|row| row.get(0)).collect())
    }
}

fn everything(restore: &Restore) -> Result<()> {
    restore.psql(&restore.dump(&[])?)
}

/// The option is meant for tables, but it matches sequences as well, whose setval is then missing.
fn without_sequence_data(restore: &Restore) -> Result<()> {
    restore.psql(&restore.dump(&["--exclude-table-data=shop.*_seq", "--exclude-table-data=shop.event_numbers"])?)
}

/// A sequence that no table owns is not dumped.
fn by_table(restore: &Restore) -> Result<()> {
    restore.copy_schema()?;
    let options: Vec<_> = restore.tables()?.iter().map(|table| format!("--table={table}")).collect();
    let mut options: Vec<_> = options.iter().map(String::as_str).collect();
    options.extend(["--table=shop.positions", "--data-only"]);
    restore.psql(&restore.dump(&options)?)
}

fn only_copy(restore: &Restore) -> Result<()> {
    restore.copy_schema()?;
    let file = restore.file("copy");
    let file = file.display();
    for table in restore.tables()? {
        restore
            .server
            .client("psql", &["-X", "-q", "-d", restore.source, "-c", &format!(r"\copy {table} TO '{file}'")])?;
        restore
            .server
            .client("psql", &["-X", "-q", "-d", restore.target, "-c", &format!(r"\copy {table} FROM '{file}'")])?;
    }
    Ok(())
}

/// Each setval names a sequence that does not exist. psql reports the error and continues.
fn into_migrations(restore: &Restore) -> Result<()> {
    restore.server.connect(restore.target)?.batch_execute(include_str!("migrations.sql"))?;
    let dump = restore.dump(&["--data-only", "--load-via-partition-root"])?;
    let errors = restore.server.psql_file(restore.target, &dump)?;
    let sequences = FED.len() - 1;
    ensure!(errors == sequences, "{errors} errors instead of one for each of {sequences} setvals");
    Ok(())
}

fn inserts_without_setval(restore: &Restore) -> Result<()> {
    let file = restore.dump(&["--inserts", "--rows-per-insert=50"])?;
    let dump = fs::read_to_string(&file)?;
    let kept: Vec<_> = dump.lines().filter(|line| !line.starts_with("SELECT pg_catalog.setval(")).collect();
    fs::write(&file, kept.join("\n"))?;
    restore.psql(&file)
}

fn custom_table_data(restore: &Restore) -> Result<()> {
    restore.copy_schema()?;
    let file = restore.dump(&["--format=custom"])?;
    // Restores some tables of a large dump. pg_restore's --table does not include sequences.
    let options: Vec<_> = restore.tables()?.iter().map(|table| format!("--table={}", bare(table))).collect();
    let mut options: Vec<_> = options.iter().map(String::as_str).collect();
    options.extend(["--data-only", "--disable-triggers"]);
    restore.pg_restore(&options, &file)
}

/// Returns the table's name without schema and quotes, since pg_restore takes no patterns.
fn bare(table: &str) -> String {
    table.trim_start_matches("shop.").trim_matches('"').replace("\"\"", "\"")
}

fn directory_without_sequences(restore: &Restore) -> Result<()> {
    let folder = restore.dump(&["--format=directory", "--jobs=4"])?;
    let list = restore.server.client("pg_restore", &["--list", &folder.display().to_string()])?;
    let kept: Vec<_> = list.lines().filter(|line| !line.contains(" SEQUENCE SET ")).collect();
    let file = restore.file("list");
    fs::write(&file, kept.join("\n") + "\n")?;
    restore.pg_restore(&["--jobs=4", &format!("--use-list={}", file.display())], &folder)
}

fn directory(restore: &Restore) -> Result<()> {
    let folder = restore.dump(&["--format=directory", "--jobs=4"])?;
    restore.pg_restore(&["--jobs=4"], &folder)
}
