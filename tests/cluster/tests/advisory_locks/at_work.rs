//! Many tools hold their lock on one connection and migrate on another (Rails, Flyway, goose): the
//! idle session is not an orphan while the other one is at work.

use crate::fixtures::{Session, World};
use anyhow::{Context, Result};
use cluster::report;

const KEY: &str = "77433833903597";
const LOCK: &str = "SELECT pg_advisory_lock(77433833903597)";

struct Scene {
    world: World,
    holder: Session,
    /// The other connection of the same program.
    worker: Option<Session>,
}

impl Scene {
    fn new() -> Result<Self> {
        let mut world = World::new("app", &[])?;
        world.paste(
            "CREATE TABLE orders (id int); SET pg_flightcheck.orphan_after = 0; CREATE ROLE other SUPERUSER LOGIN",
        )?;
        let holder = world.session("PostgreSQL JDBC Driver")?.with(LOCK)?;
        let worker = Some(world.session("PostgreSQL JDBC Driver")?);
        Ok(Self { world, holder, worker })
    }

    /// Returns what both functions report for the holder.
    fn look(&mut self) -> Result<(String, String, String)> {
        let row = self.world.row(KEY, self.holder.pid)?;
        let rows = self.world.terminate(&format!("'{KEY}', '0'"))?;
        assert!(rows.len() == 1 && rows[0].pid == Some(self.holder.pid), "{rows:?}");
        assert_eq!(row.fix.is_some(), row.status == "orphan", "{row:?}");
        Ok((row.status.clone(), rows[0].outcome.clone(), format!("{}|{}", row.detail(), rows[0].detail())))
    }

    #[track_caller]
    fn assert_orphan(&mut self, reason: &str) -> Result<()> {
        let (verdict, outcome, said) = self.look()?;
        assert_eq!((verdict.as_str(), outcome.as_str()), ("orphan", "would_terminate"), "{reason}: {said}");
        Ok(())
    }

    #[track_caller]
    fn assert_at_work(&mut self, worker: i32, what: &str) -> Result<()> {
        self.assert_role_at_work(worker, "postgres", what)
    }

    #[track_caller]
    fn assert_role_at_work(&mut self, worker: i32, role: &str, what: &str) -> Result<()> {
        let (verdict, outcome, said) = self.look()?;
        assert_eq!((verdict.as_str(), outcome.as_str()), ("blocking", "skipped"), "{what}: {said}");
        assert_eq!(said.matches(" is at work: ").count(), 2, "{what}: {said}");
        assert_eq!(said.matches(&format!("pid {worker} (role {role}, ")).count(), 2, "{what}: {said}");
        Ok(())
    }
}

#[test]
fn lock_of_program_at_work_on_other_connection_is_not_orphan() -> Result<()> {
    let mut scene = Scene::new()?;
    let waiter = scene.world.wait(scene.world.session("deploy")?, LOCK)?;
    scene.assert_orphan("no session is at work")?;

    let mut worker = scene.worker.take().context("the worker is in use")?;
    worker.run("CREATE TABLE finished ()")?;
    scene.assert_orphan("its last statement is over, and no transaction is open")?;
    for statement in [
        "ALTER TABLE orders ADD a text",
        "-- V42__index.sql\n/* by hand */ CREATE INDEX ON orders (a)",
        "UPDATE orders SET a = 'x'",
        "SET LOCAL lock_timeout = '5s'; ALTER TABLE orders ADD b text",
        "DO $$ BEGIN UPDATE orders SET a = 'y'; END $$",
    ] {
        worker.run("BEGIN")?;
        worker.run(statement)?;
        scene.assert_at_work(worker.pid, statement)?;
        worker.run("COMMIT")?;
        scene.assert_orphan("it has committed")?;
    }

    // A statement that waits for another session.
    let reader = scene.world.session_as("other", "reader")?.with("BEGIN")?.with("SELECT FROM orders")?;
    let worker = scene.world.wait(worker, "ALTER TABLE orders ADD c text")?;
    scene.assert_at_work(worker.pid, "a statement that waits")?;
    let rows = scene.world.terminate(&format!("'{KEY}', '0', false"))?;
    assert!(rows[0].outcome == "skipped" && scene.world.is_there(scene.holder.pid)? && waiter.is_busy(), "{rows:?}");
    drop(reader);
    let _worker = worker.done()?;
    scene.assert_orphan("the other connection is done")?;
    report!(
        "a program that migrates on another connection keeps its lock, during and between the statements of a transaction"
    );
    Ok(())
}

