//! Where the copy comes from, and what becomes of it.

use crate::project::Project;
use anyhow::{Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

#[test]
fn pipeline_copy_comes_from_template_dump_or_source() -> Result<()> {
    let project = Project::new()?;
    let folder = project.folder("plain", &[("1.sql", "ALTER TABLE harbour ADD UNIQUE (code);")])?;
    let mut sources = vec!["--template=app".to_owned(), "--source=dbname=app".to_owned()];
    for (format, name) in [("custom", "a.dump"), ("plain", "b.sql"), ("directory", "c"), ("tar", "d.tar")] {
        let file = project.server.scratch(name).display().to_string();
        project.server.client("pg_dump", &["-d", "app", "-F", format, "-f", &file])?;
        sources.push(format!("--dump={file}"));
    }
    for source in &sources {
        let outcome = project.run_on(&[source, "--json"], &[&folder])?;
        ensure!(outcome.code == 1 && outcome.statuses()? == ["1.sql failed"], "{source}: {}", outcome.all());
    }
    Ok(())
}

#[test]
fn pipeline_wrong_use_is_told_apart_from_failure() -> Result<()> {
    let project = Project::new()?;
    let folder = project.folder("plain", &[("1.sql", "SELECT 1;")])?;
    let text = project.folder("text", &[("dump", "no SQL;\n")])?.join("dump").display().to_string();
    let dump = format!("--dump={text}");
    let one = [folder.as_path()];
    for (arguments, paths, words) in [
        (vec!["--template=app"], &one[..0], "name the folder"),
        (vec![], &one[..], "one of --template"),
        (vec!["--template=app", "--source=app"], &one[..], "one of --template"),
        (vec!["--template=app", "--tool=make"], &one[..], "unknown tool"),
        (vec!["--template=app", "--set=x"], &one[..], "NAME=VALUE"),
        (vec!["--template=app", "--frobnicate"], &one[..], "unknown option"),
        (vec!["--template=no such database"], &one[..], "does not exist"),
        (vec!["--dump=/no/such/file"], &one[..], "does not exist"),
        (vec![dump.as_str()], &one[..], "could not restore"),
        (vec!["--source=dbname=missing"], &one[..], "could not dump"),
        (vec!["--template=app", "--role=nobody"], &one[..], "does not exist"),
        (vec!["--template=app", "--mode=sometimes"], &one[..], "invalid value"),
    ] {
        let outcome = project.run_on(&arguments, paths)?;
        ensure!(outcome.code == 3 && outcome.errors.contains(words), "{arguments:?}: {}", outcome.all());
    }
    let session = project.server.connect("app")?;
    let output = project.command(&["--template=app"], &one).output()?;
    drop(session);
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code() == Some(3) && errors.contains("being accessed by other users"), "{errors}");
    Ok(())
}

