//! `tools/flightcheck-all`: checks many databases with one call.

use anyhow::{Context, Result, ensure};
use cluster::{Server, identifier, report};
use serde_json::Value;
use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

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

fn script(environment: &[(&str, OsString)], arguments: &[&str]) -> Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools/flightcheck-all");
    // What runs the tests may ignore signals, and a shell cannot undo that.
    let mut command = Command::new("env");
    command
        .args(["--default-signal=INT,HUP", "bash"])
        .arg(script)
        .args(arguments)
        .envs(environment.iter().cloned())
        .stdin(Stdio::null());
    command
}

fn until(what: &str, mut is_reached: impl FnMut() -> Result<bool>) -> Result<()> {
    let began = Instant::now();
    while !is_reached()? {
        ensure!(began.elapsed() < Duration::from_secs(30), "timed out waiting until {what}");
        sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn run_in(environment: &[(&str, OsString)], arguments: &[&str]) -> Result<Outcome> {
    let output = script(environment, arguments).output()?;
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
        "# a comment\n\nhost={} user=postgres dbname=here password='se cret' application_name=x\r\n  \
         \tpostgresql://postgres:secret@/there?host={} \n",
        host(&one),
        host(&two)
    );
    std::fs::write(&file, lines)?;
    let outcome = run_in(&[], &["--json", "-j2", &format!("--file={}", file.display())])?;
    assert_eq!(outcome.code, 0, "{}{}", outcome.output, outcome.errors);
    let rows = outcome.rows()?;
    assert_eq!(rows.iter().map(|row| &row["database"]).collect::<Vec<_>>(), ["here", "there"]);
    // A / in a password has to be written %2F.
    let wrong = run_in(&[], &[" postgres://postgres:se/cret@nowhere.invalid/there"])?;
    ensure!(wrong.code == 3, "{}", wrong.output);
    for text in [&outcome.output, &outcome.errors, &wrong.output, &wrong.errors] {
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

/// A server that never answers: statement_timeout cannot end the connection.
#[test]
fn fleet_timeout_ends_silent_connection() -> Result<()> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let connection = format!("host=127.0.0.1 port={} dbname=x sslmode=disable", listener.local_addr()?.port());
    // Accepts the connection and the password, and then says nothing.
    let server = std::thread::spawn(move || -> std::io::Result<()> {
        let (mut stream, _) = listener.accept()?;
        let _ = stream.read(&mut [0; 1024])?;
        stream.write_all(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I")?;
        // Until the client is gone.
        while stream.read(&mut [0; 1024])? > 0 {}
        Ok(())
    });
    let outcome = run_in(&[], &["--json", "--timeout=1", &connection])?;
    let rows = outcome.rows()?;
    ensure!(outcome.code == 3 && rows[0]["message"] == "no answer within 1 s", "{}{}", outcome.output, outcome.errors);
    server.join().map_err(|_| anyhow::anyhow!("the server panicked"))??;
    Ok(())
}

/// Ctrl+C and a closed terminal end the clients and their statements on the server.
#[test]
fn fleet_that_is_interrupted_leaves_nothing() -> Result<()> {
    let server = Server::start(&[])?;
    let mut locked = server.database("stuck")?;
    locked.batch_execute("BEGIN; LOCK TABLE pg_catalog.pg_event_trigger IN ACCESS EXCLUSIVE MODE")?;
    let mut client = server.connect("postgres")?;
    let mut sessions = || -> Result<i64> {
        let count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pg_flightcheck_all'";
        Ok(client.query_one(count, &[])?.get(0))
    };
    for signal in ["INT", "HUP"] {
        let mut command = script(&server.environment("postgres"), &["--timeout=0", "stuck"]);
        command.env("PGOPTIONS", "-c lock_timeout=5min");
        let mut running = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        until("it runs", || Ok(sessions()? == 1))?;
        Command::new("kill").args([&format!("-{signal}"), &running.id().to_string()]).status()?;
        assert_eq!(running.wait()?.code(), Some(130), "{signal}");
        until("its session has ended", || Ok(sessions()? == 0))?;
    }
    Ok(())
}

#[test]
fn fleet_result_that_cannot_be_written_is_an_error() -> Result<()> {
    let server = Server::start(&[])?;
    drop(server.database("fine")?);
    for arguments in [&["fine"][..], &["--json", "fine"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full")?;
        let status = script(&server.environment("postgres"), arguments).stdout(full).stderr(Stdio::null()).status()?;
        assert_eq!(status.code(), Some(3), "{arguments:?}");
    }
    Ok(())
}

#[test]
fn fleet_skips_databases_without_connections() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.connect("postgres")?;
    drop(server.database("fine")?);
    client.batch_execute("CREATE DATABASE closed ALLOW_CONNECTIONS false")?;
    let outcome = run(&server, &["--exclude=postgres"])?;
    assert_eq!((outcome.code, outcome.output.lines().count()), (0, 2), "{}", outcome.output);
    ensure!(outcome.errors.contains("closed: skipped, since it allows no connections"), "{}", outcome.errors);
    Ok(())
}
