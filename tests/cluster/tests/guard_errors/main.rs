//! Errors as clients see them in a guarded database: unchanged, except for a hint where an id from
//! a sequence already exists. The same with other libraries that use the same hooks.

mod database;
mod duplicate_key;
mod failures;
mod nextval_before;
mod other_libraries;
mod preload;
mod statement;
mod with_hint;
mod without_hint;

use anyhow::Result;
use cluster::{Server, literal, report};
use database::Database;
use duplicate_key::{Duplicate, duplicates};
use failures::{FAILURES, PARTS};
use nextval_before::NEXTVAL_BEFORE;
use statement::ErrorFields;
use with_hint::WITH_HINT;

const EXTENSION: &str = "CREATE SCHEMA flightcheck; CREATE EXTENSION pg_flightcheck SCHEMA flightcheck;";
const PRELOADED: &str = "
    ALTER DATABASE {database} SET session_preload_libraries = 'pg_flightcheck';
    ALTER DATABASE {database} SET pg_flightcheck.guard_scope = 'all';";
const LIBRARY: &str = "ALTER DATABASE {database} SET session_preload_libraries = 'pg_flightcheck';";
const ARMED: &str = "SELECT flightcheck.seq_guard_enable();";

/// Starts a server with what the failing statements need.
fn server() -> Result<Server> {
    let server = Server::start(&["max_prepared_transactions = 5"])?;
    server.connect("postgres")?.batch_execute("CREATE ROLE clerk")?;
    Ok(server)
}

fn repair(table: &str) -> String {
    format!("SELECT * FROM flightcheck.seq_resync_table({});", literal(table))
}

fn hint(case: &Duplicate) -> Option<String> {
    let (sequence, table) = case.hint?;
    let repair = repair(table);
    Some(match case.is_drawn_before {
        false => {
            format!("The id came from sequence {sequence}, which is behind the existing rows. Run: {repair}")
        }
        true => format!(
            "This session has drawn the id from sequence {sequence}. Unless the id was inserted since, the sequence is \
             behind the existing rows. Run: {repair}"
        ),
    })
}

/// Describes how two lists of errors differ.
fn differences(database: &str, expected: &[ErrorFields], got: &[ErrorFields]) -> Vec<String> {
    let pairs = FAILURES.iter().zip(expected.iter().zip(got));
    pairs
        .filter(|(_, (expected, got))| expected != got)
        .map(|(attempt, (expected, got))| format!("{database}: {attempt:?}: {}", expected.difference(got)))
        .collect()
}

#[test]
fn errors_are_unchanged_by_guard() -> Result<()> {
    let server = server()?;
    let expected = Database::new(&server, "plain", "")?.failures()?;
    for part in PARTS {
        assert!(expected.iter().any(|said| said.has(part)), "no error has a {part}");
    }
    assert!(expected.iter().any(|said| said.hint.is_some()), "no error has a hint");

    let mut wrong = Vec::new();
    for (name, setup) in [
        ("preloaded", format!("{EXTENSION}{PRELOADED}")),
        ("armed", format!("{EXTENSION}{ARMED}")),
        ("both_ways", format!("{EXTENSION}{ARMED}{PRELOADED}")),
    ] {
        let got = Database::new(&server, name, &setup)?.failures()?;
        wrong.extend(differences(name, &expected, &got));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    report!("{} errors are the same in all {} parts, preloaded, armed and both", FAILURES.len(), PARTS.len() + 1);
    Ok(())
}

/// A session that preloads nothing loads the library with the first statement that fires a trigger
/// of the guard; a failing insert fires none.
#[test]
fn hint_appears_once_trigger_has_loaded_library() -> Result<()> {
    let server = server()?;
    let database = Database::new(&server, "armed", &format!("{EXTENSION}{ARMED}"))?;
    let mut session = database.session()?;
    session.batch_execute("CREATE TABLE u (id serial PRIMARY KEY); CREATE TABLE t (id serial PRIMARY KEY)")?;
    let mut admin = database.session()?;
    admin.batch_execute("SET client_min_messages = error; INSERT INTO t VALUES (1), (2)")?;
    let mut session = database.session()?;
    let insert = statement::Statement::Sql("INSERT INTO t DEFAULT VALUES");
    assert_eq!(insert.fail(&mut session).hint, None, "before the library is loaded");
    session.batch_execute("INSERT INTO u DEFAULT VALUES")?;
    let hint = insert.fail(&mut session).hint.unwrap_or_default();
    assert!(hint.contains("public.t_id_seq") && hint.ends_with(&repair("public.t")), "{hint}");
    Ok(())
}

/// Where the library is loaded, the error of a duplicate key has a hint, whatever the guard
/// watches.
#[test]
fn duplicate_key_hint_names_sequence_and_repair() -> Result<()> {
    let server = server()?;
    for (name, setup) in [
        ("preloaded", format!("{EXTENSION}{PRELOADED}")),
        ("library", format!("{EXTENSION}{LIBRARY}")),
        ("armed_too", format!("{EXTENSION}{ARMED}{LIBRARY}")),
    ] {
        check_duplicates(&server, name, &setup)?;
    }
    Ok(())
}

fn check_duplicates(server: &Server, name: &'static str, setup: &str) -> Result<()> {
    let mut plain = Database::new(server, &format!("{name}_plain"), "")?;
    let mut preloaded = Database::new(server, name, setup)?;
    let mut warm = preloaded.session()?;
    let mut wrong = Vec::new();
    for case in duplicates() {
        let reference = plain.duplicate(case, None)?;
        let expected = ErrorFields { hint: hint(case), ..reference };
        for session in [None, Some(&mut warm)] {
            let state = if session.is_some() { "warm" } else { "new" };
            let said = preloaded.duplicate(case, session)?;
            if said != expected {
                wrong.push(format!("{}, {state}: {}", case.name, expected.difference(&said)));
            }
        }
        // No further error occurs once the statement of the hint has been run.
        if let Some((sequence, table)) = case.hint {
            preloaded.admin.batch_execute(&repair(table))?;
            if case.is_drawn_before {
                // The next id from nextval() must be free.
                let query = format!("SELECT nextval({}) > (SELECT max(id) FROM {table})", literal(sequence));
                if !preloaded.admin.query_one(query.as_str(), &[])?.get::<_, bool>(0) {
                    wrong.push(format!("{}: behind, although the hint's statement was run", case.name));
                }
            } else if let Err(error) = case.attempt.run(&mut warm) {
                wrong.push(format!(
                    "{}, although the hint's statement was run: {}",
                    case.name,
                    cluster::explain(&error)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{name}: {}", wrong.join("\n"));
    report!(
        "{name}: {} duplicate keys have a hint whose statement repairs them, {} need none",
        WITH_HINT.len() + NEXTVAL_BEFORE.len(),
        without_hint::WITHOUT_HINT.len()
    );
    Ok(())
}
