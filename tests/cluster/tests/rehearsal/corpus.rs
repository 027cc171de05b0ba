//! Scripts of many kinds: the rehearsal says what happens when the script is really run, and leaves
//! nothing. The real run is made by this test, in the mode and role of the case.

use crate::left::{differences, state};
use crate::rows::{rehearse, verdict};
use anyhow::{Context, Result};
use cluster::{Server, report};
use postgres::Client;

const CORPUS: &str = include_str!("corpus.sql");

/// A case of corpus.sql.
struct Case<'a> {
    name: &'a str,
    mode: &'a str,
    role: Option<&'a str>,
    /// Whether a rehearsal cannot tell.
    is_unknown: bool,
    setup: &'a str,
    /// The statements, which a line of `--` separates.
    statements: Vec<&'a str>,
}

fn cases() -> Result<Vec<Case<'static>>> {
    CORPUS.split("\n-- case: ").skip(1).map(case).collect()
}

fn case(text: &'static str) -> Result<Case<'static>> {
    let (head, rest) = text.split_once('\n').context("a case has a line")?;
    let (setup, script) = rest.split_once("\n-- script\n").with_context(|| format!("{head}: no script"))?;
    let mut words = head.split_whitespace();
    let name = words.next().context("a case has a name")?;
    let words: Vec<&str> = words.collect();
    let mode = if words.contains(&"autocommit") { "autocommit" } else { "transaction" };
    let role = words.iter().find_map(|word| word.strip_prefix("role="));
    let statements = script.split("\n--\n").map(str::trim).filter(|part| !part.is_empty()).collect();
    Ok(Case { name, mode, role, is_unknown: words.contains(&"unknown"), setup, statements })
}

/// Runs the script for real, and returns what happens in the words of `verdict`.
fn really(client: &mut Client, case: &Case) -> Result<String> {
    let is_wrapped = case.mode == "transaction";
    if is_wrapped {
        client.batch_execute("BEGIN")?;
    }
    if let Some(role) = case.role {
        client.batch_execute(&format!("SET ROLE {role}"))?;
    }
    for (index, statement) in case.statements.iter().enumerate() {
        if let Err(error) = client.batch_execute(statement) {
            let state = error.code().with_context(|| error.to_string())?.code().to_owned();
            client.batch_execute("ROLLBACK")?;
            return Ok(format!("{} {state}", index + 1));
        }
    }
    if !is_wrapped {
        return Ok("ok".to_owned());
    }
    match client.batch_execute("COMMIT") {
        Ok(()) => Ok("ok".to_owned()),
        Err(error) => Ok(format!("commit {}", error.code().with_context(|| error.to_string())?.code())),
    }
}

#[test]
fn rehearsal_of_corpus_says_what_happens_and_leaves_nothing() -> Result<()> {
    let server = Server::start(&[])?;
    server.connect("postgres")?.batch_execute("CREATE ROLE rh_app; CREATE ROLE rh_other")?;
    let (mut right, mut unknown, mut failures) = (0, 0, 0);
    for (index, case) in cases()?.iter().enumerate() {
        let name = case.name;
        let database = format!("case_{index}");
        let mut client = server.database(&database).with_context(|| name.to_owned())?;
        client.batch_execute(case.setup).with_context(|| name.to_owned())?;
        let script = case.statements.join(";\n");
        let role = case.role.map_or(String::new(), |role| format!(", as_role => '{role}'"));
        let before = state(&mut client)?;
        let rows = rehearse(&mut client, &script, &format!(", mode => '{}'{role}", case.mode))?;
        assert_eq!(differences(&state(&mut client)?, &before), [""; 0], "{name}");
        let said = verdict(&rows);
        let real = really(&mut client, case).with_context(|| name.to_owned())?;
        failures += u32::from(real != "ok");
        if case.is_unknown {
            assert_eq!(said, "not_rehearsed", "{name}: {rows:?}");
            unknown += 1;
        } else {
            assert_eq!(said, real, "{name}: {rows:?}");
            right += 1;
        }
        drop(client);
        server.connect("postgres")?.batch_execute(&format!("DROP DATABASE {database}"))?;
    }
    report!("{right} scripts judged as in the real run ({failures} of all fail), {unknown} not rehearsed");
    assert!(right >= 30 && unknown >= 4 && failures >= 20, "the corpus has shrunk");
    Ok(())
}
