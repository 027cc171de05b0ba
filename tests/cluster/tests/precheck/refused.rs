//! Statements that PostgreSQL refuses for what they say themselves, or for what the script has done
//! before, and their like that succeed: `migration_precheck()` says of each what happens.

use crate::findings::precheck;
use anyhow::{Context, Result};
use cluster::{Server, report};
use postgres::Client;

const OBJECTS: &str = include_str!("refused.sql");
const SCRIPTS: &str = include_str!("refused_scripts.txt");

/// A script, and what becomes of it.
struct Case {
    /// `None` if it succeeds.
    state: Option<&'static str>,
    mode: &'static str,
    statements: Vec<&'static str>,
}

fn case(line: &'static str) -> Result<Case> {
    let (state, rest) = line.split_once(' ').with_context(|| line.to_owned())?;
    let (mode, script) = rest.split_once(' ').with_context(|| line.to_owned())?;
    let statements = script.split(";;").map(str::trim).collect();
    Ok(Case { state: Some(state).filter(|state| *state != "fine"), mode, statements })
}

/// Runs the script, and returns the SQLSTATE with which it fails; leaves nothing of one that runs
/// in a transaction.
fn run(client: &mut Client, case: &Case) -> Result<Option<String>> {
    if case.mode == "transaction" {
        client.batch_execute("BEGIN")?;
    }
    let outcome = case.statements.iter().try_for_each(|statement| client.batch_execute(statement));
    client.batch_execute("ROLLBACK")?;
    client.batch_execute("DISCARD ALL")?;
    Ok(outcome.err().and_then(|error| error.code().map(|code| code.code().to_owned())))
}

#[test]
fn precheck_says_of_refused_statements_and_their_like_what_happens() -> Result<()> {
    let server = Server::start(&["wal_level = logical"])?;
    server.database("refused")?.batch_execute(OBJECTS)?;
    let mut client = server.connect("refused")?;
    let lines = SCRIPTS.lines().filter(|line| !line.starts_with('#'));
    let cases = lines.map(case).collect::<Result<Vec<_>>>()?;
    let (mut wrong, mut unknown) = (Vec::new(), 0);
    for case in &cases {
        let script = case.statements.join(";\n");
        let happens = run(&mut client, case)?;
        if happens.as_deref() != case.state {
            wrong.push(format!("{script}: really {happens:?}"));
            continue;
        }
        let findings = precheck(&mut client, &script, &format!(", mode => '{}'", case.mode))?;
        let errors: Vec<_> = findings.iter().filter(|finding| finding.severity == "error").collect();
        let is_told = match case.state {
            Some(state) => errors.first().is_some_and(|error| error.state.as_deref() == Some(state)),
            None => errors.is_empty(),
        };
        unknown += usize::from(findings.iter().any(|finding| finding.severity == "unknown"));
        if !is_told {
            wrong.push(format!("{script}: {:?}, said {findings:?}", case.state));
        }
    }
    let failing = cases.iter().filter(|case| case.state.is_some()).count();
    report!("{} scripts, {failing} of them fail; {} wrong, {unknown} with something unknown", cases.len(), wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}
