//! Runs the in-server tests of pgrx-tests/ by name, each in its own connection and transaction.
//!
//! They are in the schema `tests` of the package that `tools/build --tests` builds.
//! Arguments: parts of names; only matching tests run.

use anyhow::{Result, ensure};
use cluster::{Server, explain, identifier};
use postgres::Client;
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect::<Vec<_>>()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error:?}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the tests whose name contains one of `wanted` and returns how many of them failed.
fn run(wanted: &[String]) -> Result<usize> {
    let server = Server::start(&[])?;
    let mut client = server.database("in_server")?;
    let names = tests(&mut client)?;
    ensure!(!names.is_empty(), "no function in the schema tests: run tools/build --tests");

    let names: Vec<_> =
        names.iter().filter(|name| wanted.is_empty() || wanted.iter().any(|part| name.contains(part))).collect();
    println!("\nrunning {} tests", names.len());
    let mut failed = Vec::new();
    for name in &names {
        let started = Instant::now();
        let outcome = run_one(&mut server.connect("in_server")?, name);
        let verdict = if outcome.is_ok() { "ok" } else { "FAILED" };
        println!("test {name} ... {verdict} ({:.0} ms)", started.elapsed().as_secs_f64() * 1000.0);
        failed.extend(outcome.err().map(|error| (name, error)));
    }
    for (name, error) in &failed {
        println!("\n---- {name} ----\n{}", explain(error));
    }
    println!("\ntest result: {} passed; {} failed", names.len() - failed.len(), failed.len());
    Ok(failed.len())
}

/// Returns the test functions: those without arguments that pgrx created in the schema `tests`.
fn tests(client: &mut Client) -> Result<Vec<String>> {
    let query =
        "SELECT proname::text FROM pg_proc WHERE pronamespace = to_regnamespace('tests') AND pronargs = 0 ORDER BY 1";
    Ok(client.query(query, &[])?.iter().map(|row| row.get(0)).collect())
}

fn run_one(client: &mut Client, name: &str) -> Result<(), postgres::Error> {
    let mut transaction = client.transaction()?;
    transaction.batch_execute(&format!("SELECT tests.{}()", identifier(name)))?;
    transaction.rollback()
}
