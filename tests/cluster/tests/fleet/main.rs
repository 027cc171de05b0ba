//! `tools/flightcheck-all`: checks many databases with one call.

use anyhow::{Context, Result, ensure};
use cluster::{Server, identifier, report};
use serde_json::Value;
use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Names that a careless script takes for options, connection strings or several words.
const HOSTILE: [&str; 11] = [
    "dbname=postgres",
    "it's",
    "two\nlines",
    "a \"quoted\" name",
    "back\\slash\\",
    "--help",
    "postgresql://nowhere/x",
    "$(touch owned)`",
    " spaces ",
    "tab\tand\u{7f}",
    "naïve=名前",
];

struct Outcome {
    code: i32,
    output: String,
    errors: String,
}

impl Outcome {
    fn rows(&self) -> Result<Vec<Value>> {
        let row = |line: &str| serde_json::from_str(line).with_context(|| line.to_owned());
        self.output.lines().map(row).collect()
    }
}

fn run(server: &Server, arguments: &[&str]) -> Result<Outcome> {
    run_in(&server.environment("postgres"), arguments)
}

fn run_in(environment: &[(&str, OsString)], arguments: &[&str]) -> Result<Outcome> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools/flightcheck-all");
    let mut command = Command::new("bash");
    command.arg(script).args(arguments).envs(environment.iter().cloned()).stdin(Stdio::null());
    let output = command.output()?;
    Ok(Outcome {
        code: output.status.code().context("the script was killed")?,
        output: String::from_utf8(output.stdout)?,
        errors: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

fn row<'a>(rows: &'a [Value], connection: &str) -> Result<&'a Value> {
    rows.iter().find(|row| row["connection"] == connection).with_context(|| format!("{connection}: {rows:#?}"))
}

#[test]
fn fleet_of_hundred_databases_is_checked() -> Result<()> {
    let server = Server::start(&[])?;
    drop(server.database("fleet_000")?);
    let mut client = server.connect("postgres")?;
    for number in 1..100 {
        client.batch_execute(&format!("CREATE DATABASE fleet_{number:03} TEMPLATE fleet_000"))?;
    }
    server.connect("fleet_042")?.batch_execute("CREATE TABLE t (id serial PRIMARY KEY); INSERT INTO t VALUES (1)")?;
    let began = Instant::now();
    let all = run(&server, &["--json", "--jobs=4", "--exclude", "postgres"])?;
    let seconds = began.elapsed().as_secs_f64();
    let rows = all.rows()?;
    assert_eq!((all.code, rows.len()), (2, 100), "{}", all.errors);
    // The lines are in the order of the names, whichever database was done first.
    let names: Vec<_> = (0..100).map(|number| Value::from(format!("fleet_{number:03}"))).collect();
    assert_eq!(rows.iter().map(|row| row["connection"].clone()).collect::<Vec<_>>(), names);
    let broken = row(&rows, "fleet_042")?;
    assert_eq!((&broken["severity"], &broken["errors"]), (&"error".into(), &1.into()), "{broken:#}");
    let finding = &broken["findings"][0];
    assert_eq!(finding["check_name"], "sequence_behind", "{finding:#}");
    ensure!(finding["fix"].as_str().is_some_and(|fix| fix.contains("seq_resync_table")), "{finding:#}");
    let is_ok = |row: &&Value| row["severity"] == "ok" && row["findings"] == Value::Array(Vec::new());
    assert_eq!(rows.iter().filter(is_ok).count(), 99);
    ensure!(all.errors.contains("100 of 100 databases checked"), "{}", all.errors);
    report!("100 databases in {seconds:.1} s");
    Ok(())
}

#[test]
fn fleet_with_hostile_names_is_checked() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.connect("postgres")?;
    for name in HOSTILE {
        client.batch_execute(&format!("CREATE DATABASE {}", identifier(name)))?;
    }
    let before = run(&server, &["--json", "--quiet"])?;
    assert_eq!((before.code, before.errors.as_str()), (3, ""));
    let rows = before.rows()?;
    assert_eq!(rows.len(), HOSTILE.len() + 1);
    for row in &rows {
        ensure!(row["severity"] == "unknown" && row["errors"].is_null(), "{row:#}");
        ensure!(row["message"].as_str().is_some_and(|text| text.contains("is not installed")), "{row:#}");
    }
    let created = run(&server, &["--json", "--create"])?;
    assert_eq!(created.code, 0, "{}\n{}", created.output, created.errors);
    let rows = created.rows()?;
    for name in HOSTILE.into_iter().chain(["postgres"]) {
        let row = row(&rows, name)?;
        ensure!(row["database"] == name && row["severity"] == "ok" && row["message"].is_null(), "{row:#}");
    }
    let table = run(&server, &["--quiet"])?;
    assert_eq!(table.code, 0);
    // A name with a newline does not add a line.
    assert_eq!(table.output.lines().count(), 1 + rows.len(), "{}", table.output);
    ensure!(!Path::new("owned").exists());
    Ok(())
}

