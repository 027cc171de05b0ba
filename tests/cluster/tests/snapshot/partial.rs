//! A restore that leaves something out differs from the source by exactly that, whatever the option
//! is. A fix that db_compare offers repairs the difference.

use crate::difference::{Difference, compare, snapshot};
use crate::oracle;
use anyhow::{Context, Result, anyhow, ensure};
use cluster::{Server, explain, report};
use std::collections::BTreeSet;

/// Options of pg_dump, and the kinds of the rows except `identity`.
struct Partial {
    name: &'static str,
    options: &'static [&'static str],
    kinds: &'static [&'static str],
}

const PARTIAL: [Partial; 11] = [
    Partial { name: "complete", options: &[], kinds: &[] },
    Partial {
        name: "no_acl",
        options: &["--no-acl"],
        kinds: &["large_objects_changed", "object_missing", "privilege_extra", "privilege_missing"],
    },
    Partial {
        name: "no_owner",
        options: &["--no-owner"],
        kinds: &["object_owner", "schema_owner", "sequence_owner", "table_owner"],
    },
    Partial { name: "no_comments", options: &["--no-comments"], kinds: &["comment_changed", "large_objects_changed"] },
    Partial { name: "no_publications", options: &["--no-publications"], kinds: &["object_missing"] },
    Partial { name: "no_subscriptions", options: &["--no-subscriptions"], kinds: &["object_missing"] },
    Partial { name: "no_large_objects", options: &["--no-blobs"], kinds: &["large_objects_fewer"] },
    Partial {
        name: "one_schema",
        options: &["--schema=plain"],
        kinds: &["large_objects_fewer", "object_missing", "privilege_missing", "schema_missing"],
    },
    Partial {
        name: "schema_only",
        options: &["--schema-only"],
        kinds: &["large_objects_fewer", "rows_emptied", "sequence_back"],
    },
    Partial {
        name: "definitions_only",
        options: &["--section=pre-data"],
        kinds: &[
            "constraint_missing",
            "index_missing",
            "large_objects_changed",
            "object_missing",
            "policy_missing",
            "rows_emptied",
            "rule_missing",
            "sequence_back",
            "table_changed",
            "trigger_missing",
        ],
    },
    Partial {
        name: "without_keys",
        options: &["--section=pre-data", "--section=data"],
        kinds: &[
            "constraint_missing",
            "index_missing",
            "object_missing",
            "policy_missing",
            "rows_emptied",
            "rule_missing",
            "table_changed",
            "trigger_missing",
        ],
    },
];

/// Returns the kinds of the rows except `identity`.
fn kinds(rows: &[Difference]) -> BTreeSet<&str> {
    rows.iter().map(|row| row.kind.as_str()).filter(|kind| *kind != "identity").collect()
}

fn restore(server: &Server, options: &[&str], target: &str) -> Result<()> {
    let file = server.scratch(target).display().to_string();
    server.client("pg_dump", &[&["--file", &file], options, &["everything"]].concat())?;
    server.client("createdb", &["--template=template0", target])?;
    server.client("psql", &["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", target, "-f", &file])?;
    if options.contains(&"--schema=plain") {
        // A dump of some schemas contains no extension.
        server.connect(target)?.batch_execute("CREATE EXTENSION pg_flightcheck")?;
    }
    Ok(())
}

#[test]
fn partial_restore_differs_by_what_it_leaves_out() -> Result<()> {
    let server = oracle::server()?;
    let mut client = oracle::create(&server)?;
    let source = snapshot(&mut client, "checksum => true")?;
    let plain = snapshot(&mut client, "'plain', checksum => true")?;
    let (mut rows_of_options, mut failures) = (Vec::new(), Vec::new());
    for Partial { name, options, kinds: expected } in PARTIAL {
        restore(&server, options, name).with_context(|| name)?;
        let mut target = server.connect(name)?;
        let rows = compare(&mut target, &source, None)?;
        if kinds(&rows) != expected.iter().copied().collect() {
            failures.push(format!("{name}: {rows:#?}"));
        }
        rows_of_options.push(format!("{name} {}", rows.len() - 1));
        if name == "one_schema" {
            let rows = compare(&mut target, &plain, None)?;
            ensure!(kinds(&rows).is_empty(), "{name}: {rows:#?}");
        }
        repair(&mut target, &source, rows).with_context(|| name)?;
    }
    ensure!(failures.is_empty(), "{}", failures.join("\n"));
    report!("rows without identity: {}", rows_of_options.join(", "));
    Ok(())
}

