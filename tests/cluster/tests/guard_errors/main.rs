//! What clients see of errors in a guarded database: the same as everywhere, and a hint where a sequence's value is
//! there already. Also with other libraries at the same hooks.

mod attempt;
mod coloaded;
mod duplicate;
mod explained;
mod failures;
mod place;
mod unexplained;

use anyhow::Result;
use attempt::Said;
use cluster::{Server, literal, report};
use duplicate::{Duplicate, duplicates};
use explained::EXPLAINED;
use failures::{FAILURES, PARTS};
use place::Place;

const EXTENSION: &str = "CREATE SCHEMA flightcheck; CREATE EXTENSION pg_flightcheck SCHEMA flightcheck;";
const PRELOADED: &str = "
    ALTER DATABASE {database} SET session_preload_libraries = 'pg_flightcheck';
    ALTER DATABASE {database} SET pg_flightcheck.guard_scope = 'all';";
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
    Some(format!("The id came from sequence {sequence}, which is behind the rows that are there. Run: {repair}"))
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

#[test]
fn duplicate_keys_explain_themselves() -> Result<()> {
    let server = server()?;
    let mut plain = Place::new(&server, "plain", "")?;
    let mut preloaded = Place::new(&server, "preloaded", &format!("{EXTENSION}{PRELOADED}"))?;
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
        if let Some((_, table)) = case.hint {
            preloaded.admin.batch_execute(&repair(table))?;
            if let Err(error) = case.attempt.run(&mut warmed) {
                wrong.push(format!("{}, although the hint was followed: {}", case.name, cluster::explain(&error)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    report!(
        "{} duplicate keys explain themselves and are gone once the hint is followed, {} have nothing to explain",
        EXPLAINED.len(),
        unexplained::UNEXPLAINED.len()
    );
    Ok(())
}