#[test]
fn fleet_exit_status_is_that_of_worst_database() -> Result<()> {
    let server = Server::start(&[])?;
    let mut info = server.database("info")?;
    info.batch_execute(
        "CREATE TABLE t (id int PRIMARY KEY, n int); CREATE TABLE u (id int PRIMARY KEY); CREATE TABLE keyless (a int)",
    )?;
    let mut warning = server.database("warning")?;
    warning.batch_execute("CREATE TABLE t (n int PRIMARY KEY); ALTER TABLE t ADD CHECK (n > 0) NOT VALID")?;
    let mut error = server.database("error")?;
    error.batch_execute("CREATE TABLE t (id serial PRIMARY KEY); INSERT INTO t VALUES (1)")?;
    drop(server.database("fine")?);
    for (databases, code) in [
        (["fine", "fine"], 0),
        (["fine", "info"], 0),
        (["info", "warning"], 1),
        (["error", "warning"], 2),
        (["error", "no such database"], 3),
        (["postgres", "fine"], 3),
    ] {
        let outcome = run(&server, &databases)?;
        assert_eq!(outcome.code, code, "{databases:?}\n{}{}", outcome.output, outcome.errors);
        assert_eq!(outcome.output.lines().count(), 3, "{}", outcome.output);
    }
    let outcome = run(&server, &["--quiet", "info", "warning", "error", "no such database", "postgres"])?;
    let lines: Vec<Vec<&str>> = outcome.output.lines().map(|line| line.split_whitespace().collect()).collect();
    let begins: Vec<_> = lines.iter().map(|line| line[..4].join(" ")).collect();
    let expected = [
        "severity errors warnings infos",
        "info 0 0 1",
        "warning 0 1 0",
        "error 1 0 0",
        "unknown - - -",
        "unknown - - -",
    ];
    assert_eq!(begins, expected, "{}", outcome.output);
    ensure!(outcome.output.contains("sequence_behind: sequence public.t_id_seq"), "{}", outcome.output);
    ensure!(outcome.output.contains("database \"no such database\" does not exist"), "{}", outcome.output);
    ensure!(outcome.output.contains("extension pg_flightcheck is not installed"), "{}", outcome.output);
    Ok(())
}

#[test]
fn fleet_reads_connections_from_file() -> Result<()> {
    let (one, two) = (Server::start(&[])?, Server::start(&[])?);
    drop((one.database("here")?, two.database("there")?));
    let host = |server: &Server| server.environment("")[0].1.to_string_lossy().into_owned();
    let file = one.scratch("connections");
    let lines = format!(
        "# a comment\n\nhost={} user=postgres dbname=here password='se cret' application_name=x\n\
         postgresql://postgres:secret@/there?host={}",
        host(&one),
        host(&two)
    );
    std::fs::write(&file, lines)?;
    let outcome = run_in(&[], &["--json", "-j2", &format!("--file={}", file.display())])?;
    assert_eq!(outcome.code, 0, "{}{}", outcome.output, outcome.errors);
    let rows = outcome.rows()?;
    assert_eq!(rows.iter().map(|row| &row["database"]).collect::<Vec<_>>(), ["here", "there"]);
    for text in [&outcome.output, &outcome.errors] {
        ensure!(!text.contains("cret"), "a password is shown: {text}");
    }
    ensure!(rows[0]["connection"].as_str().is_some_and(|text| text.ends_with("password=*** application_name=x")));
    Ok(())
}

#[test]
fn fleet_arguments_are_checked() -> Result<()> {
    let server = Server::start(&[])?;
    let help = run(&server, &["--help"])?;
    ensure!(help.code == 0 && help.output.starts_with("Usage: ") && help.errors.is_empty(), "{}", help.errors);
    for option in ["--file", "--exclude", "--jobs", "--deep", "--create", "--timeout", "--json", "--quiet"] {
        ensure!(help.output.contains(option), "{option} is not in the help");
    }
    for (arguments, message) in [
        (&["--jobs=0"][..], "--jobs requires a number"),
        (&["--jobs", "many"], "--jobs requires a number"),
        (&["--timeout="], "--timeout requires a number"),
        (&["--file"], "option --file requires a value"),
        (&["--file=no-such-file"], "could not read no-such-file"),
        (&["--nonsense"], "unknown option --nonsense"),
        (&["--exclude=*"], "there is no database to check"),
    ] {
        let outcome = run(&server, arguments)?;
        assert_eq!((outcome.code, outcome.output.as_str()), (3, ""), "{arguments:?}: {}", outcome.errors);
        ensure!(outcome.errors.contains(message), "{arguments:?}: {}", outcome.errors);
    }
    let unreachable = run_in(&[("PGHOST", "/no/such/folder".into())], &[])?;
    ensure!(unreachable.code == 3 && unreachable.errors.contains("/no/such/folder"), "{}", unreachable.errors);
    Ok(())
}

/// A check that takes too long is not an all-clear.
#[test]
fn fleet_timeout_is_unknown() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("stuck")?;
    client.batch_execute("BEGIN; LOCK TABLE pg_catalog.pg_event_trigger IN ACCESS EXCLUSIVE MODE")?;
    let outcome = run(&server, &["--json", "--timeout=1", "stuck"])?;
    let rows = outcome.rows()?;
    ensure!(outcome.code == 3 && rows[0]["severity"] == "unknown", "{}", outcome.output);
    ensure!(rows[0]["message"].as_str().is_some_and(|text| text.contains("statement timeout")), "{}", outcome.output);
    Ok(())
}
