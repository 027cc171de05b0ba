//! Restores that end well: no errors, no warnings of the guard, and afterwards the guard is as
//! before.

use crate::fixtures::{Mode, SOURCE, Target, guard, rows, traces};
use crate::programs::{Messages, Programs};
use anyhow::{Result, ensure};
use cluster::{Server, explain, report};

/// Dumps of the source, as files or folders.
struct Dumps {
    plain: String,
    inserts: String,
    custom: String,
    directory: String,
    schema: String,
    data: String,
    data_without_triggers: String,
    clean: String,
}

impl Dumps {
    fn make(programs: &Programs) -> Result<Self> {
        let dump = |name: &str, options: &[&str]| programs.dump(SOURCE, name, options);
        Ok(Self {
            plain: dump("dump_plain", &[])?,
            inserts: dump("dump_inserts", &["--inserts", "--rows-per-insert=7"])?,
            custom: dump("dump_custom", &["--format=custom"])?,
            directory: dump("dump_directory", &["--format=directory", "--jobs=4"])?,
            schema: dump("dump_schema", &["--schema-only"])?,
            data: dump("dump_data", &["--data-only"])?,
            data_without_triggers: dump("dump_data_without_triggers", &["--data-only", "--disable-triggers"])?,
            clean: dump("dump_clean", &["--clean", "--if-exists"])?,
        })
    }
}

struct Restore<'a, 'b> {
    programs: &'a Programs<'b>,
    dumps: &'a Dumps,
    target: &'a str,
}

impl Restore<'_, '_> {
    fn psql(&self, options: &[&str], files: &[&str]) -> Result<Messages> {
        let files: Vec<_> = files.iter().flat_map(|file| ["-f", file]).collect();
        self.programs.run("psql", &[&["-X", "-q", "-o", "/dev/null", "-d", self.target], options, &files].concat())
    }

    fn pg_restore(&self, options: &[&str], file: &str) -> Result<Messages> {
        self.programs.run("pg_restore", &[&["-d", self.target], options, &[file]].concat())
    }

    /// Restores the schema with psql, then the data.
    fn data_by_pg_restore(&self, options: &[&str], file: &str) -> Result<Messages> {
        let mut heard = self.psql(&[], &[&self.dumps.schema])?;
        heard.0 += &self.pg_restore(&[&["--data-only"], options].concat(), file)?.0;
        Ok(heard)
    }
}

struct Method {
    name: &'static str,
    run: fn(&Restore) -> Result<Messages>,
    /// Whether it ends at the first error, such as an event trigger that already exists.
    is_one_transaction: bool,
}

const fn method(name: &'static str, run: fn(&Restore) -> Result<Messages>) -> Method {
    Method { name, run, is_one_transaction: false }
}

const METHODS: [Method; 13] = [
    method("psql", |restore| restore.psql(&[], &[&restore.dumps.plain])),
    Method {
        name: "psql --single-transaction",
        run: |restore| restore.psql(&["--single-transaction"], &[&restore.dumps.plain]),
        is_one_transaction: true,
    },
    method("psql, --inserts", |restore| restore.psql(&[], &[&restore.dumps.inserts])),
    method("psql, the schema and --data-only", |restore| {
        restore.psql(&[], &[&restore.dumps.schema, &restore.dumps.data])
    }),
    method("psql, the schema, then --data-only in another session", |restore| {
        let mut heard = restore.psql(&[], &[&restore.dumps.schema])?;
        heard.0 += &restore.psql(&[], &[&restore.dumps.data])?.0;
        Ok(heard)
    }),
    method("psql, the schema, then --data-only --disable-triggers", |restore| {
        let mut heard = restore.psql(&[], &[&restore.dumps.schema])?;
        heard.0 += &restore.psql(&[], &[&restore.dumps.data_without_triggers])?.0;
        Ok(heard)
    }),
    method("psql, --clean over what it has restored before", |restore| {
        let mut heard = restore.psql(&[], &[&restore.dumps.plain])?;
        heard.0 += &restore.psql(&[], &[&restore.dumps.clean])?.0;
        Ok(heard)
    }),
    method("pg_restore", |restore| restore.pg_restore(&[], &restore.dumps.custom)),
    Method {
        name: "pg_restore --single-transaction",
        run: |restore| restore.pg_restore(&["--single-transaction"], &restore.dumps.custom),
        is_one_transaction: true,
    },
    method("pg_restore --jobs=4", |restore| restore.pg_restore(&["--jobs=4"], &restore.dumps.directory)),
    method("pg_restore, section by section", |restore| {
        let mut heard = Messages::default();
        for section in ["pre-data", "data", "post-data"] {
            heard.0 += &restore.pg_restore(&[&format!("--section={section}")], &restore.dumps.custom)?.0;
        }
        Ok(heard)
    }),
    method("pg_restore --data-only", |restore| restore.data_by_pg_restore(&[], &restore.dumps.custom)),
    method("pg_restore --data-only --disable-triggers --jobs=4", |restore| {
        restore.data_by_pg_restore(&["--disable-triggers", "--jobs=4"], &restore.dumps.directory)
    }),
];

