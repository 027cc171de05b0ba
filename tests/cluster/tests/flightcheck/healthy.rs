//! A healthy database has no findings.

use crate::finding::{flightcheck, flush_counters};
use crate::versioned_collation::VersionedCollation;
use anyhow::{Result, ensure};
use cluster::{Server, create_extensions, report};
use postgres::Client;
use std::path::PathBuf;

/// Fills a new database with every kind of object; `{collation}` is the definition of a collation.
const RICH: &str = include_str!("rich.sql");

/// Fails unless the findings are exactly `known`, by check and object, and all are of severity
/// info.
fn assert_healthy(client: &mut Client, arguments: &str, known: &[(&str, &str)]) -> Result<()> {
    let found = flightcheck(client, arguments)?;
    let troubles: Vec<_> = found.iter().filter(|finding| finding.severity != "info").collect();
    ensure!(troubles.is_empty(), "flightcheck({arguments}): {troubles:#?}");
    let infos: Vec<_> = found.iter().map(|finding| (finding.check.as_str(), finding.object.as_str())).collect();
    ensure!(infos == known, "flightcheck({arguments}): {found:#?}");
    Ok(())
}

#[test]
fn new_database_is_healthy() -> Result<()> {
    let server = Server::start(&[])?;
    server.client("createdb", &["fresh"])?;
    let mut client = server.connect("fresh")?;
    client.batch_execute("CREATE EXTENSION pg_flightcheck")?;
    for arguments in [
        "",
        "deep => true",
        "'public'",
        "'public', 'postgres', true",
        "'pg_catalog'",
        "'information_schema', 'postgres'",
    ] {
        assert_healthy(&mut client, arguments, &[])?;
    }
    client.batch_execute(
        "CREATE SCHEMA tools; DROP EXTENSION pg_flightcheck; CREATE EXTENSION pg_flightcheck SCHEMA tools",
    )?;
    let rows = client.query("SELECT * FROM tools.flightcheck(expected_owner => 'postgres', deep => true)", &[])?;
    assert!(rows.is_empty(), "{rows:?}");
    Ok(())
}

/// Extensions' own objects are ignored, including tables and their rows.
#[test]
fn extensions_are_healthy() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("extended")?;
    client.batch_execute("CREATE ROLE app; CREATE SCHEMA app AUTHORIZATION app; CREATE SCHEMA tools")?;
    let created = create_extensions(&mut client)?;
    assert!(created > 1, "{created} extensions");
    client.batch_execute("ANALYZE")?;
    for arguments in ["", "expected_owner => 'app', deep => true", "'tools', 'app'", "'public', 'app'"] {
        assert_healthy(&mut client, arguments, &[])?;
    }
    report!("{created} extensions: no findings");
    Ok(())
}

#[test]
fn pgbench_tables_are_healthy() -> Result<()> {
    let server = Server::start(&[])?;
    let ways: [&[&str]; 6] = [
        &[],
        &["--foreign-keys"],
        &["--partitions=3", "--foreign-keys"],
        &["--partitions=2", "--partition-method=hash"],
        &["--unlogged-tables"],
        &["--init-steps=dtGvpf"],
    ];
    for (number, way) in ways.into_iter().enumerate() {
        let database = format!("bench_{number}");
        let mut client = server.database(&database)?;
        server.client("pgbench", &[&["--initialize", "--quiet"], way, &[&database]].concat())?;
        for arguments in ["", "deep => true", "'public', 'postgres'"] {
            // Its design has no primary key.
            let known: &[_] = match way {
                ["--unlogged-tables"] => &[],
                _ => &[("primary_key_missing", "table public.pgbench_history")],
            };
            assert_healthy(&mut client, arguments, known).map_err(|error| error.context(format!("{way:?}")))?;
        }
        // Transactions make the statistics old, not wrong.
        server.client("pgbench", &["--no-vacuum", "--transactions=300", &database])?;
        flush_counters(&mut client)?;
        let troubles = crate::finding::troubles(&mut client, "deep => true")?;
        assert!(troubles.is_empty(), "{way:?}: {troubles:#?}");
    }
    report!("{} ways of pgbench --initialize: the only finding is that its history has no primary key", ways.len());
    Ok(())
}

