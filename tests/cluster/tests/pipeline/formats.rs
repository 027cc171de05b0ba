//! Folders of SQL files.

use crate::project::Project;
use anyhow::{Context, Result, ensure};

#[test]
fn pipeline_applies_pending_migrations_of_each_format() -> Result<()> {
    let project = Project::new()?;
    project.server.connect("app")?.batch_execute(
        "CREATE TABLE _prisma_migrations (migration_name text, finished_at timestamptz, rolled_back_at timestamptz);
         INSERT INTO _prisma_migrations VALUES ('1_done', now(), NULL), ('2_undone', now(), now());
         CREATE TABLE flyway_schema_history (version text, success boolean);
         INSERT INTO flyway_schema_history VALUES ('1', true), ('1.02', true), (NULL, true);
         CREATE SCHEMA other; CREATE TABLE other.goose_db_version (id serial, version_id bigint, is_applied boolean);
         INSERT INTO other.goose_db_version (version_id, is_applied) VALUES (0, true), (1, true), (2, true), (2, false);
         CREATE TABLE migrate_versions (version bigint, dirty boolean); INSERT INTO migrate_versions VALUES (9, false);
         CREATE TABLE _sqlx_migrations (version bigint, success boolean); INSERT INTO _sqlx_migrations VALUES (1, true)",
    )?;
    let fails = "SELECT 1 / 0;";
    let prisma = project.folder(
        "prisma",
        &[
            ("migrations/migration_lock.toml", ""),
            ("migrations/1_done/migration.sql", fails),
            ("migrations/2_undone/migration.sql", "CREATE TABLE a (id int PRIMARY KEY);\nCREATE INDEX ON a (id);"),
            ("migrations/3_index/migration.sql", "CREATE INDEX CONCURRENTLY ON a (id);"),
        ],
    )?;
    let flyway = project.folder(
        "flyway",
        &[
            ("V1__done.sql", fails),
            ("V1_2__done.sql", fails),
            ("V1.10__last__one.sql", "CREATE INDEX CONCURRENTLY ON ${table} (id);"),
            ("V1.9__first.sql", "CREATE TABLE ${table} (id int);"),
            ("R__view.sql", "CREATE OR REPLACE VIEW v AS SELECT id FROM b;"),
        ],
    )?;
    let goose = project.folder(
        "goose",
        &[
            ("00001_done.sql", "-- +goose Up\nSELECT 1 / 0;\n"),
            (
                "00002_undone.sql",
                "-- +goose Up\n-- +goose StatementBegin\nCREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n\
                 RETURN 1;\nEND $$;\n-- +goose StatementEnd\n-- +goose Down\nSELECT 1 / 0;\n",
            ),
            ("00010_call.sql", "-- +goose NO TRANSACTION\n-- +goose Up\nSELECT f();\nVACUUM ship;\n-- +goose Down\n"),
        ],
    )?;
    let golang = project.folder(
        "golang",
        &[
            ("000009_done.up.sql", fails),
            ("000010_next.up.sql", "CREATE TABLE c (id int); INSERT INTO c VALUES (1);"),
            ("000010_next.down.sql", fails),
        ],
    )?;
    let dbmate = project.folder(
        "dbmate",
        &[(
            "20260101_d.sql",
            "-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY ON ship (id);\n-- migrate:down\nx\n",
        )],
    )?;
    let sqlx = project.folder(
        "sqlx",
        &[
            ("1_done.sql", fails),
            ("2_two.sql", "-- no-transaction\nCREATE TABLE e (id int); CREATE INDEX CONCURRENTLY ON e (id);"),
        ],
    )?;
    let plain = project
        .folder("plain", &[("1.sql", "BEGIN;\nCREATE TABLE g (t text);\nCOPY g FROM stdin;\nx\ty\n\\.\nCOMMIT;\n")])?;
    let plain_good = project.folder(
        "copy",
        &[("1.sql", "CREATE TABLE g (t text);\nCOPY g FROM stdin;\nx\\ty\n\\.\nSELECT 1 / count(*) FROM g;\n")],
    )?;
    for (arguments, folder, code, expected) in [
        (vec![], prisma.as_path(), 0, vec!["2_undone ok", "3_index ok"]),
        (
            vec!["--set=table=b"],
            flyway.as_path(),
            0,
            vec!["V1.9__first.sql ok", "V1.10__last__one.sql ok", "R__view.sql ok"],
        ),
        (vec![], goose.as_path(), 0, vec!["00002_undone.sql ok", "00010_call.sql ok"]),
        (vec!["--tool=golang-migrate", "--table=migrate_versions"], golang.as_path(), 0, vec!["000010_next.up.sql ok"]),
        (vec![], dbmate.as_path(), 0, vec!["20260101_d.sql ok"]),
        // One string is one transaction.
        (vec![], sqlx.as_path(), 1, vec!["2_two.sql failed"]),
        (vec!["--tool=plain"], plain.as_path(), 1, vec!["1.sql failed"]),
        (vec!["--tool=plain"], plain_good.as_path(), 0, vec!["1.sql ok"]),
    ] {
        let outcome = project.run(&[&["--json"], arguments.as_slice()].concat(), &[folder])?;
        ensure!(outcome.code == code && outcome.statuses()? == expected, "{folder:?}: {}", outcome.all());
    }
    Ok(())
}

