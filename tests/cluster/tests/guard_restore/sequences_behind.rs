//! Restores that leave the sequences behind: exactly one warning for each table.

use crate::fixtures::{Mode, SOURCE, Target, loaded};
use crate::programs::{Messages, Programs};
use anyhow::{Context, Result, ensure};
use cluster::{Server, audit, report};
use std::fs;

/// Options that exclude the sequences' values from a dump.
const WITHOUT_SEQUENCES: [&str; 1] = ["--exclude-table-data=*.*_seq"];

/// Where the warnings must appear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Receiver {
    /// At the client and in the log.
    Client,
    /// Only in the log: the client has disconnected.
    Log,
}

struct Method {
    name: &'static str,
    receiver: Receiver,
    /// Whether to restore into the source's schema, which has the triggers. Otherwise the dump
    /// creates them.
    has_schema: bool,
    /// The tables that are left behind, if not all of them.
    only: Option<[&'static str; 2]>,
    run: fn(&Restore) -> Result<Messages>,
}

struct Restore<'a, 'b> {
    programs: &'a Programs<'b>,
    target: &'a str,
}

impl Restore<'_, '_> {
    /// Restores a new dump with psql, and continues in the same session.
    fn psql(&self, options: &[&str], session: &[&str]) -> Result<Messages> {
        let file = self.programs.dump(SOURCE, &format!("{}_dump", self.target), options)?;
        self.run_psql(&file, session)
    }

    fn run_psql(&self, file: &str, session: &[&str]) -> Result<Messages> {
        let options = ["-X", "-q", "-o", "/dev/null", "-d", self.target, "-f", file];
        self.programs.run("psql", &[&options, session].concat())
    }

