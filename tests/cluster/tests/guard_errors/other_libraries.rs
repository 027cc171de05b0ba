//! Other libraries that use the same hooks, loaded before and after this one.

use crate::database::Database;
use crate::duplicate_key::duplicates;
use crate::statement::ErrorFields;
use crate::{EXTENSION, PRELOADED, differences, server};
use anyhow::Result;
use cluster::{Server, report};
use std::path::Path;
use std::process::Command;

/// Settings with which the libraries process every statement.
const WATCHING: [&str; 9] = [
    "max_prepared_transactions = 5",
    "pgaudit.log = 'all'",
    "pgaudit.log_relation = on",
    "pgaudit.log_parameter = on",
    "pg_stat_statements.track = 'all'",
    "auto_explain.log_min_duration = 0",
    "auto_explain.log_analyze = on",
    "auto_explain.log_triggers = on",
    "auto_explain.log_nested_statements = on",
];

/// Values of shared_preload_libraries and session_preload_libraries, in which `others` stands for
/// the installed libraries that must be preloaded by the server.
const ORDERS: [(&str, &str); 4] = [
    ("others", "auto_explain, pg_flightcheck"),
    ("others", "pg_flightcheck, auto_explain"),
    ("others, auto_explain, pg_flightcheck", ""),
    ("pg_flightcheck, auto_explain, others", ""),
];

fn is_installed(library: &str) -> Result<bool> {
    let pg_config = Command::new(std::env::var("PG_CONFIG")?).arg("--pkglibdir").output()?;
    let folder = String::from_utf8(pg_config.stdout)?;
    Ok(Path::new(folder.trim()).join(library).with_extension("so").exists())
}

/// Compares the errors, hints and warnings with the libraries loaded in this order to those without
/// them.
fn compare_with_unloaded(
    others: &[&str],
    order: (&str, &str),
    to_failures: &[ErrorFields],
    to_duplicates: &[ErrorFields],
) -> Result<Vec<String>> {
    let shared = format!("shared_preload_libraries = '{}'", order.0.replace("others", &others.join(", ")));
    let session = format!("session_preload_libraries = '{}'", order.1);
    let mut settings = vec![shared.as_str(), session.as_str(), "pg_flightcheck.guard_scope = 'all'"];
    settings.extend(WATCHING);
    let server = Server::start(&settings)?;
    let mut postgres = server.connect("postgres")?;
    postgres.batch_execute("CREATE ROLE clerk")?;
    let extensions: String = others.iter().map(|name| format!("CREATE EXTENSION {name} SCHEMA flightcheck;")).collect();
    let mut database = Database::new(&server, "coloaded", &format!("{EXTENSION}{extensions}"))?;

    let name = format!("{order:?}");
    let mut wrong = differences(&name, to_failures, &database.failures()?);
    let mut session = database.session()?;
    for (case, expected) in duplicates().zip(to_duplicates) {
        let said = database.duplicate(case, Some(&mut session))?;
        if said != *expected {
            wrong.push(format!("{name}: {}: {}", case.name, expected.difference(&said)));
        }
    }
    wrong.extend(warnings(&server, &mut database)?.into_iter().map(|what| format!("{name}: {what}")));
    let log = server.log();
    for (library, sign) in [("pgaudit", "AUDIT: "), ("auto_explain", "  plan:\n")] {
        let is_loaded = order.0.contains(library) || order.1.contains(library) || others.contains(&library);
        assert!(!is_loaded || log.contains(sign), "{name}: {library} did not run");
    }
    Ok(wrong)
}

/// Checks for exactly one warning for each statement that must warn.
fn warnings(server: &Server, database: &mut Database) -> Result<Vec<String>> {
    database.make(&["CREATE TABLE t (id serial PRIMARY KEY)"])?;
    let (mut client, notices) = server.connect_noting(&database.name)?;
    let mut wrong = Vec::new();
    for (sql, expected) in [
        ("INSERT INTO t VALUES (10)", 1),
        ("INSERT INTO t DEFAULT VALUES", 0),
        ("DO $$ BEGIN INSERT INTO t VALUES (200); END $$", 1),
        ("COPY t FROM PROGRAM 'echo 3000'", 1),
        ("BEGIN; INSERT INTO t VALUES (4000); SELECT setval('t_id_seq', 4000); COMMIT", 0),
    ] {
        client.batch_execute(sql)?;
        let said = notices.take();
        if said.len() != expected || said.iter().any(|notice| notice.code().code() != "55000") {
            wrong.push(format!("{sql}: {said:?}"));
        }
    }
    Ok(wrong)
}

#[test]
fn errors_are_equal_with_other_libraries_loaded() -> Result<()> {
    let mut others = Vec::new();
    for library in ["pgaudit", "pg_stat_statements"] {
        match is_installed(library)? {
            true => others.push(library),
            false => report!("SKIPPED {library}: not installed (Debian: postgresql-N-pgaudit, contrib)"),
        }
    }
    if others.is_empty() || !is_installed("auto_explain")? {
        report!("SKIPPED: no other library to load");
        return Ok(());
    }

    let alone = server()?;
    let to_failures = Database::new(&alone, "plain", "")?.failures()?;
    let mut preloaded = Database::new(&alone, "preloaded", &format!("{EXTENSION}{PRELOADED}"))?;
    let to_duplicates = duplicates().map(|case| preloaded.duplicate(case, None)).collect::<Result<Vec<_>>>()?;
    assert!(to_duplicates.iter().any(|said| said.hint.is_some()), "no hints without the other libraries");
    drop(preloaded);
    drop(alone);

    let mut wrong = Vec::new();
    for order in ORDERS {
        wrong.extend(compare_with_unloaded(&others, order, &to_failures, &to_duplicates)?);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    report!("with {others:?} and auto_explain, in {} orders: the same errors, hints and warnings", ORDERS.len());
    Ok(())
}
