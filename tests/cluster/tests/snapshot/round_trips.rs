//! What pg_dump and pg_restore carry over whole is no difference: in each of their formats, in the same server and in another.

use crate::difference::{Difference, compare, must_be_alike, snapshot};
use crate::rich::{create, create_roles};
use anyhow::{Context, Result};
use cluster::{Server, report};

const CHECKSUMS: &str = "checksum => true";

/// How a dump is made and restored: the options of each run of pg_dump, and those of pg_restore; `None`: through psql.
struct Way {
    name: &'static str,
    dumps: &'static [&'static [&'static str]],
    restore: Option<&'static [&'static str]>,
}

const WAYS: [Way; 6] = [
    Way { name: "plain", dumps: &[&["--format=plain"]], restore: None },
    Way { name: "inserts", dumps: &[&["--format=plain", "--column-inserts", "--rows-per-insert=100"]], restore: None },
    Way { name: "custom", dumps: &[&["--format=custom"]], restore: Some(&[]) },
    Way { name: "tar", dumps: &[&["--format=tar"]], restore: Some(&["--single-transaction"]) },
    Way { name: "directory", dumps: &[&["--format=directory", "--jobs=2"]], restore: Some(&["--jobs=2"]) },
    Way {
        name: "sections",
        dumps: &[
            &["--format=custom", "--section=pre-data"],
            &["--format=custom", "--section=data"],
            &["--format=custom", "--section=post-data"],
        ],
        restore: Some(&[]),
    },
];

impl Way {
    /// Copies a database into an empty one. Whatever goes wrong is an error.
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

/// Both ways to compare: two snapshots, anywhere, and one with the database one is connected to.
fn must_arrive_whole(server: &Server, target: &str, source: &str) -> Result<()> {
    let mut client = server.connect(target)?;
    let copy = snapshot(&mut client, CHECKSUMS)?;
    for (what, other) in [("two snapshots", Some(copy.as_str())), ("a snapshot and this database", None)] {
        must_be_alike(&compare(&mut client, source, other)?, false).context(what)?;
        let unasked = snapshot(&mut client, "")?;
        must_be_alike(&compare(&mut client, &unasked, None)?, true).context("without checksums, with itself")?;
    }
    Ok(())
}

#[test]
fn a_dump_that_arrived_whole_is_no_difference() -> Result<()> {
    let (server, another) = (Server::start(&["autovacuum = off"])?, Server::start_distinct(&["autovacuum = off"])?);
    create_roles(&server)?;
    create_roles(&another)?;
    let mut client = create(&server, "rich")?;
    let source = snapshot(&mut client, CHECKSUMS)?;
    must_be_alike(&compare(&mut client, &source, None)?, true)?;
    must_be_alike(&compare(&mut client, &source, Some(&source))?, true)?;
    for way in &WAYS {
        for (to, target) in [(&server, format!("{}_here", way.name)), (&another, format!("{}_there", way.name))] {
            way.copy(&server, "rich", to, &target).with_context(|| target.clone())?;
            must_arrive_whole(to, &target, &source).with_context(|| target.clone())?;
        }
    }
    report!(
        "{} ways to dump and restore, each into the same and another server: {} kB of snapshot, no difference",
        WAYS.len(),
        source.len() / 1024
    );
    Ok(())
}

/// The copy of the copy, from which the server has spelled each expression twice.
#[test]
fn a_copy_of_a_copy_is_no_difference() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    create_roles(&server)?;
    let source = snapshot(&mut create(&server, "rich")?, CHECKSUMS)?;
    WAYS[2].copy(&server, "rich", &server, "copy")?;
    WAYS[0].copy(&server, "copy", &server, "copy_of_copy")?;
    must_arrive_whole(&server, "copy_of_copy", &source)
}

/// pg_dump --inserts writes negative zero as -0, which is a whole number to who reads it and loses its sign.
#[test]
fn what_a_dump_loses_is_told() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    let mut client = server.database("zero")?;
    client.batch_execute("CREATE TABLE t (id int PRIMARY KEY, x float8); INSERT INTO t VALUES (1, '-0'), (2, 1.5)")?;
    let source = snapshot(&mut client, CHECKSUMS)?;
    for (way, expected) in [(&WAYS[0], None), (&WAYS[1], Some(("error", "checksum", "public.t")))] {
        way.copy(&server, "zero", &server, way.name)?;
        let found = compare(&mut server.connect(way.name)?, &source, None)?;
        let told = found.iter().find(|difference| difference.kind != "identity").map(Difference::seen);
        assert_eq!(told, expected, "{}: {found:#?}", way.name);
    }
    Ok(())
}

/// Data loaded apart from the schema: triggers that were off are switched on, and nothing fills materialized views.
#[test]
fn what_a_load_of_data_alone_changes_is_told() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    create_roles(&server)?;
    let source = snapshot(&mut create(&server, "rich")?, CHECKSUMS)?;
    let apart =
        Way { name: "apart", dumps: &[&["--schema-only"], &["--data-only", "--disable-triggers"]], restore: None };
    apart.copy(&server, "rich", &server, "apart")?;
    let found = compare(&mut server.connect("apart")?, &source, None)?;
    let told: Vec<_> = found.iter().map(Difference::seen).collect();
    let expected = [
        ("error", "rows_emptied", "\"Report \"\"x\"\"\".sums"),
        ("error", "rows_emptied", "legacy.by_region"),
        ("warning", "identity", "apart"),
        ("warning", "trigger_changed", "legacy.checked: off"),
        ("warning", "trigger_changed", "legacy.checked: replica"),
        ("warning", "trigger_changed", "shop.customers: always"),
    ];
    assert_eq!(told, expected, "{found:#?}");
    Ok(())
}

/// What the guard has put on tables is no part of the application's database.
#[test]
fn a_guard_is_no_difference() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    create_roles(&server)?;
    let mut client = create(&server, "rich")?;
    let source = snapshot(&mut client, CHECKSUMS)?;
    let guarded = client.query("SELECT FROM seq_guard_enable()", &[])?;
    assert!(!guarded.is_empty());
    must_be_alike(&compare(&mut client, &source, None)?, true)?;
    let source = snapshot(&mut client, CHECKSUMS)?;
    client.batch_execute("SELECT FROM seq_guard_disable()")?;
    must_be_alike(&compare(&mut client, &source, None)?, true)
}