/// A dump of one table has nothing else, not even its schema.
#[test]
fn partial_restore_of_one_table_lacks_all_others() -> Result<()> {
    let server = oracle::server()?;
    let source = snapshot(&mut oracle::create(&server)?, "checksum => true")?;
    let mut target = server.database("one_table")?;
    target.batch_execute("CREATE SCHEMA app")?;
    let file = server.scratch("one_table").display().to_string();
    server.client("pg_dump", &["--table=app.cache", "--file", &file, "everything"])?;
    server.client("psql", &["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", "one_table", "-f", &file])?;
    let rows = compare(&mut target, &source, None)?;
    let of_table: Vec<_> = rows.iter().filter(|row| row.object.contains("cache")).collect();
    ensure!(of_table.is_empty(), "{of_table:#?}");
    for missing in ["app.people", "app.orders", "app.log", "plain", "foreign-data wrapper wrapper", "type app.mood"] {
        ensure!(rows.iter().any(|row| row.object == missing), "no row for {missing}: {rows:#?}");
    }
    report!("{} rows after a restore of one table", rows.len());
    Ok(())
}

/// Runs each fix, after which its row is gone and no other row has come.
fn repair(target: &mut postgres::Client, source: &str, rows: Vec<Difference>) -> Result<()> {
    let mut before = rows.len();
    for row in rows {
        let Some(fix) = &row.fix else {
            // All that a role lacks can be granted.
            ensure!(row.kind != "privilege_missing", "without a fix: {row:#?}");
            continue;
        };
        target.batch_execute(fix).map_err(|error| anyhow!("{fix}: {}", explain(&error)))?;
        let after = compare(target, source, None)?;
        if fix.starts_with("REFRESH") {
            // The tables that it reads may be empty as well, which is then what is said.
            ensure!(after.len() <= before && !after.contains(&row), "{fix}: {after:#?}");
            before = after.len();
            continue;
        }
        ensure!(after.len() == before - 1 && !after.contains(&row), "{fix}: {before} rows, then {after:#?}");
        before = after.len();
    }
    Ok(())
}

/// A dump of a database contains none of its settings, unless it creates the database.
#[test]
fn partial_restore_without_settings_says_which() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    let mut client = server.database("settings")?;
    client.batch_execute(
        "CREATE ROLE app; ALTER DATABASE settings SET work_mem = '7MB'; ALTER DATABASE settings SET search_path = app, public;
         ALTER ROLE app IN DATABASE settings SET statement_timeout = '5s'; ALTER ROLE app IN DATABASE settings SET app.jwt_secret = 'swordfish';
         ALTER DATABASE settings SET app.key = 'swordfish'; COMMENT ON DATABASE settings IS 'swordfish'",
    )?;
    let source = snapshot(&mut client, "")?;
    ensure!(!source.contains("swordfish"), "{source}");
    let mut copy = server.database("copy")?;
    let rows = compare(&mut copy, &source, None)?;
    let found: BTreeSet<_> = rows
        .iter()
        .map(|row| (row.kind.as_str(), row.object.as_str(), row.source.as_deref(), row.fix.as_deref()))
        .collect();
    for expected in [
        ("object_missing", "setting work_mem", Some("7MB"), Some("ALTER DATABASE copy SET work_mem TO '7MB';")),
        (
            "object_missing",
            "setting search_path",
            Some("app, public"),
            Some("ALTER DATABASE copy SET search_path TO 'app', 'public';"),
        ),
        (
            "object_missing",
            "setting statement_timeout of role app",
            Some("5s"),
            Some("ALTER ROLE app IN DATABASE copy SET statement_timeout TO '5s';"),
        ),
        ("object_missing", "setting app.jwt_secret of role app", None, None),
        ("object_missing", "setting app.key", None, None),
    ] {
        ensure!(found.contains(&expected), "{expected:?} is not in {rows:#?}");
    }
    ensure!(kinds(&rows) == BTreeSet::from(["comment_changed", "object_missing"]), "{rows:#?}");
    repair(&mut copy, &source, rows)?;
    // Another value of the setting whose value is not shown.
    client.batch_execute("ALTER DATABASE settings SET app.key = 'marlin'")?;
    let rows = compare(&mut client, &source, None)?;
    ensure!(kinds(&rows) == BTreeSet::from(["object_changed"]) && rows.len() == 1, "{rows:#?}");
    Ok(())
}

/// No snapshot contains a password.
#[test]
fn snapshot_contains_no_password_or_content() -> Result<()> {
    let server = oracle::server()?;
    let mut client = oracle::create(&server)?;
    for arguments in ["checksum => true", "exact => false"] {
        let taken = snapshot(&mut client, arguments)?;
        for confidential in [
            "sesame",
            "open'",
            "swordfish",
            "nowhere.example.org",
            "hidden",
            "xyzzy",
            "db.example.org",
            "a large object",
            "@example.org",
            "name 7",
        ] {
            ensure!(!taken.contains(confidential), "{confidential} is in the snapshot");
        }
    }
    // The test can fail: the names are there.
    ensure!(snapshot(&mut client, "")?.contains("OPTIONS (host, password)"), "no options");
    Ok(())
}

