//! Many tools hold their lock on one connection and migrate on another (Rails, Flyway, goose): the idle one is no
//! orphan while the other is at work.

use crate::cast::{Session, World};
use anyhow::{Context, Result};
use cluster::report;

const KEY: &str = "77433833903597";
const LOCK: &str = "SELECT pg_advisory_lock(77433833903597)";

struct Scene {
    world: World,
    holder: Session,
    /// The same program's other connection.
    worker: Option<Session>,
}

impl Scene {
    fn new() -> Result<Self> {
        let mut world = World::new("app", &[])?;
        world.paste(
            "CREATE TABLE orders (id int); SET pg_flightcheck.orphan_after = 0; CREATE ROLE somebody SUPERUSER LOGIN",
        )?;
        let holder = world.session("PostgreSQL JDBC Driver")?.with(LOCK)?;
        let worker = Some(world.session("PostgreSQL JDBC Driver")?);
        Ok(Self { world, holder, worker })
    }

    /// What both functions say of the holder.
    fn look(&mut self) -> Result<(String, String, String)> {
        let row = self.world.row(KEY, self.holder.pid)?;
        let rows = self.world.terminate(&format!("'{KEY}', '0'"))?;
        assert!(rows.len() == 1 && rows[0].pid == Some(self.holder.pid), "{rows:?}");
        assert_eq!(row.fix.is_some(), row.verdict == "orphan", "{row:?}");
        Ok((row.verdict.clone(), rows[0].outcome.clone(), format!("{}|{}", row.detail(), rows[0].detail())))
    }

    #[track_caller]
    fn must_be_orphaned(&mut self, in_spite_of: &str) -> Result<()> {
        let (verdict, outcome, said) = self.look()?;
        assert_eq!((verdict.as_str(), outcome.as_str()), ("orphan", "would terminate"), "{in_spite_of}: {said}");
        Ok(())
    }

    #[track_caller]
    fn must_be_at_work(&mut self, worker: i32, what: &str) -> Result<()> {
        self.must_be_at_work_as(worker, "postgres", what)
    }

    #[track_caller]
    fn must_be_at_work_as(&mut self, worker: i32, role: &str, what: &str) -> Result<()> {
        let (verdict, outcome, said) = self.look()?;
        assert_eq!((verdict.as_str(), outcome.as_str()), ("blocking", "skipped"), "{what}: {said}");
        assert_eq!(said.matches(" is at work: ").count(), 2, "{what}: {said}");
        assert_eq!(said.matches(&format!("pid {worker} (role {role}, ")).count(), 2, "{what}: {said}");
        Ok(())
    }
}

#[test]
fn a_program_at_work_on_another_connection_keeps_its_lock() -> Result<()> {
    let mut scene = Scene::new()?;
    let waiter = scene.world.wait(scene.world.session("deploy")?, LOCK)?;
    scene.must_be_orphaned("nobody is at work")?;

    let mut worker = scene.worker.take().context("it is in use")?;
    worker.run("CREATE TABLE finished ()")?;
    scene.must_be_orphaned("its last statement is over, and no transaction is open")?;
    for statement in [
        "ALTER TABLE orders ADD a text",
        "-- V42__index.sql\n/* by hand */ CREATE INDEX ON orders (a)",
        "UPDATE orders SET a = 'x'",
        "SET LOCAL lock_timeout = '5s'; ALTER TABLE orders ADD b text",
        "DO $$ BEGIN UPDATE orders SET a = 'y'; END $$",
    ] {
        worker.run("BEGIN")?;
        worker.run(statement)?;
        scene.must_be_at_work(worker.pid, statement)?;
        worker.run("COMMIT")?;
        scene.must_be_orphaned("it has committed")?;
    }

    // In the middle of a statement that waits for somebody else.
    let reader = scene.world.session_as("somebody", "reader")?.with("BEGIN")?.with("SELECT FROM orders")?;
    let worker = scene.world.wait(worker, "ALTER TABLE orders ADD c text")?;
    scene.must_be_at_work(worker.pid, "a statement that waits")?;
    let rows = scene.world.terminate(&format!("'{KEY}', '0', false"))?;
    assert!(rows[0].outcome == "skipped" && scene.world.is_there(scene.holder.pid)? && waiter.is_busy(), "{rows:?}");
    drop(reader);
    let _worker = worker.done()?;
    scene.must_be_orphaned("the other connection is done")?;
    report!("who migrates on another connection keeps the lock, in a statement or between two of a transaction");
    Ok(())
}

