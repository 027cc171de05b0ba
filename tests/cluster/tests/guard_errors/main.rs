//! What clients see of errors in a guarded database: the same as everywhere, and a hint where a sequence's value is
//! there already. Also with other libraries at the same hooks.

mod attempt;
mod coloaded;
mod drawn_before;
mod duplicate;
mod explained;
mod failures;
mod place;
mod preload;
mod unexplained;

use anyhow::Result;
use attempt::Said;
use cluster::{Server, literal, report};
use drawn_before::DRAWN_BEFORE;
use duplicate::{Duplicate, duplicates};
use explained::EXPLAINED;
use failures::{FAILURES, PARTS};
use place::Place;

const EXTENSION: &str = "CREATE SCHEMA flightcheck; CREATE EXTENSION pg_flightcheck SCHEMA flightcheck;";
const PRELOADED: &str = "
    ALTER DATABASE {database} SET session_preload_libraries = 'pg_flightcheck';
    ALTER DATABASE {database} SET pg_flightcheck.guard_scope = 'all';";
const LIBRARY: &str = "ALTER DATABASE {database} SET session_preload_libraries = 'pg_flightcheck';";
const ARMED: &str = "SELECT flightcheck.seq_guard_enable();";

/// Settings that decide what errors are like.
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
            format!("The id came from sequence {sequence}, which is behind the rows that are there. Run: {repair}")
        }
        true => format!(
            "This session has drawn the id from sequence {sequence}. Unless the id was inserted since, the sequence is \
             behind the rows that are there. Run: {repair}"
        ),
    })
}

/// How two lists of errors differ.
fn differences(place: &str, expected: &[Said], got: &[Said]) -> Vec<String> {
    let pairs = FAILURES.iter().zip(expected.iter().zip(got));
    pairs
        .filter(|(_, (expected, got))| expected != got)
        .map(|(attempt, (expected, got))| format!("{place}: {attempt:?}: {}", expected.difference(got)))
        .collect()
}

#[test]
fn errors_are_unchanged() -> Result<()> {
    let server = server()?;
    let expected = Place::new(&server, "plain", "")?.failures()?;
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
        let got = Place::new(&server, name, &setup)?.failures()?;
        wrong.extend(differences(name, &expected, &got));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    report!("{} errors are the same in all {} parts, preloaded, armed and both", FAILURES.len(), PARTS.len() + 1);
    Ok(())
}

/// A session that preloads nothing has the library from the first statement that fires a guard's
/// trigger on: a failing insert fires none.
#[test]
fn plain_session_explains_itself_once_a_trigger_has_fired() -> Result<()> {
    let server = server()?;
    let place = Place::new(&server, "armed", &format!("{EXTENSION}{ARMED}"))?;
    let mut session = place.session()?;
    session.batch_execute("CREATE TABLE u (id serial PRIMARY KEY); CREATE TABLE t (id serial PRIMARY KEY)")?;
    let mut admin = place.session()?;
    admin.batch_execute("SET client_min_messages = error; INSERT INTO t VALUES (1), (2)")?;
    let mut session = place.session()?;
    let insert = attempt::Attempt::Sql("INSERT INTO t DEFAULT VALUES");
    assert_eq!(insert.fail(&mut session).hint, None, "before the library is loaded");
    session.batch_execute("INSERT INTO u DEFAULT VALUES")?;
    let hint = insert.fail(&mut session).hint.unwrap_or_default();
    assert!(hint.contains("public.t_id_seq") && hint.ends_with(&repair("public.t")), "{hint}");
    Ok(())
}

/// Whatever the guard watches: where the library is, a duplicate key explains itself.
#[test]
fn duplicate_keys_explain_themselves() -> Result<()> {
    let server = server()?;
    for (name, setup) in [
        ("preloaded", format!("{EXTENSION}{PRELOADED}")),
        ("library", format!("{EXTENSION}{LIBRARY}")),
        ("armed_too", format!("{EXTENSION}{ARMED}{LIBRARY}")),
    ] {
        explain_themselves(&server, name, &setup)?;
    }
    Ok(())
}

fn explain_themselves(server: &Server, name: &'static str, setup: &str) -> Result<()> {
    let mut plain = Place::new(server, &format!("{name}_plain"), "")?;
    let mut preloaded = Place::new(server, name, setup)?;
    let mut warmed = preloaded.session()?;
    let mut wrong = Vec::new();
    for case in duplicates() {
        let reference = plain.duplicate(case, None)?;
        let expected = Said { hint: hint(case), ..reference };
        for session in [None, Some(&mut warmed)] {
            let temperature = if session.is_some() { "warmed" } else { "first" };
            let said = preloaded.duplicate(case, session)?;
            if said != expected {
                wrong.push(format!("{}, {temperature}: {}", case.name, expected.difference(&said)));
            }
        }
        // Nothing fails any more once somebody has done what the hint says.
        if let Some((sequence, table)) = case.hint {
            preloaded.admin.batch_execute(&repair(table))?;
            if case.is_drawn_before {
                // The next one that is drawn can be brought along.
                let query = format!("SELECT nextval({}) > (SELECT max(id) FROM {table})", literal(sequence));
                if !preloaded.admin.query_one(query.as_str(), &[])?.get::<_, bool>(0) {
                    wrong.push(format!("{}: behind, although the hint was followed", case.name));
                }
            } else if let Err(error) = case.attempt.run(&mut warmed) {
                wrong.push(format!("{}, although the hint was followed: {}", case.name, cluster::explain(&error)));
            }
        }
    }
    assert!(wrong.is_empty(), "{name}: {}", wrong.join("\n"));
    report!(
        "{name}: {} duplicate keys explain themselves and are gone once the hint is followed, {} have nothing to explain",
        EXPLAINED.len() + DRAWN_BEFORE.len(),
        unexplained::UNEXPLAINED.len()
    );
    Ok(())
}