/// Catalogs can be read by every role: a snapshot by a role without any privilege lacks only what
/// is in tables, sequences and large objects.
#[test]
fn snapshot_by_any_role_has_all_definitions() -> Result<()> {
    let server = oracle::server()?;
    let mut superuser = oracle::create(&server)?;
    superuser.batch_execute("CREATE ROLE stranger LOGIN; REVOKE ALL ON SCHEMA app, plain, tools FROM PUBLIC")?;
    let full = snapshot(&mut superuser, "checksum => true")?;
    let mut stranger = server.connect_as("stranger", "everything")?;
    let taken = snapshot(&mut stranger, "checksum => true")?;
    for (source, target) in [(&full, &taken), (&taken, &full)] {
        let rows = compare(&mut superuser, source, Some(target))?;
        let others: Vec<_> = rows.iter().filter(|row| !row.kind.ends_with("_unknown")).collect();
        ensure!(others.is_empty(), "{others:#?}");
        let unknown = kinds(&rows);
        ensure!(unknown.contains("rows_unknown") && unknown.contains("objects_unknown"), "{rows:#?}");
    }
    Ok(())
}

/// A role that may create nothing in the schemas restores what it can, and the comparison says what
/// is missing.
#[test]
fn partial_restore_by_role_without_privileges_is_not_equal() -> Result<()> {
    let server = oracle::server()?;
    let source = snapshot(&mut oracle::create(&server)?, "")?;
    let mut superuser = server.database("by_role")?;
    superuser.batch_execute("CREATE ROLE restorer LOGIN; GRANT CREATE ON DATABASE by_role TO restorer")?;
    let file = server.scratch("by_role.dump").display().to_string();
    server.client("pg_dump", &["--format=custom", "--file", &file, "everything"])?;
    let failed =
        server.client("pg_restore", &["--username=restorer", "--dbname=by_role", "--no-owner", "--no-acl", &file]);
    ensure!(failed.is_err(), "the restore should have failed in part");
    let mut restorer = server.connect_as("restorer", "by_role")?;
    let rows = compare(&mut restorer, &source, None)?;
    for missing in ["object_missing", "privilege_missing", "schema_owner"] {
        ensure!(kinds(&rows).contains(missing), "no {missing}: {rows:#?}");
    }
    // Everything that the schema without other dependencies has is there.
    let of_plain = rows.iter().filter(|row| row.object.contains("plain") && !row.kind.ends_with("_owner"));
    let of_plain: Vec<_> = of_plain.filter(|row| row.kind != "privilege_missing").collect();
    ensure!(of_plain.is_empty(), "{of_plain:#?}");
    report!("{} rows after a restore by a role without privileges", rows.len());
    Ok(())
}

/// No statement names a role that does not exist, and each that is offered succeeds.
#[test]
fn fixes_name_no_role_that_does_not_exist() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    let mut client = server.database("source")?;
    client.batch_execute(
        "CREATE ROLE \"gho\"\"st\"; CREATE ROLE reader; CREATE TABLE t (id int); GRANT SELECT ON t TO \"gho\"\"st\", reader;
         ALTER ROLE \"gho\"\"st\" IN DATABASE source SET work_mem = '7MB';
         ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT ON TABLES TO reader;
         ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON SEQUENCES TO \"gho\"\"st\"",
    )?;
    let source = snapshot(&mut client, "")?;
    client.batch_execute("DROP OWNED BY \"gho\"\"st\"")?;
    let mut target = server.database("target")?;
    target.batch_execute("CREATE TABLE t (id int)")?;
    client.batch_execute("ALTER ROLE \"gho\"\"st\" IN DATABASE source RESET ALL; DROP ROLE \"gho\"\"st\"")?;
    let rows = compare(&mut target, &source, None)?;
    let (of_ghost, others): (Vec<&Difference>, Vec<&Difference>) =
        rows.iter().filter(|row| row.kind != "identity").partition(|row| row.fix.is_none());
    ensure!(of_ghost.len() == 3 && others.len() == 2, "{rows:#?}");
    for row in &of_ghost {
        ensure!(row.detail().contains("role \"gho\"\"st\" does not exist here"), "{row:#?}");
    }
    // Another snapshot does not say which roles exist.
    let there = snapshot(&mut target, "")?;
    let rows_of_two = compare(&mut target, &source, Some(&there))?;
    ensure!(rows_of_two.iter().filter(|row| row.fix.is_some()).count() == 5, "{rows_of_two:#?}");
    for row in others {
        target.batch_execute(row.fix.as_deref().unwrap_or_default())?;
    }
    let after = compare(&mut target, &source, None)?;
    ensure!(after.iter().filter(|row| row.kind != "identity").eq(of_ghost), "{after:#?}");
    Ok(())
}

