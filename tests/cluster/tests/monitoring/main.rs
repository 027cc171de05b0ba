//! docs/monitoring.md: what it tells monitoring systems to run, run by them or as they would.

mod page;

use crate::page::Page;
use anyhow::{Context, Result, bail, ensure};
use cluster::{Server, program, report};
use postgres::Client;
use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const ROLE: &str = "flightcheck_monitoring";
const TIMEOUT: Duration = Duration::from_secs(30);

/// Creates the role as the page says, and a database in which a sequence is behind.
fn create(page: &Page, server: &Server) -> Result<Client> {
    let mut client = server.database("app")?;
    client.batch_execute(page.block("The role", "sql", 0)?)?;
    client.batch_execute("CREATE TABLE t (id serial PRIMARY KEY); INSERT INTO t VALUES (1)")?;
    Ok(client)
}

/// A program that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn get_metrics(port: u16) -> Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// Returns the value of the series `name{…check_name="check"…}`.
fn value(metrics: &str, name: &str, check: &str) -> Option<String> {
    let label = format!("check_name=\"{check}\"");
    let line = metrics.lines().find(|line| line.starts_with(&format!("{name}{{")) && line.contains(&label))?;
    line.rsplit(' ').next().map(str::to_owned)
}

#[test]
fn monitoring_postgres_exporter_returns_the_summary() -> Result<()> {
    let Some(exporter) = program::find("prometheus-postgres-exporter") else {
        report!("skipped: prometheus-postgres-exporter is not installed");
        return Ok(());
    };
    let page = Page::read()?;
    let server = Server::start(&[])?;
    let mut client = create(&page, &server)?;
    let queries = server.scratch("queries.yaml");
    std::fs::write(&queries, page.block("postgres_exporter", "yaml", 0)?)?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let host = server.environment("app")[0].1.to_string_lossy().into_owned();
    let _exporter = Running(
        Command::new(exporter)
            .args(["--disable-default-metrics", "--disable-settings-metrics"])
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg(format!("--extend.query-path={}", queries.display()))
            .env("DATA_SOURCE_NAME", format!("host={host} user={ROLE} dbname=app sslmode=disable"))
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(server.scratch("exporter.log"))?)
            .spawn()?,
    );
    let began = Instant::now();
    let metrics = loop {
        match get_metrics(port) {
            Ok(metrics) if metrics.contains("flightcheck_errors") => break metrics,
            other if began.elapsed() > TIMEOUT => {
                bail!("{other:?}\n{}", std::fs::read_to_string(server.scratch("exporter.log"))?)
            }
            _ => sleep(Duration::from_millis(50)),
        }
    };
    let summary = |arguments: &str| {
        format!(
            "SELECT check_name, errors, warnings, infos, (severity = 'unknown')::int::int8
               FROM flightcheck_summary({arguments}) WHERE severity <> 'left_out'"
        )
    };
    let (mut series, mut names) = (0, HashSet::new());
    for (prefix, arguments) in [("flightcheck", ""), ("flightcheck_complete", "complete => true")] {
        for row in client.query(&summary(arguments), &[])? {
            let check: String = row.get(0);
            // An hour-old copy of a series that is read every minute would keep an alert alive.
            if !names.insert(check.clone()) {
                assert_eq!(value(&metrics, "flightcheck_complete_errors", &check), None, "{metrics}");
                continue;
            }
            for (column, name) in ["errors", "warnings", "infos", "unknown"].into_iter().enumerate() {
                let expected = row.get::<_, i64>(column + 1).to_string();
                let found = value(&metrics, &format!("{prefix}_{name}"), &check);
                assert_eq!(found, Some(expected), "{prefix}_{name} of {check}:\n{metrics}");
                series += 1;
            }
        }
    }
    assert_eq!(value(&metrics, "flightcheck_errors", "sequence_behind").as_deref(), Some("1"));
    // The series that alerts and panels query exist.
    for name in page.series() {
        ensure!(metrics.contains(&format!("\n{name}{{")), "there is no series {name}:\n{metrics}");
    }
    report!("postgres_exporter returned {series} series");
    Ok(())
}

