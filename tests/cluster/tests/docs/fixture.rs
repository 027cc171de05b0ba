//! The databases that the examples run in.
//!
//! A page names its fixture in a comment, `<!-- fixture: restored -->`: a file in `fixtures`, which
//! psql runs in a new database `app` that has the extension. It may create others. A line
//! `-- session NAME: STATEMENTS` opens a session with this application_name, which stays until the
//! next fixture, idle or waiting for a lock.

use anyhow::{Context, Result, ensure};
use cluster::Server;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The fixture of a page that names none.
pub const DEFAULT: &str = "restored";

const PATIENCE: Duration = Duration::from_secs(60);

/// The open sessions of a fixture. They end when this is dropped.
#[derive(Default)]
pub struct Sessions(Vec<Child>);

impl Drop for Sessions {
    fn drop(&mut self) {
        for session in &mut self.0 {
            // It may have ended, if the page ends it.
            let _ = session.kill();
            let _ = session.wait();
        }
    }
}

/// Creates the roles that fixtures use.
pub fn create_roles(server: &Server) -> Result<()> {
    Ok(server.connect("postgres")?.batch_execute("CREATE ROLE app LOGIN; CREATE ROLE monitor LOGIN")?)
}

/// Removes the databases of the last fixture, and creates those of this one.
pub fn create(server: &Server, name: &str) -> Result<Sessions> {
    let mut postgres = server.connect("postgres")?;
    for row in postgres
        .query("SELECT datname::text FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'", &[])?
    {
        let database = cluster::identifier(row.get(0));
        postgres.batch_execute(&format!("DROP DATABASE {database} WITH (FORCE)"))?;
    }
    postgres.batch_execute("CREATE DATABASE app OWNER app")?;
    server.connect("app")?.batch_execute("CREATE EXTENSION pg_flightcheck")?;
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/docs/fixtures").join(format!("{name}.sql"));
    let text = std::fs::read_to_string(&file).with_context(|| format!("fixture {name} does not exist"))?;
    let scratch = server.scratch("fixture.sql");
    std::fs::write(&scratch, &text)?;
    let errors = server.psql_file("app", &scratch)?;
    ensure!(errors == 0, "fixture {name} raises {errors} errors");
    let mut sessions = Sessions::default();
    for line in text.lines() {
        if let Some((application, statements)) = line.strip_prefix("-- session ").and_then(|line| line.split_once(": "))
        {
            sessions.0.push(open(server, application, statements)?);
            wait_for(&mut postgres, application)?;
        }
    }
    Ok(sessions)
}

fn open(server: &Server, application: &str, statements: &str) -> Result<Child> {
    let mut command = Command::new("psql");
    command.args(["-X", "-q"]).envs(server.environment("app")).env("PGAPPNAME", application);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().context("starting psql")?;
    // The pipe stays open with the child.
    let input = child.stdin.as_mut().context("psql's input")?;
    writeln!(input, "{statements}")?;
    input.flush()?;
    Ok(child)
}

/// Waits until a session is idle after its statements, or waits for a lock.
fn wait_for(postgres: &mut postgres::Client, application: &str) -> Result<()> {
    let began = Instant::now();
    loop {
        let count: i64 = postgres
            .query_one(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND query <> ''
                 AND (state LIKE 'idle%' OR wait_event_type = 'Lock')",
                &[&application],
            )?
            .get(0);
        if count > 0 {
            return Ok(());
        }
        ensure!(began.elapsed() < PATIENCE, "session {application} does not get to its end");
        sleep(Duration::from_millis(10));
    }
}
