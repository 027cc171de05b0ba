//! A complete copy by pg_dump and pg_restore has no differences: in each of their formats, on the
//! same server and on another.

use crate::difference::{Difference, check_equal, compare, snapshot};
use crate::sample_database::{create, create_roles};
use anyhow::{Context, Result};
use cluster::{Server, report};

const CHECKSUMS: &str = "checksum => true";

/// How a database is dumped and restored: the options of each run of pg_dump, and those of
/// pg_restore, or None for psql.
struct Method {
    name: &'static str,
    dumps: &'static [&'static [&'static str]],
    restore: Option<&'static [&'static str]>,
}

const METHODS: [Method; 6] = [
    Method { name: "plain", dumps: &[&["--format=plain"]], restore: None },
    Method {
        name: "inserts",
        dumps: &[&["--format=plain", "--column-inserts", "--rows-per-insert=100"]],
        restore: None,
    },
    Method { name: "custom", dumps: &[&["--format=custom"]], restore: Some(&[]) },
    Method { name: "tar", dumps: &[&["--format=tar"]], restore: Some(&["--single-transaction"]) },
    Method { name: "directory", dumps: &[&["--format=directory", "--jobs=2"]], restore: Some(&["--jobs=2"]) },
    Method {
        name: "sections",
        dumps: &[
            &["--format=custom", "--section=pre-data"],
            &["--format=custom", "--section=data"],
            &["--format=custom", "--section=post-data"],
        ],
        restore: Some(&[]),
    },
];

impl Method {
    /// Copies a database into an empty one. Fails if any statement does.
    fn copy(&self, from: &Server, source: &str, to: &Server, target: &str) -> Result<()> {
        to.client("createdb", &["--template=template0", target])?;
        let database = format!("--dbname={target}");
        for (number, options) in self.dumps.iter().enumerate() {
            let file = from.scratch(&format!("{target}_{number}"));
            let (option, file) = (format!("--file={}", file.display()), file.display().to_string());
            from.client("pg_dump", &[*options, &[&option, source]].concat())?;
            match self.restore {
                None => to.client("psql", &["-X", "-q", "-v", "ON_ERROR_STOP=1", &database, "-f", &file])?,
                Some(options) => {
                    to.client("pg_restore", &[&[database.as_str(), "--exit-on-error"], options, &[&file]].concat())?
                }
            };
        }
        Ok(())
    }
}

/// Checks that the copy has no differences, between two snapshots and between one and the database.
fn check_copy(server: &Server, target: &str, source: &str) -> Result<()> {
    let mut client = server.connect(target)?;
    let copy = snapshot(&mut client, CHECKSUMS)?;
    for (what, other) in [("two snapshots", Some(copy.as_str())), ("a snapshot and this database", None)] {
        check_equal(&compare(&mut client, source, other)?, false).context(what)?;
        let without_checksums = snapshot(&mut client, "")?;
        check_equal(&compare(&mut client, &without_checksums, None)?, true)
            .context("without checksums, with itself")?;
    }
    Ok(())
}

#[test]
fn dump_restore_has_no_difference() -> Result<()> {
    let (server, another) = (Server::start(&["autovacuum = off"])?, Server::start_distinct(&["autovacuum = off"])?);
    create_roles(&server)?;
    create_roles(&another)?;
    let mut client = create(&server, "sample_database")?;
    let source = snapshot(&mut client, CHECKSUMS)?;
    check_equal(&compare(&mut client, &source, None)?, true)?;
    check_equal(&compare(&mut client, &source, Some(&source))?, true)?;
    for method in &METHODS {
        for (to, target) in [(&server, format!("{}_here", method.name)), (&another, format!("{}_there", method.name))] {
            method.copy(&server, "sample_database", to, &target).with_context(|| target.clone())?;
            check_copy(to, &target, &source).with_context(|| target.clone())?;
        }
    }
    report!(
        "{} methods to dump and restore, each into the same and another server: {} kB of snapshot, no difference",
        METHODS.len(),
        source.len() / 1024
    );
    Ok(())
}

/// In a copy of a copy, the server has printed and parsed each expression twice.
#[test]
fn dump_restore_twice_has_no_difference() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    create_roles(&server)?;
    let source = snapshot(&mut create(&server, "sample_database")?, CHECKSUMS)?;
    METHODS[2].copy(&server, "sample_database", &server, "copy")?;
    METHODS[0].copy(&server, "copy", &server, "copy_of_copy")?;
    check_copy(&server, "copy_of_copy", &source)
}

/// pg_dump --inserts writes negative zero as -0, which is parsed as an integer and loses its sign.
#[test]
fn dump_that_loses_negative_zero_is_a_difference() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    let mut client = server.database("zero")?;
    client.batch_execute("CREATE TABLE t (id int PRIMARY KEY, x float8); INSERT INTO t VALUES (1, '-0'), (2, 1.5)")?;
    let source = snapshot(&mut client, CHECKSUMS)?;
    for (method, expected) in [(&METHODS[0], None), (&METHODS[1], Some(("error", "checksum", "public.t")))] {
        method.copy(&server, "zero", &server, method.name)?;
        let found = compare(&mut server.connect(method.name)?, &source, None)?;
        let found_kinds = found.iter().find(|difference| difference.kind != "identity").map(Difference::summary);
        assert_eq!(found_kinds, expected, "{}: {found:#?}", method.name);
    }
    Ok(())
}

/// Restoring the data separately enables triggers that were disabled and leaves materialized views
/// without rows.
#[test]
fn data_only_restore_reports_its_changes() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    create_roles(&server)?;
    let source = snapshot(&mut create(&server, "sample_database")?, CHECKSUMS)?;
    let apart =
        Method { name: "apart", dumps: &[&["--schema-only"], &["--data-only", "--disable-triggers"]], restore: None };
    apart.copy(&server, "sample_database", &server, "apart")?;
    let found = compare(&mut server.connect("apart")?, &source, None)?;
    let found_kinds: Vec<_> = found.iter().map(Difference::summary).collect();
    let expected = [
        ("error", "rows_emptied", "\"Report \"\"x\"\"\".sums"),
        ("error", "rows_emptied", "legacy.by_region"),
        ("warning", "identity", "apart"),
        ("warning", "trigger_changed", "legacy.checked: off"),
        ("warning", "trigger_changed", "legacy.checked: replica"),
        ("warning", "trigger_changed", "shop.customers: always"),
    ];
    assert_eq!(found_kinds, expected, "{found:#?}");
    Ok(())
}

/// The guard's triggers are not part of the application's database.
#[test]
fn snapshot_omits_guard() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    create_roles(&server)?;
    let mut client = create(&server, "sample_database")?;
    let source = snapshot(&mut client, CHECKSUMS)?;
    let guarded = client.query("SELECT FROM seq_guard_enable()", &[])?;
    assert!(!guarded.is_empty());
    check_equal(&compare(&mut client, &source, None)?, true)?;
    let source = snapshot(&mut client, CHECKSUMS)?;
    client.batch_execute("SELECT FROM seq_guard_disable()")?;
    check_equal(&compare(&mut client, &source, None)?, true)
}