#[test]
fn what_others_do_is_no_excuse() -> Result<()> {
    let mut scene = Scene::new()?;
    scene.world.server.connect("postgres")?.batch_execute("CREATE DATABASE other")?;
    let _waiter = scene.world.wait(scene.world.session("deploy")?, LOCK)?;
    let name = "PostgreSQL JDBC Driver";
    let read = scene.world.session(name)?.with("BEGIN")?.with("SELECT FROM orders")?;
    scene.must_be_orphaned("somebody reads")?;
    let table = "CREATE TABLE t ()";
    let role = scene.world.session_as("somebody", name)?.with("BEGIN")?.with(table)?;
    scene.must_be_at_work_as(role.pid, "somebody", "tables are changed by another role")?;
    let gone = format!("SELECT 1 - count(*) FROM pg_stat_activity WHERE pid = {}", role.pid);
    drop(role);
    scene.world.until(&gone)?;
    scene.must_be_orphaned("another role has changed tables")?;
    let writer = scene.world.session_as("somebody", name)?.with("BEGIN")?.with("INSERT INTO orders VALUES (1)")?;
    scene.must_be_orphaned("another role writes rows")?;
    let database = scene.world.session_in("other", name)?.with("BEGIN")?.with(table)?;
    scene.must_be_orphaned("tables of another database are changed")?;
    // Those that wait for the lock, in a transaction of which it is not the first statement.
    let wants = scene.world.session(name)?.with("BEGIN")?.with("CREATE TEMP TABLE t ()")?;
    let wants = scene.world.wait(wants, LOCK)?;
    scene.must_be_orphaned("another run waits for the same lock")?;
    drop((read, writer, database));
    wants.cancel()?;

    // A connection of the same role and client may be the migration's, whenever it was made.
    let mut application = scene.world.session("web")?.with("BEGIN")?;
    application.run("UPDATE orders SET id = 1")?;
    scene.must_be_at_work(application.pid, "what is written may be the migration's")?;
    application.run("ROLLBACK")?;
    scene.must_be_orphaned("it has rolled back")?;
    application.run("BEGIN; UPDATE orders SET id = 1")?;
    assert!(application.run("SELECT 1 / 0").is_err());
    scene.must_be_orphaned("its transaction has failed")?;
    application.run("ROLLBACK")?;
    application.run("SET track_activities = off")?;
    let (verdict, outcome, said) = scene.look()?;
    assert_eq!((verdict.as_str(), outcome.as_str()), ("blocking", "skipped"), "{said}");
    let words = format!("track_activities is off for pid {} (role postgres, web)", application.pid);
    assert_eq!(said.matches(&words).count(), 2, "{said}: not {words}");
    Ok(())
}

/// Who asks is not at work for the holder, however he asks.
#[test]
fn who_looks_is_no_excuse() -> Result<()> {
    let mut scene = Scene::new()?;
    let _waiter = scene.world.wait(scene.world.session("deploy")?, LOCK)?;
    scene.world.paste(
        "CREATE FUNCTION stuck() RETURNS text LANGUAGE sql AS
            $$ SELECT verdict FROM advisory_lock_report() WHERE granted $$;
         CREATE FUNCTION unstick() RETURNS text LANGUAGE sql AS
            $$ SELECT outcome FROM advisory_lock_terminate('77433833903597', '0') $$",
    )?;
    for transaction in ["", "BEGIN"] {
        let mut asking = scene.world.session("runbook")?.with("SET pg_flightcheck.orphan_after = 0")?;
        asking.run(transaction)?;
        let verdict: String = asking.client.query_one("SELECT stuck()", &[])?.get(0);
        let outcome: String = asking.client.query_one("SELECT unstick()", &[])?.get(0);
        assert_eq!((verdict.as_str(), outcome.as_str()), ("orphan", "would terminate"));
    }
    Ok(())
}

/// A role that may end a session may not see all that sessions do.
#[test]
fn statements_are_for_those_who_may_see_them() -> Result<()> {
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
