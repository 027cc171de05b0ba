//! Which files are migrations, and those that cannot be read.

use crate::project::Project;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::os::unix::fs::symlink;

const FAILS: &str = "ALTER TABLE harbour ADD UNIQUE (code);";

#[test]
fn pipeline_symbolic_links_are_followed() -> Result<()> {
    let project = Project::new()?;
    let target = project.folder("target", &[("1.sql", FAILS)])?;
    let folder = project.server.scratch("folder");
    symlink(&target, &folder)?;
    let files = project.folder("files", &[])?;
    fs::create_dir(&files)?;
    symlink(target.join("1.sql"), files.join("1.sql"))?;
    for path in [&folder, &files] {
        let outcome = project.run(&["--json"], &[path])?;
        ensure!(outcome.code == 1 && outcome.statuses()? == ["1.sql failed"], "{path:?}: {}", outcome.all());
    }
    Ok(())
}

#[test]
fn pipeline_without_migrations_is_wrong_use() -> Result<()> {
    let project = Project::new()?;
    let prisma =
        project.folder("prisma", &[("prisma/schema.prisma", ""), ("prisma/migrations/1_a/migration.sql", FAILS)])?;
    let outcome = project.run(&["--json"], &[&prisma])?;
    ensure!(outcome.code == 1 && outcome.statuses()? == ["1_a failed"], "{}", outcome.all());
    let upper = project.folder("upper", &[("001.SQL", FAILS)])?;
    let outcome = project.run(&["--json"], &[&upper])?;
    ensure!(outcome.code == 1 && outcome.statuses()? == ["001.SQL failed"], "{}", outcome.all());
    let other = project.folder("other", &[("README.md", ""), ("migrations/1.sql", FAILS)])?;
    for tool in ["plain", "goose", "prisma", "flyway", "diesel", "sqlx", "atlas"] {
        let outcome = project.run(&["--json", &format!("--tool={tool}")], &[&other])?;
        let is_told = outcome.errors.contains("has no migrations of the tool");
        ensure!(outcome.code == 3 && is_told, "{tool}: {}", outcome.all());
    }
    Ok(())
}

#[test]
fn pipeline_file_that_cannot_be_read_is_not_ok() -> Result<()> {
    let project = Project::new()?;
    let newline = project.folder("newline", &[("1\n.sql", FAILS)])?;
    let outcome = project.run(&["--json"], &[&newline])?;
    ensure!(outcome.code == 1 && outcome.statuses()? == ["1\n.sql failed"], "{}", outcome.all());
    let gone = project.folder("gone", &[("1.sql", "SELECT 1;")])?;
    symlink(gone.join("missing"), gone.join("2.sql"))?;
    let outcome = project.run(&["--json"], &[&gone])?;
    let is_told = outcome.errors.contains("could not read 2.sql");
    ensure!(outcome.code == 3 && is_told && outcome.statuses()? == ["1.sql ok"], "{}", outcome.all());
    Ok(())
}

#[test]
fn pipeline_code_among_files_is_unknown() -> Result<()> {
    let project = Project::new()?;
    let goose = project.folder(
        "goose",
        &[
            ("00001_a.sql", "-- +goose Up\nSELECT 1;\n"),
            ("00002_b.go", "package m\nfunc init() { goose.AddMigrationContext(up, down) }\n"),
            ("00002_b_test.go", "package m\n"),
            ("00003_c.sql", "-- +goose Up\nALTER TABLE thing ADD x int;\n"),
        ],
    )?;
    let only = project.folder("only", &[("1_b.go", "package m\nfunc init() { goose.AddMigration(up, down) }\n")])?;
    let flyway = project.folder("flyway", &[("V1__a.sql", "SELECT 1;"), ("V2__b.java", "")])?;
    let pgm = project.folder("node", &[("1_a.sql", "SELECT 1;"), ("2_b.ts", "")])?;
    for (tool, folder, expected) in [
        ("", &goose, &["00001_a.sql ok", "00002_b.go unknown", "00003_c.sql unknown"][..]),
        ("", &only, &["1_b.go unknown"]),
        ("", &flyway, &["V1__a.sql ok", "V2__b.java unknown"]),
        ("--tool=node-pg-migrate", &pgm, &["1_a.sql ok", "2_b.ts unknown"]),
    ] {
        for (strict, code) in [("--json", 0), ("--strict", 2)] {
            let arguments: Vec<&str> = ["--json", strict, tool].into_iter().filter(|text| !text.is_empty()).collect();
            let outcome = project.run(&arguments, &[folder])?;
            ensure!(outcome.code == code && outcome.statuses()? == expected, "{folder:?}: {}", outcome.all());
        }
    }
    Ok(())
}