    /// Restores the entries of a new dump, except for the sequences' values.
    fn pg_restore(&self, options: &[&str]) -> Result<Messages> {
        let format = ["--format=directory", "--jobs=4"];
        let folder = self.programs.dump(SOURCE, &format!("{}_folder", self.target), &format)?;
        let list = self.programs.server.client("pg_restore", &["--list", &folder])?;
        // A single transaction fails if the event trigger already exists.
        let left_out = [" SEQUENCE SET ", " EVENT TRIGGER "];
        let kept: Vec<_> = list.lines().filter(|line| !left_out.iter().any(|entry| line.contains(entry))).collect();
        let file = self.programs.file(&format!("{}_list", self.target));
        fs::write(&file, kept.join("\n") + "\n")?;
        let arguments = ["-d", self.target, "--use-list", &file, &folder];
        self.programs.run("pg_restore", &[options, &arguments].concat())
    }
}

const METHODS: [Method; 12] = [
    Method {
        name: "psql",
        receiver: Receiver::Client,
        has_schema: false,
        only: None,
        run: |restore| restore.psql(&WITHOUT_SEQUENCES, &[]),
    },
    Method {
        name: "psql, --inserts without the setval lines",
        receiver: Receiver::Client,
        has_schema: false,
        only: None,
        run: |restore| {
            let file = restore.programs.dump(SOURCE, "inserts", &["--inserts", "--rows-per-insert=7"])?;
            let dump = fs::read_to_string(&file)?;
            let kept: Vec<_> = dump.lines().filter(|line| !line.starts_with("SELECT pg_catalog.setval(")).collect();
            fs::write(&file, kept.join("\n"))?;
            restore.run_psql(&file, &[])
        },
    },
    Method {
        name: "psql, --data-only",
        receiver: Receiver::Log,
        has_schema: true,
        only: None,
        run: |restore| restore.psql(&["--data-only", WITHOUT_SEQUENCES[0]], &[]),
    },
    Method {
        name: "psql, --data-only -T '*_seq', which keeps those that belong to a table",
        receiver: Receiver::Log,
        has_schema: true,
        only: Some(["shop.events", "shop.old_events"]),
        run: |restore| restore.psql(&["--data-only", "-T", "*.*_seq"], &[]),
    },
    Method {
        name: "psql, --data-only --disable-triggers",
        receiver: Receiver::Log,
        has_schema: true,
        only: None,
        run: |restore| restore.psql(&["--data-only", "--disable-triggers", WITHOUT_SEQUENCES[0]], &[]),
    },
    Method {
        name: "psql, --data-only, then a query",
        receiver: Receiver::Client,
        has_schema: true,
        only: None,
        run: |restore| {
            let query = "SELECT count(*) FROM shop.customers";
            restore.psql(&["--data-only", WITHOUT_SEQUENCES[0]], &["-c", query])
        },
    },
    Method {
        name: "psql --single-transaction, --data-only",
        receiver: Receiver::Client,
        has_schema: true,
        only: None,
        run: |restore| restore.psql(&["--data-only", WITHOUT_SEQUENCES[0]], &["--single-transaction"]),
    },
    Method {
        name: "pg_restore",
        receiver: Receiver::Log,
        has_schema: false,
        only: None,
        run: |restore| restore.pg_restore(&[]),
    },
    Method {
        name: "pg_restore --jobs=4",
        receiver: Receiver::Log,
        has_schema: false,
        only: None,
        run: |restore| restore.pg_restore(&["--jobs=4"]),
    },
    Method {
        // Without --verbose, it does not print warnings.
        name: "pg_restore --single-transaction --verbose",
        receiver: Receiver::Client,
        has_schema: false,
        only: None,
        run: |restore| restore.pg_restore(&["--single-transaction", "--verbose"]),
    },
    Method {
        name: "pg_restore --data-only",
        receiver: Receiver::Log,
        has_schema: true,
        only: None,
        run: |restore| restore.pg_restore(&["--data-only"]),
    },
    Method {
        name: "pg_restore --data-only --disable-triggers --jobs=4",
        receiver: Receiver::Log,
        has_schema: true,
        only: None,
        run: |restore| restore.pg_restore(&["--data-only", "--disable-triggers", "--jobs=4"]),
    },
];

/// Describes how the messages differ from the expected ones.
fn wrong(method: &Method, expected: &[String], heard: &Messages, log: &Messages) -> Option<String> {
    let told = if method.receiver == Receiver::Client { expected } else { &[] };
    let is_right = heard.named() == told
        && log.named() == expected
        && heard.errors().iter().all(|error| error.contains("event trigger \"pg_flightcheck_guard\" already exists"));
    (!is_right).then(|| {
        format!(
            "expected: {expected:#?}\nto the client: {:#?}\nin the log: {:#?}\nclient: {}\nlog: {}",
            heard.named(),
            log.named(),
            heard.0,
            log.0
        )
    })
}

fn restore(server: &Server, programs: &mut Programs, way: Mode, method: &Method) -> Result<Option<String>> {
    match (method.has_schema, way) {
        (true, _) => {
            let schema = programs.dump(SOURCE, "schema", &["--schema-only"])?;
            Target::Empty.create(server, "target")?;
            let heard = programs.run("psql", &["-X", "-q", "-o", "/dev/null", "-d", "target", "-f", &schema])?;
            ensure!(heard.0.is_empty(), "the schema: {}", heard.0);
        }
        (false, Mode::Armed) => Target::Enabled.create(server, "target")?,
        (false, Mode::Preloaded) => Target::Empty.create(server, "target")?,
    }
    programs.log_after("target")?;
    let heard = (method.run)(&Restore { programs, target: "target" }).context(method.name)?;
    let log = programs.log_after("target")?;
    let mut expected = loaded(&mut server.connect(SOURCE)?)?;
    expected.retain(|table| method.only.is_none_or(|only| only.contains(&table.as_str())));
    let rows = audit(&mut server.connect("target")?, "seq_audit()")?;
    let behind = rows.iter().filter(|row| row.status == "behind").count();
    ensure!(behind >= expected.len(), "{}: only {behind} are behind\n{}", method.name, heard.0);
    server.connect("postgres")?.batch_execute("DROP DATABASE target WITH (FORCE)")?;
    fs::remove_dir_all(programs.file("target_folder")).or_else(|_| fs::create_dir_all(programs.file("none")))?;
    Ok(wrong(method, &expected, &heard, &log))
}

pub fn check_restores_without_sequences(way: Mode) -> Result<()> {
    let server = way.start()?;
    let mut programs = Programs::new(&server)?;
    let mut failures = Vec::new();
    for method in &METHODS {
        let wrong = restore(&server, &mut programs, way, method)?;
        failures.extend(wrong.map(|wrong| format!("{way:?}, {}: {wrong}", method.name)));
    }
    for failure in &failures {
        report!("{failure}");
    }
    ensure!(failures.is_empty(), "{} of {} restores went wrong", failures.len(), METHODS.len());
    let to_client = METHODS.iter().filter(|method| method.receiver == Receiver::Client).count();
    report!("{way:?}: {} restores without sequences: each table named once, {to_client} to the client", METHODS.len());
    Ok(())
}