/// Both are empty, and one reads the other through a view.
#[test]
fn refresh_is_offered_only_if_it_can_succeed() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    let mut client = server.database("filled")?;
    client.batch_execute(
        "CREATE MATERIALIZED VIEW z AS SELECT 1 AS one; CREATE VIEW between AS SELECT * FROM z;
         CREATE MATERIALIZED VIEW a AS SELECT * FROM between",
    )?;
    let source = snapshot(&mut client, "")?;
    client.batch_execute("REFRESH MATERIALIZED VIEW a WITH NO DATA; REFRESH MATERIALIZED VIEW z WITH NO DATA")?;
    for remaining in [2, 1] {
        let rows = compare(&mut client, &source, None)?;
        ensure!(rows.len() == remaining, "{rows:#?}");
        let fixes: Vec<&str> = rows.iter().filter_map(|row| row.fix.as_deref()).collect();
        let [fix] = fixes.as_slice() else { anyhow::bail!("not one fix: {rows:#?}") };
        let waits = rows.iter().any(|row| row.detail().contains("reads public.z, which has to be refreshed first"));
        ensure!(waits == (remaining == 2), "{rows:#?}");
        client.batch_execute(fix)?;
    }
    ensure!(compare(&mut client, &source, None)?.is_empty());
    Ok(())
}

/// A restore that stopped before its last section is a few rows.
#[test]
fn restore_without_indexes_is_a_few_rows() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    let mut client = server.database("many")?;
    let create = |count: i32, with_keys: bool| -> String {
        let key = if with_keys { "PRIMARY KEY" } else { "NOT NULL" };
        let index = |n| if with_keys { format!("CREATE INDEX ON t{n} (b);") } else { String::new() };
        (1..=count).map(|n| format!("CREATE TABLE t{n} (id int {key}, b int);{}", index(n))).collect()
    };
    client.batch_execute(&create(15, true))?;
    let source = snapshot(&mut client, "")?;
    let mut target = server.database("without")?;
    target.batch_execute(&create(15, false))?;
    let rows = compare(&mut target, &source, None)?;
    let of = |kind: &str| rows.iter().filter(|row| row.kind == kind).collect::<Vec<_>>();
    for kind in ["constraint_missing", "index_missing"] {
        let [row] = of(kind)[..] else { anyhow::bail!("not one row: {rows:#?}") };
        ensure!(row.detail().matches("public.t").count() == 14, "{row:#?}");
    }
    ensure!(rows.len() == 3, "{rows:#?}");
    Ok(())
}

/// The arguments of triggers may be confidential.
#[test]
fn snapshot_hashes_arguments_of_triggers() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    let mut client = server.database("hook")?;
    client.batch_execute(
        "CREATE FUNCTION hook() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TABLE t (a text);
         CREATE TRIGGER call AFTER INSERT ON t FOR EACH ROW WHEN (NEW.a = 'EXECUTE FUNCTION (') EXECUTE FUNCTION hook('https://x', 'Bearer SECRETJWT');
         CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (pwd 'abc', host 'x')",
    )?;
    let source = snapshot(&mut client, "")?;
    ensure!(!source.contains("SECRETJWT") && source.contains("EXECUTE FUNCTION public.hook()"), "{source}");
    // The value of an option whose name sounds confidential is not even hashed.
    client.batch_execute("ALTER SERVER s OPTIONS (SET pwd 'xyz')")?;
    ensure!(compare(&mut client, &source, None)?.is_empty());
    client.batch_execute("ALTER SERVER s OPTIONS (SET host 'y')")?;
    ensure!(compare(&mut client, &source, None)?.len() == 1);
    client.batch_execute(
        "ALTER SERVER s OPTIONS (SET host 'x'); DROP TRIGGER call ON t;
         CREATE TRIGGER call AFTER INSERT ON t FOR EACH ROW WHEN (NEW.a = 'EXECUTE FUNCTION (') EXECUTE FUNCTION hook('https://x', 'Bearer ANOTHERJWT')",
    )?;
    let rows = compare(&mut client, &source, None)?;
    let [row] = rows.as_slice() else { anyhow::bail!("not one row: {rows:#?}") };
    ensure!(row.kind == "trigger_changed" && row.source != row.target, "{row:#?}");
    Ok(())
}
