//! What the report offers in `fix` can be pasted unchanged, and then the waiting session gets the
//! lock.

use crate::fixtures::World;
use anyhow::{Context, Result};
use cluster::{LockRow, Server, identifier, report};

const ORPHANS_AT_ONCE: &str = "SET pg_flightcheck.orphan_after = 0";

fn only(rows: Vec<LockRow>, verdict: &str) -> LockRow {
    let found: Vec<_> = rows.iter().filter(|row| row.status == verdict).collect();
    assert_eq!(found.len(), 1, "{rows:#?}");
    found[0].clone()
}

#[test]
fn fix_of_each_verdict_works() -> Result<()> {
    let world = World::new("app", &[])?;
    world.run_cases(&[
        fix_ends_orphan_and_waiter_continues,
        fix_ends_orphan_of_other_database,
        fix_ends_pooler_leak,
        small_key_leak_has_no_fix,
    ])
}

fn fix_ends_orphan_and_waiter_continues(world: &mut World) -> Result<()> {
    for key in ["72707369", "1004, -55", "-9223372036854775808", "-2147483648, 2147483647", "0, 0"] {
        let holder = world.session("gone astray")?.with(&format!("SELECT pg_advisory_lock({key})"))?;
        let bystander = world.session("gone astray")?.with("SELECT pg_advisory_lock(99)")?;
        let waiter = world.wait(world.session("deploy")?, &format!("SELECT pg_advisory_lock({key})"))?;
        world.paste(ORPHANS_AT_ONCE)?;
        let fix = only(world.report()?, "orphan").fix.context("no fix")?;
        world.paste(&fix)?;
        waiter.done()?;
        assert!(!world.is_there(holder.pid)? && world.is_there(bystander.pid)?, "{fix}");
    }
    Ok(())
}

/// The fix states how long the session must have been idle: a session that has become active by
/// then is not ended.
#[test]
fn fix_skips_holder_that_became_active() -> Result<()> {
    let mut world = World::new("app", &[])?;
    let mut holder = world.session("slow")?.with("SELECT pg_advisory_lock(1)")?;
    let waiter = world.wait(world.session("deploy")?, "SELECT pg_advisory_lock(1)")?;
    world.paste("SET pg_flightcheck.orphan_after = '3s'")?;
    std::thread::sleep(std::time::Duration::from_millis(3100));
    let fix = only(world.report()?, "orphan").fix.context("no fix")?;
    holder.run("SELECT 'alive after all'")?;
    world.paste(&fix)?;
    assert!(world.is_there(holder.pid)? && waiter.is_busy(), "{fix}");
    // It releases the lock: no session is left to end, which is not an error.
    holder.run("SELECT pg_advisory_unlock(1)")?;
    let mut successor = waiter.done()?;
    world.paste(&fix)?;
    assert!(world.is_there(successor.pid)?);
    successor.run("SELECT pg_advisory_unlock(1)")?;
    world.notices.take();
    world.paste(&fix)?;
    let said = world.notices.take();
    assert!(said.len() == 1 && said[0].message().contains("no session holds advisory lock 1"), "{said:?}");
    Ok(())
}

fn fix_ends_orphan_of_other_database(world: &mut World) -> Result<()> {
    for name in ["other", r#"O'Brien's "own" @ Ünïcode\"#, "1@2", " "] {
        world.server.connect("postgres")?.batch_execute(&format!("CREATE DATABASE {}", identifier(name)))?;
        let holder = world.session_in(name, "gone astray")?.with("SELECT pg_advisory_lock(5)")?;
        let waiter = world.wait(world.session_in(name, "deploy")?, "SELECT pg_advisory_lock(5)")?;
        // The same number in this database is another lock.
        let here = world.session("here")?.with("SELECT pg_advisory_lock(5)")?;
        world.paste(ORPHANS_AT_ONCE)?;
        let row = only(world.report()?, "orphan");
        assert_eq!((row.database.as_deref(), row.pid), (Some(name), Some(holder.pid)), "{row:?}");
        world.paste(&row.fix.context("no fix")?)?;
        waiter.done()?;
        assert!(world.is_there(here.pid)?, "the same number in database {:?}", world.database);
    }
    Ok(())
}

