//! A superuser, and a member of the owner's role, precheck scripts over objects whose owner put
//! code into everything that may be evaluated: none of it runs with the caller's privileges, and
//! what depends on it is `unknown`.

use crate::findings::{precheck, worst};
use anyhow::{Context, Result};
use cluster::{Notices, Server, report};
use postgres::Client;

const DATABASE: &str = "evil";
const OBJECTS: &str = include_str!("../foreign_keys/hostile_owner.sql");
const MORE_OBJECTS: &str = include_str!("owners.sql");
const SCRIPTS: &str = include_str!("owners_scripts.sql");

/// Returns the verdict on each script, and the script.
fn scripts() -> Result<Vec<(&'static str, &'static str)>> {
    let lines = SCRIPTS.lines().filter(|line| !line.starts_with("--"));
    lines.map(|line| line.split_once(' ').with_context(|| line.to_owned())).collect()
}

/// Creates the owner's objects, and a role that is a member of the owner's and may read more.
fn prepare(server: &Server) -> Result<()> {
    server.database(DATABASE)?.batch_execute(
        "CREATE ROLE evil LOGIN; CREATE ROLE manager LOGIN IN ROLE evil; CREATE SCHEMA evil AUTHORIZATION evil;
         GRANT CREATE ON DATABASE evil TO evil;
         GRANT SET ON PARAMETER session_replication_role TO evil;
         CREATE TABLE public.secret (); CREATE SEQUENCE public.victim; GRANT SELECT ON public.secret TO manager;
         GRANT UPDATE ON SEQUENCE public.victim TO manager",
    )?;
    let mut evil = server.connect_as("evil", DATABASE)?;
    evil.batch_execute(OBJECTS)?;
    evil.batch_execute(MORE_OBJECTS)?;
    Ok(())
}

/// How often the trap has run, and how often with the caller's privileges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Runs {
    all: i64,
    harmful: i64,
}

/// What the owner's code may have moved or changed.
fn runs(watcher: &mut Client) -> Result<Runs> {
    let query = "SELECT (SELECT last_value - 1 + is_called::int FROM evil.runs), (SELECT last_value - 1 + is_called::int FROM evil.harm)
             + (SELECT last_value - 1 + is_called::int FROM public.victim) + (SELECT rolsuper::int FROM pg_roles WHERE rolname = 'evil')
             + (SELECT count(*) FROM evil.bait_log)";
    let row = watcher.query_one(query, &[])?;
    Ok(Runs { all: row.get(0), harmful: row.get(1) })
}

fn reset(watcher: &mut Client) -> Result<()> {
    let statement =
        "SELECT setval('evil.runs', 1, false), setval('evil.harm', 1, false), setval('public.victim', 1, false)";
    Ok(watcher.batch_execute(statement)?)
}

/// Whether a naive tool, which runs the statement or only plans it and undoes that, runs the
/// owner's code with the privileges of a superuser.
fn is_trapped(client: &mut Client, watcher: &mut Client, statement: &str) -> Result<bool> {
    reset(watcher)?;
    let _ = client.batch_execute(&format!("BEGIN; SET search_path = evil, pg_catalog, public; {statement}"));
    client.batch_execute("ROLLBACK")?;
    let replica: String = client.query_one("SHOW session_replication_role", &[])?.get(0);
    Ok(runs(watcher)?.harmful > 0 || replica != "origin")
}

/// Prechecks all scripts as the session's user. Returns how often the owner's code ran without
/// privileges, and how many scripts were judged which way.
fn judge_all(client: &mut Client, watcher: &mut Client, path: &str) -> Result<(i64, Vec<String>)> {
    let (mut harmless, mut wrong) = (0, Vec::new());
    client.batch_execute(&format!("SET search_path = {path}"))?;
    for (expected, script) in scripts()? {
        reset(watcher)?;
        let findings = precheck(client, script, "").with_context(|| script.to_owned())?;
        let ran = runs(watcher)?;
        let replica: String = client.query_one("SHOW session_replication_role", &[])?.get(0);
        if ran.harmful > 0 || replica != "origin" {
            wrong.push(format!("{script}: TRAPPED: {findings:?}"));
            client.batch_execute("RESET session_replication_role")?;
        }
        harmless += ran.all;
        let verdict = expected.trim_end_matches('+');
        if ran.all > 0 && verdict == expected {
            wrong.push(format!("{script}: ran {} times: {findings:?}", ran.all));
        }
        if verdict != "any" && worst(&findings) != verdict {
            wrong.push(format!("{script}: {findings:?}"));
        }
    }
    Ok((harmless, wrong))
}

#[test]
fn precheck_over_hostile_owners_objects_runs_none_of_their_code() -> Result<()> {
    let server = Server::start(&["constraint_exclusion = on", "jit = off"])?;
    prepare(&server)?;
    let mut watcher = server.connect(DATABASE)?;
    let all = scripts()?;

    // Proves that the traps work: statements that are undone, or only planned, trigger them.
    let mut naive = server.connect(DATABASE)?;
    let (mut run, mut planned) = (0, 0);
    for (_, script) in &all {
        run += usize::from(is_trapped(&mut naive, &mut watcher, script)?);
        planned += usize::from(is_trapped(&mut naive, &mut watcher, &format!("EXPLAIN {script}"))?);
    }
    report!("of {} scripts, {run} trap an undone run, {planned} EXPLAIN", all.len());
    assert!(run >= 60 && planned >= 20, "the traps do not work");

    let mut lines = Vec::new();
    for role in ["postgres", "manager"] {
        for path in ["evil, pg_catalog, public", "public"] {
            let (mut client, notices) = connect(&server, role)?;
            let (harmless, wrong) = judge_all(&mut client, &mut watcher, path)?;
            let said: Vec<String> = notices.take().iter().map(|notice| notice.message().to_owned()).collect();
            report!(
                "{role} with search_path {path}: the owner's code ran {harmless} times, without privileges: {}",
                said.len()
            );
            lines.extend(wrong.into_iter().map(|line| format!("{role}, {path}: {line}")));
        }
    }
    assert!(lines.is_empty(), "{}", lines.join("\n"));
    Ok(())
}

fn connect(server: &Server, role: &str) -> Result<(Client, Notices)> {
    let (mut client, notices) = server.connect_noting(DATABASE)?;
    client.batch_execute(&format!("SET SESSION AUTHORIZATION {role}"))?;
    Ok((client, notices))
}