/// How a dump is made and restored.
struct Way {
    name: &'static str,
    dump: &'static [&'static str],
    /// None: with psql.
    restore: Option<&'static [&'static str]>,
}

const WAYS: [Way; 6] = [
    Way { name: "plain", dump: &["--format=plain"], restore: None },
    Way { name: "inserts", dump: &["--format=plain", "--inserts", "--rows-per-insert=100"], restore: None },
    Way { name: "custom", dump: &["--format=custom"], restore: Some(&[]) },
    Way { name: "tar", dump: &["--format=tar"], restore: Some(&["--single-transaction"]) },
    Way { name: "directory", dump: &["--format=directory", "--jobs=2"], restore: Some(&["--jobs=2"]) },
    Way {
        name: "triggers_disabled",
        dump: &["--format=custom", "--disable-triggers"],
        restore: Some(&["--disable-triggers"]),
    },
];

/// Creates the rich database, owned by `app`, which may create databases.
fn create_rich(server: &Server, database: &str) -> Result<()> {
    server.connect("postgres")?.batch_execute(
        "CREATE ROLE app LOGIN CREATEDB; CREATE ROLE clerk LOGIN; CREATE ROLE tills; CREATE ROLE numbers; CREATE ROLE till_1 LOGIN IN ROLE tills, numbers",
    )?;
    server.connect_as("app", "postgres")?.batch_execute(&format!("CREATE DATABASE {database}"))?;
    let collation = VersionedCollation::of(server)?.map_or("LOCALE = 'C'", |sorting| sorting.collation);
    server.connect_as("app", database)?.batch_execute(&RICH.replace("{collation}", collation))?;
    Ok(())
}

impl Way {
    fn dump(&self, server: &Server, source: &str) -> Result<PathBuf> {
        let file = server.scratch(self.name);
        let option = format!("--file={}", file.display());
        server.client("pg_dump", &[self.dump, &[&option, source]].concat())?;
        Ok(file)
    }

    /// Restores a dump; any error fails the test.
    fn restore(&self, server: &Server, file: &str, role: &str, target: &str) -> Result<()> {
        let database = format!("--dbname={target}");
        match self.restore {
            None => server.client("psql", &["-X", "-q", "-U", role, &database, "-v", "ON_ERROR_STOP=1", "-f", file])?,
            Some(options) if role == "postgres" => {
                server.client("pg_restore", &[&[database.as_str(), "--exit-on-error"], options, &[file]].concat())?
            }
            // Only superusers can disable the triggers of foreign keys.
            Some(options) => {
                let options: Vec<_> =
                    options.iter().copied().filter(|option| *option != "--disable-triggers").collect();
                let common = [database.as_str(), "--exit-on-error", "--no-owner", "-U", role];
                server.client("pg_restore", &[&common, options.as_slice(), &[file]].concat())?
            }
        };
        Ok(())
    }
}

#[test]
fn complete_restore_is_healthy() -> Result<()> {
    let server = Server::start(&["autovacuum_naptime = '1h'"])?;
    create_rich(&server, "rich")?;
    for way in &WAYS {
        let file = way.dump(&server, "rich")?;
        for role in ["postgres", "app"] {
            let target = format!("{}_by_{role}", way.name);
            server.connect_as("app", "postgres")?.batch_execute(&format!("CREATE DATABASE {target}"))?;
            way.restore(&server, &file.display().to_string(), role, &target)?;
            server.client("psql", &["-X", "-q", "-U", role, "-d", &target, "-c", "ANALYZE"])?;
            let mut client = server.connect(&target)?;
            client.batch_execute("CREATE EXTENSION pg_flightcheck")?;
            for arguments in ["", "deep => true", "expected_owner => 'app'", "'shop', 'app', true", "'Report \"x\"'"] {
                assert_healthy(&mut client, arguments, &[]).map_err(|error| error.context(target.clone()))?;
            }
        }
    }
    report!("{} ways to dump and restore a rich schema, by a superuser and by its owner: no findings", WAYS.len());
    Ok(())
}