#[test]
fn work_of_unrelated_sessions_does_not_prevent_orphan() -> Result<()> {
    let mut scene = Scene::new()?;
    scene.world.server.connect("postgres")?.batch_execute("CREATE DATABASE other")?;
    let _waiter = scene.world.wait(scene.world.session("deploy")?, LOCK)?;
    let name = "PostgreSQL JDBC Driver";
    let read = scene.world.session(name)?.with("BEGIN")?.with("SELECT FROM orders")?;
    scene.assert_orphan("another session reads")?;
    let table = "CREATE TABLE t ()";
    let role = scene.world.session_as("other", name)?.with("BEGIN")?.with(table)?;
    scene.assert_role_at_work(role.pid, "other", "tables are changed by another role")?;
    let gone = format!("SELECT 1 - count(*) FROM pg_stat_activity WHERE pid = {}", role.pid);
    drop(role);
    scene.world.until(&gone)?;
    scene.assert_orphan("another role has changed tables")?;
    let writer = scene.world.session_as("other", name)?.with("BEGIN")?.with("INSERT INTO orders VALUES (1)")?;
    scene.assert_orphan("another role writes rows")?;
    let database = scene.world.session_in("other", name)?.with("BEGIN")?.with(table)?;
    scene.assert_orphan("tables of another database are changed")?;
    // A session that waits for the lock, in a transaction whose first statement was a different
    // one.
    let wants = scene.world.session(name)?.with("BEGIN")?.with("CREATE TEMP TABLE t ()")?;
    let wants = scene.world.wait(wants, LOCK)?;
    scene.assert_orphan("another run waits for the same lock")?;
    drop((read, writer, database));
    wants.cancel()?;

    // A connection of the same role and client may be the migration's, whenever it was opened.
    let mut application = scene.world.session("web")?.with("BEGIN")?;
    application.run("UPDATE orders SET id = 1")?;
    scene.assert_at_work(application.pid, "what is written may be the migration's")?;
    application.run("ROLLBACK")?;
    scene.assert_orphan("it has rolled back")?;
    application.run("BEGIN; UPDATE orders SET id = 1")?;
    scene.world.fail_transaction(&mut application)?;
    scene.assert_orphan("its transaction has failed")?;
    application.run("ROLLBACK")?;
    application.run("SET track_activities = off")?;
    let (verdict, outcome, said) = scene.look()?;
    assert_eq!((verdict.as_str(), outcome.as_str()), ("blocking", "skipped"), "{said}");
    let words = format!("track_activities is off for pid {} (role postgres, web)", application.pid);
    assert_eq!(said.matches(&words).count(), 2, "{said}: not {words}");
    Ok(())
}

/// The calling session does not count as at work for the holder, however it calls the function.
#[test]
fn calling_session_is_not_at_work() -> Result<()> {
    let mut scene = Scene::new()?;
    let _waiter = scene.world.wait(scene.world.session("deploy")?, LOCK)?;
    scene.world.paste(
        "CREATE FUNCTION stuck() RETURNS text LANGUAGE sql AS
            $$ SELECT status FROM advisory_lock_report() WHERE granted $$;
         CREATE FUNCTION unstick() RETURNS text LANGUAGE sql AS
            $$ SELECT outcome FROM advisory_lock_terminate('77433833903597', '0') $$",
    )?;
    for transaction in ["", "BEGIN"] {
        let mut asking = scene.world.session("runbook")?.with("SET pg_flightcheck.orphan_after = 0")?;
        asking.run(transaction)?;
        let verdict: String = asking.client.query_one("SELECT stuck()", &[])?.get(0);
        let outcome: String = asking.client.query_one("SELECT unstick()", &[])?.get(0);
        assert_eq!((verdict.as_str(), outcome.as_str()), ("orphan", "would_terminate"));
    }
    Ok(())
}

/// A role that may end a session may not be allowed to see its statements.
#[test]
fn statement_of_other_role_is_hidden_without_privilege() -> Result<()> {
    let mut world = World::new("app", &["pg_flightcheck.orphan_after = 0"])?;
    world.paste(
        "CREATE ROLE app LOGIN; CREATE ROLE signaller LOGIN IN ROLE pg_signal_backend;
         CREATE TABLE orders (id int); GRANT ALL ON orders TO app",
    )?;
    let holder = world.session_as("app", "deploy")?.with(LOCK)?;
    let mut worker = world.session_as("app", "deploy")?.with("BEGIN")?;
    worker.run("UPDATE orders SET id = 4711")?;
    let mut signaller = world.server.connect_as("signaller", "app")?;
    let mut monitor = world.server.connect_as("postgres", "app")?;
    let call = format!("{KEY}, '0', dry_run => false");
    for (caller, sees) in [(&mut signaller, false), (&mut monitor, true)] {
        let rows = cluster::lock_terminate(caller, &call)?;
        assert!(rows.len() == 1 && rows[0].outcome == "skipped", "{rows:?}");
        assert!(rows[0].detail().contains(&format!("pid {} (role app, deploy", worker.pid)), "{rows:?}");
        assert_eq!(
            (rows[0].detail().contains(" is at work"), rows[0].detail().contains("4711")),
            (true, sees),
            "{rows:?}"
        );
    }
    assert!(world.is_there(holder.pid)?);
    Ok(())
}