#[test]
fn pipeline_copy_is_dropped_after_signal() -> Result<()> {
    let project = Project::new()?;
    let folder = project.folder("plain", &[("1.sql", "SELECT pg_sleep(600);")])?;
    let mut client = project.server.connect("postgres")?;
    for signal in [Signal::TERM, Signal::INT] {
        let mut command = project.command(&["--template=app"], &[&folder]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let began = Instant::now();
        let asleep = "SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
        while client.query_opt(asleep, &[])?.is_none() {
            ensure!(began.elapsed() < Duration::from_secs(60), "the migration does not begin");
            sleep(Duration::from_millis(20));
        }
        kill_process(Pid::from_child(&child), signal)?;
        let status = child.wait()?;
        ensure!(!status.success() && project.copies()? == 0, "{signal:?}: {status}, a copy is left");
    }
    Ok(())
}

#[test]
fn pipeline_role_is_that_of_tool() -> Result<()> {
    let project = Project::new()?;
    project.server.connect("app")?.batch_execute(
        "CREATE ROLE sailor; GRANT CREATE ON SCHEMA public TO sailor; GRANT CREATE ON DATABASE app TO sailor",
    )?;
    let own = project.folder("own", &[("1.sql", "CREATE TABLE a (id int);"), ("2.sql", "ALTER TABLE a ADD x int;")])?;
    let other = project.folder("other", &[("1.sql", "ALTER TABLE harbour ADD x int;")])?;
    for (folder, role, code) in [(&own, "sailor", 0), (&other, "sailor", 1), (&other, "postgres", 0)] {
        let outcome = project.run(&[&format!("--role={role}")], &[folder])?;
        ensure!(outcome.code == code, "{role}: {}", outcome.all());
    }
    Ok(())
}

#[test]
fn pipeline_service_cannot_lead_to_real_database() -> Result<()> {
    let project = Project::new()?;
    let service = format!("[prod]\nhost={}\nport=5432\nuser=postgres\ndbname=app\n", project.address);
    let file = project.folder("service", &[("pg_service.conf", &service)])?.join("pg_service.conf");
    let folder = project.folder("plain", &[("1.sql", "ALTER TABLE harbour ADD x int;")])?;
    let mut sources = vec!["--template=app".to_owned(), "--source=service=prod".to_owned()];
    for (format, name) in [("custom", "a.dump"), ("plain", "b.sql")] {
        let file = project.server.scratch(name).display().to_string();
        project.server.client("pg_dump", &["-d", "app", "-F", format, "-f", &file])?;
        sources.push(format!("--dump={file}"));
    }
    // The command of a tool that reads libpq's variables.
    let run = "--run=psql -Xqc 'CREATE TABLE leak ()'; echo 'CREATE TABLE leak ();' >$FLIGHTCHECK_SQL";
    for source in &sources {
        for arguments in [vec![source.as_str()], vec![source, "--tool=rails", run]] {
            let mut command = project.command(&arguments, &[&folder]);
            for name in ["PGHOST", "PGPORT", "PGUSER", "PGDATABASE"] {
                command.env_remove(name);
            }
            command.env("PGSERVICEFILE", &file).env("PGSERVICE", "prod");
            let outcome = project.outcome(command)?;
            ensure!(outcome.code == 0, "{arguments:?}: {}", outcome.all());
        }
    }
    Ok(())
}

#[test]
fn pipeline_dump_with_database_of_its_own_is_refused() -> Result<()> {
    let project = Project::new()?;
    let folder = project.folder("plain", &[("1.sql", "SELECT 1;")])?;
    let file = project.server.scratch("create.sql").display().to_string();
    project.server.client("pg_dump", &["-d", "app", "--create", "-f", &file])?;
    let outcome = project.run_on(&[&format!("--dump={file}")], &[&folder])?;
    ensure!(outcome.code == 3 && outcome.errors.contains("without --create"), "{}", outcome.all());
    Ok(())
}

/// The signal arrives while the server still creates the copy, which it would do without a client.
#[test]
fn pipeline_copy_is_dropped_if_signal_interrupts_its_creation() -> Result<()> {
    let project = Project::new()?;
    let folder = project.folder("plain", &[("1.sql", "SELECT 1;")])?;
    let mut client = project.server.connect("postgres")?;
    let mut observer = project.server.connect("postgres")?;
    let mut until = |query: &str| -> Result<()> {
        let began = Instant::now();
        while observer.query_opt(query, &[])?.is_none() {
            ensure!(began.elapsed() < Duration::from_secs(60), "{query}");
            sleep(Duration::from_millis(10));
        }
        Ok(())
    };
    for signal in [Signal::TERM, Signal::INT] {
        let mut transaction = client.transaction()?;
        transaction.batch_execute("LOCK TABLE pg_database IN SHARE MODE")?;
        let mut command = project.command(&["--template=app"], &[&folder]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        until("SELECT FROM pg_stat_activity WHERE query LIKE 'CREATE DATABASE%' AND wait_event_type = 'Lock'")?;
        kill_process(Pid::from_child(&child), signal)?;
        until("SELECT FROM pg_stat_activity WHERE query LIKE 'DROP DATABASE%' AND wait_event_type = 'Lock'")?;
        transaction.rollback()?;
        let status = child.wait()?;
        until("SELECT WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE 'CREATE DATABASE \"flight%')")?;
        ensure!(!status.success() && project.copies()? == 0, "{signal:?}: {status}, a copy is left");
    }
    Ok(())
}

#[test]
fn pipeline_commands_of_psql_are_not_run() -> Result<()> {
    let project = Project::new()?;
    let file = project.server.scratch("touched");
    for command in [
        "\\c app\nCREATE TABLE leak ();".to_owned(),
        "SELECT 1; \\connect app\nCREATE TABLE leak ();".to_owned(),
        format!("\\! touch {}", file.display()),
        format!("SELECT 1 \\g {}", file.display()),
    ] {
        let folder = project.folder("plain", &[("1.sql", &command), ("2.sql", "ALTER TABLE leak ADD x int;")])?;
        let outcome = project.run(&["--json"], &[&folder])?;
        let is_unknown = outcome.statuses()? == ["1.sql unknown", "2.sql unknown"];
        ensure!(is_unknown && !file.exists(), "{command}: {}", outcome.all());
    }
    let harmless = project
        .folder("harmless", &[("1.sql", "\\set ON_ERROR_STOP on\n\\echo x\nCREATE TABLE a (id int);\n\\timing\n")])?;
    let outcome = project.run(&["--json"], &[&harmless])?;
    ensure!(outcome.code == 0 && outcome.statuses()? == ["1.sql ok"], "{}", outcome.all());
    Ok(())
}