#[test]
fn pipeline_stops_at_migration_that_fails() -> Result<()> {
    let project = Project::new()?;
    let folder = project.folder(
        "plain",
        &[
            ("1.sql", "ALTER TABLE harbour ADD name text;"),
            ("2.sql", "ALTER TABLE harbour\n  ADD UNIQUE (name);\nALTER TABLE harbour ADD UNIQUE (code);"),
            ("10.sql", "SELECT 1;"),
        ],
    )?;
    let outcome = project.run(&["--json", "--quiet"], &[&folder])?;
    ensure!((outcome.code, outcome.errors.as_str()) == (1, ""), "{}", outcome.all());
    assert_eq!(outcome.statuses()?, ["1.sql ok", "2.sql failed", "10.sql not_reached"]);
    let failed = &outcome.rows()?[1];
    ensure!(failed["message"].as_str().is_some_and(|text| text.contains("(23505)")), "{failed:#}");
    let found = |key: &str, field: &str, value: &str| -> Result<bool> {
        let rows = failed[key].as_array().context("an array")?;
        Ok(rows.iter().any(|row| row[field] == value))
    };
    ensure!(found("precheck", "check_name", "unique_rows")? && found("rehearsal", "sqlstate", "23505")?, "{failed:#}");
    let table = project.run(&[], &[&folder])?;
    let lines: Vec<Vec<&str>> = table.output.lines().map(|line| line.split_whitespace().collect()).collect();
    ensure!(table.code == 1 && lines.len() == 4 && lines[0][0] == "status", "{}", table.all());
    assert_eq!((lines[2][0], lines[2][1], lines[2][4], lines[3][0]), ("failed", "1", "2.sql:", "not_reached"));
    Ok(())
}

#[test]
fn pipeline_unknown_is_failure_only_if_strict() -> Result<()> {
    let project = Project::new()?;
    let folder = project.folder(
        "flyway",
        &[("V1__a.sql", "CREATE TABLE ${name} (id int);"), ("V2__b.sql", "ALTER TABLE thing ADD x int;")],
    )?;
    for (arguments, code, second) in [
        (["--json", "--quiet"], 0, "unknown"),
        (["--json", "--strict"], 2, "unknown"),
        (["--json", "--set=name=thing"], 0, "ok"),
        // The table that the second one alters is another one.
        (["--json", "--set=name=other"], 1, "failed"),
    ] {
        let outcome = project.run(&arguments, &[&folder])?;
        let statuses = outcome.statuses()?;
        ensure!(outcome.code == code && statuses[1] == format!("V2__b.sql {second}"), "{}", outcome.all());
    }
    Ok(())
}