fn is_tolerated(target: Target, error: &str) -> bool {
    match target {
        Target::Enabled if error == "event trigger \"pg_flightcheck_guard\" already exists" => true,
        // A known limitation of pg_dump: --clean tries to drop a partition's primary key before the
        // partition.
        _ => error.starts_with("cannot drop inherited constraint"),
    }
}

/// Describes what is wrong after a restore.
fn wrong(
    server: &Server,
    programs: &mut Programs,
    source: &str,
    target: &str,
    heard: &Messages,
) -> Result<Option<String>> {
    let log = programs.log_after(target)?;
    let schema = if source == SOURCE { "public" } else { "tools" };
    let (mut source, mut client) = (server.connect(source)?, server.connect(target)?);
    let (had, has) = (guard(&mut source, schema)?, guard(&mut client, schema)?);
    drop(client);
    if heard.warnings() + log.warnings() > 0 {
        return Ok(Some(format!("warnings: {}\nlog: {}", heard.0, log.0)));
    }
    if had != has {
        let only_in = |these: &[String], those: &[String]| -> Vec<_> {
            these.iter().filter(|line| !those.contains(line)).cloned().collect()
        };
        return Ok(Some(format!(
            "the guard differs: {:#?} instead of {:#?}",
            only_in(&has, &had),
            only_in(&had, &has)
        )));
    }
    let (mut client, notices) = server.connect_noting(target)?;
    if rows(&mut source)? != rows(&mut client)? {
        return Ok(Some("not the same rows".to_owned()));
    }
    client.batch_execute("INSERT INTO shop.customers VALUES (1000)")?;
    let told = notices.take();
    if told.len() != 1 || !told[0].message().contains("shop.customers already has") {
        return Ok(Some(format!("the guard does not work: {told:?}")));
    }
    // A dump cannot make the event trigger depend on the extension: the trigger does so itself when
    // it fires.
    client.batch_execute("CREATE TABLE shop.later (id serial PRIMARY KEY)")?;
    if let Err(error) = client.batch_execute("DROP EXTENSION pg_flightcheck") {
        return Ok(Some(explain(&error)));
    }
    let traces = traces(&mut client)?;
    Ok((!traces.is_empty()).then(|| format!("after DROP EXTENSION: {traces:?}")))
}

pub fn check_complete_restores(way: Mode) -> Result<()> {
    let server = way.start()?;
    let mut programs = Programs::new(&server)?;
    let dumps = Dumps::make(&programs)?;
    programs.log_after(SOURCE)?;
    let mut failures = Vec::new();
    let mut restored = 0;
    for target in [Target::Empty, Target::Extension, Target::Enabled] {
        for method in METHODS.iter().filter(|method| target != Target::Enabled || !method.is_one_transaction) {
            target.create(&server, "target")?;
            let heard = (method.run)(&Restore { programs: &programs, dumps: &dumps, target: "target" })?;
            let is_clean = heard.errors().iter().all(|error| is_tolerated(target, error));
            let wrong = match is_clean {
                true => wrong(&server, &mut programs, SOURCE, "target", &heard)?,
                false => Some(heard.0),
            };
            failures.extend(wrong.map(|wrong| format!("{way:?}, {target:?}, {}: {wrong}", method.name)));
            server.connect("postgres")?.batch_execute("DROP DATABASE target WITH (FORCE)")?;
            programs.log_after("target")?;
            restored += 1;
        }
    }
    for failure in &failures {
        report!("{failure}");
    }
    ensure!(failures.is_empty(), "{} of {restored} restores went wrong", failures.len());
    report!("{way:?}: {restored} restores in {} ways: no warning, and the guard is as before", METHODS.len());
    Ok(())
}

/// The extension in its own schema, with one schema guarded.
pub fn check_guarded_schemas() -> Result<()> {
    let server = Mode::Armed.start()?;
    let mut programs = Programs::new(&server)?;
    crate::fixtures::limited_source(&server)?;
    let plain = programs.dump("limited", "plain", &[])?;
    let custom = programs.dump("limited", "custom", &["--format=custom"])?;
    for (program, options) in [("psql", ["-Xqf", &plain]), ("pg_restore", ["--jobs=4", &custom])] {
        Target::Empty.create(&server, "target")?;
        programs.log_after("target")?;
        let heard = programs.run(program, &[&["-d", "target"], options.as_slice()].concat())?;
        ensure!(heard.0.is_empty(), "{program}: {}", heard.0);
        if let Some(wrong) = wrong(&server, &mut programs, "limited", "target", &heard)? {
            anyhow::bail!("{program}: {wrong}");
        }
        server.connect("postgres")?.batch_execute("DROP DATABASE target WITH (FORCE)")?;
    }
    Ok(())
}