#[test]
fn fix_works_with_any_search_path_and_extension_schema() -> Result<()> {
    let server = Server::start(&[])?;
    server.connect("postgres")?.batch_execute("CREATE DATABASE app")?;
    let mut admin = server.connect("app")?;
    let schema = identifier("Flight; check — é");
    admin.batch_execute(&format!(
        "CREATE SCHEMA {schema}; CREATE EXTENSION pg_flightcheck SCHEMA {schema};
         -- Another function of the same name, which an unqualified name would find.
         CREATE FUNCTION advisory_lock_terminate(text, interval DEFAULT '1 minute', dry_run boolean DEFAULT true)
         RETURNS SETOF text LANGUAGE sql AS $$ SELECT 'not me' $$"
    ))?;
    let mut world = World::of(server, "app")?;
    for path in ["''", "public", "pg_temp, public, pg_catalog"] {
        let _holder = world.session("gone astray")?.with("SELECT pg_advisory_lock(72707369)")?;
        let waiter = world.wait(world.session("deploy")?, "SELECT pg_advisory_lock(72707369)")?;
        world.paste(&format!("{ORPHANS_AT_ONCE}; SET search_path = {schema}"))?;
        let fix = only(world.report()?, "orphan").fix.context("no fix")?;
        world.paste(&format!("SET search_path = {path}"))?;
        world.paste(&fix)?;
        waiter.done()?;
    }
    Ok(())
}

/// A connection that a pooler in transaction mode has given to another client: the lock is the
/// first client's, the last statement is the second one's.
fn fix_ends_pooler_leak(world: &mut World) -> Result<()> {
    world.paste("CREATE TABLE orders (id int)")?;
    // Another connection of the pool.
    let _other = world.session("web")?;
    let mut pooled = world.session("web")?.with("SELECT pg_advisory_lock(72707369)")?;
    let row = world.row("72707369", pooled.pid)?;
    assert_eq!(row.status, "held", "its last statement may be the migration's: {row:?}");
    pooled.run("SELECT count(*) FROM orders WHERE id > 0")?;
    let waiter = world.wait(world.session("deploy")?, "SELECT pg_advisory_lock(72707369)")?;
    let row = world.row("72707369", pooled.pid)?;
    assert_eq!((row.status.as_str(), row.scope.as_str()), ("pooler_leak", "session"), "{row:?}");
    assert!(row.detail().contains("Prisma Migrate"), "{row:?}");
    // For a key of no known tool, the same proves nothing.
    pooled.run("SELECT pg_advisory_lock(4711)")?;
    pooled.run("SELECT count(*) FROM orders WHERE id > 0")?;
    assert_eq!(world.row("4711", pooled.pid)?.status, "held");
    // A pooled connection serves clients all the time, so it is never idle for long.
    let fix = row.fix.context("no fix")?;
    world.paste(&fix)?;
    waiter.done()?;
    report!("a pooler's leak: {fix}");
    Ok(())
}

/// Airflow's key 1: with its tables here it is attributed to Airflow, but other programs use such
/// tables and numbers too, so there is no fix.
fn small_key_leak_has_no_fix(world: &mut World) -> Result<()> {
    let _other = world.session("web")?;
    let mut pooled = world.session("web")?.with("SELECT pg_advisory_lock(1)")?;
    pooled.run("SELECT count(*) FROM orders")?;
    let row = world.row("1", pooled.pid)?;
    assert_eq!((row.status.as_str(), row.tool.as_deref()), ("held", None), "not attributed: {row:?}");
    world.paste(
        "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY); CREATE TABLE dag (); CREATE TABLE task_instance ()",
    )?;
    let _waiter = world.wait(world.session("airflow db migrate")?, "SELECT pg_advisory_lock(1)")?;
    for (statement, verdict) in
        [("SELECT count(*) FROM orders", "pooler_leak"), ("UPDATE orders SET id = 1", "blocking")]
    {
        pooled.run(statement)?;
        let row = world.row("1", pooled.pid)?;
        assert_eq!((row.status.as_str(), &row.fix), (verdict, &None), "{row:?}");
        assert!(row.detail().contains("the lock has leaked, and this ends the session: SELECT * FROM "), "{row:?}");
        // A pool in use is never idle for that long.
        assert!(!row.detail().contains("orphan"), "{row:?}");
    }
    world.paste("DROP TABLE alembic_version, dag, task_instance")?;
    Ok(())
}