#[test]
fn monitoring_check_postgres_exit_status_is_the_state() -> Result<()> {
    let Some(check_postgres) = program::find("check_postgres") else {
        report!("skipped: check_postgres is not installed");
        return Ok(());
    };
    let page = Page::read()?;
    let server = Server::start(&[])?;
    let mut client = create(&page, &server)?;
    client.batch_execute("CREATE ROLE nobody LOGIN")?;
    let call = page.block("Nagios and check_postgres", "sh", 0)?;
    let call = call.strip_prefix("check_postgres ").context("the block calls another program")?;
    let state = |role: &str| -> Result<(Option<i32>, String)> {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("\"$0\" --dbuser={role} {call}")]).arg(&check_postgres);
        let output = command.envs(server.environment("app")).env("PGUSER", role).output()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        Ok((output.status.code(), said))
    };
    let (code, said) = state(ROLE)?;
    ensure!(code == Some(2) && said.contains("sequence_behind error"), "{code:?}: {said}");
    client
        .batch_execute("DROP TABLE t; CREATE TABLE c (n int PRIMARY KEY); ALTER TABLE c ADD CHECK (n > 0) NOT VALID")?;
    let (code, said) = state(ROLE)?;
    ensure!(code == Some(1) && said.contains("constraint_not_valid warning"), "{code:?}: {said}");
    client.batch_execute("DROP TABLE c; CREATE TABLE t (id serial PRIMARY KEY)")?;
    let (code, said) = state(ROLE)?;
    ensure!(code == Some(0), "{code:?}: {said}");
    let (code, said) = state("nobody")?;
    ensure!(code == Some(1) && said.contains("sequence_behind unknown"), "{code:?}: {said}");
    Ok(())
}

#[test]
fn monitoring_pgwatch_query_has_its_columns() -> Result<()> {
    let page = Page::read()?;
    let server = Server::start(&[])?;
    drop(create(&page, &server)?);
    let mut client = server.connect_as(ROLE, "app")?;
    let rows = client.query(page.block("pgwatch", "sql", 0)?, &[])?;
    let columns: Vec<(&str, &str)> =
        rows.first().context("no row")?.columns().iter().map(|column| (column.name(), column.type_().name())).collect();
    let gauges = [("errors", "int8"), ("warnings", "int8"), ("infos", "int8"), ("unknown", "int4")];
    assert_eq!(columns[..2], [("epoch_ns", "int8"), ("tag_check_name", "text")]);
    assert_eq!(columns[2..], gauges);
    let behind = rows.iter().find(|row| row.get::<_, &str>(1) == "sequence_behind").context("no sequence_behind")?;
    assert_eq!((behind.get::<_, i64>(2), behind.get::<_, i32>(5)), (1, 0));
    // The role that the page creates sees everything.
    assert_eq!(client.query(page.block("The role", "sql", 1)?, &[])?.len(), 0);
    Ok(())
}

#[test]
fn monitoring_alerts_and_panel_are_well_formed() -> Result<()> {
    let page = Page::read()?;
    let panel: serde_json::Value = serde_json::from_str(page.block("Grafana", "json", 0)?)?;
    assert_eq!(panel["targets"].as_array().map(Vec::len), Some(3));
    // promtool belongs to Prometheus, which is not required.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let Some(promtool) = std::env::split_paths(&path).map(|folder| folder.join("promtool")).find(|path| path.is_file())
    else {
        report!("the rules were not checked: promtool is not installed");
        return Ok(());
    };
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), page.block("Alerts", "yaml", 0)?)?;
    let output = Command::new(promtool).args(["check", "rules"]).arg(file.path()).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success() && said.contains("5 rules found"), "{said}{output:?}");
    Ok(())
}