#[test]
fn pipeline_encoding_of_file_is_judged() -> Result<()> {
    let project = Project::new()?;
    let folder = project.folder("latin", &[("1.sql", "SELECT 1;"), ("3.sql", "SELECT 3;")])?;
    fs::write(folder.join("2.sql"), b"COMMENT ON TABLE harbour IS 'caf\xe9 x';")?;
    let wide = project.folder("wide", &[])?;
    fs::create_dir(&wide)?;
    let text: Vec<u8> = FAILS.encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(wide.join("1.sql"), text)?;
    let marked = project.folder("marked", &[("1.sql", &format!("\u{feff}{FAILS}") as &str), ("2.sql", "")])?;
    let good = project.folder("good", &[("V1__a.sql", "\u{feff}CREATE TABLE é (id int);")])?;
    let goose = project.folder("golang", &[("1_a.up.sql", "\u{feff}CREATE TABLE a (id int);")])?;
    for (folder, code, expected) in [
        (&folder, 2, &["1.sql ok", "2.sql unknown", "3.sql ok"][..]),
        (&wide, 2, &["1.sql unknown"]),
        (&marked, 1, &["1.sql failed", "2.sql not_reached"]),
        (&good, 0, &["V1__a.sql ok"]),
        // The tool sends the mark to the server.
        (&goose, 1, &["1_a.up.sql failed"]),
    ] {
        let outcome = project.run(&["--json", "--strict"], &[folder])?;
        ensure!(outcome.code == code && outcome.statuses()? == expected, "{folder:?}: {}", outcome.all());
    }
    let outcome = project.run(&["--json"], &[&marked])?;
    let message = outcome.rows()?[0]["message"].as_str().context("a message")?.to_owned();
    ensure!(message.contains("(23505)"), "{message}");
    Ok(())
}

#[test]
fn pipeline_json_is_complete_after_error() -> Result<()> {
    let project = Project::new()?;
    let folder = project.folder("plain", &[("1.sql", "SELECT 1;"), ("2.sql", "SELECT 1;")])?;
    let outcome = project.run(&["--json", "--role=nobody"], &[&folder])?;
    ensure!(outcome.code == 3 && outcome.rows()?.is_empty(), "{}", outcome.all());
    Ok(())
}

#[test]
fn pipeline_flyway_skips_what_baseline_covers() -> Result<()> {
    let project = Project::new()?;
    project.server.connect("app")?.batch_execute(
        "CREATE TABLE flyway_schema_history (installed_rank int, version text, type text, success boolean);
         INSERT INTO flyway_schema_history VALUES (1, '2', 'BASELINE', true)",
    )?;
    let files = [
        ("V1__a.sql", "CREATE TABLE harbour (id int);"),
        ("V1_10__b.sql", "CREATE TABLE ship (id int);"),
        ("V02__c.sql", "SELECT 1 / 0;"),
        ("V2.1__d.sql", "SELECT 1;"),
        ("V10__e.sql", "SELECT 1;"),
        ("R__v.sql", "SELECT 1;"),
    ];
    let folder = project.folder("flyway", &files)?;
    let outcome = project.run(&["--json"], &[&folder])?;
    let expected = ["V2.1__d.sql ok", "V10__e.sql ok", "R__v.sql ok"];
    ensure!(outcome.code == 0 && outcome.statuses()? == expected, "{}", outcome.all());
    Ok(())
}
