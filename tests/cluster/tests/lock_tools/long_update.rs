//! Tools in the middle of a long UPDATE, and killed in it: no function offers to free the lock while the UPDATE runs, even if the
//! lock is old; what is offered afterwards lets the tool go on, and no row has been changed twice.

use crate::tool::{self, Tool};
use crate::world::World;
use anyhow::{Context, Result, ensure};
use cluster::{lock_terminate, report};
use rustix::process::Signal;
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

/// Tools that send their script as one.
const SCRIPTS: [&str; 1] = ["node-pg-migrate"];

const UPDATE: &str = "UPDATE shop.stock SET sold = sold + 1 WHERE length(gate.pass()::text) = 0";

/// What becomes of a tool's tables when it is killed.
enum Left {
    /// A fix frees the lock, or takes back that the migration was tried.
    Fix,
    /// Nothing: the transaction is rolled back.
    Nothing,
}

fn is_left_alone(tool: Tool, age: Option<&str>, left: &Left) -> Result<()> {
    let Some(mut world) = World::with(&[tool])? else { return Ok(()) };
    // In a schema of its own, since Prisma refuses one that has tables.
    world.client.batch_execute(
        "CREATE SCHEMA shop; CREATE TABLE shop.stock AS SELECT id, 0 AS sold FROM generate_series(1, 10) id;
         SET pg_flightcheck.orphan_after = 0",
    )?;
    backfill(&world.project(tool)?)?;
    let mut run = world.start(tool)?;
    let pid = world.at_gate(&mut run)?;
    if let Some(age) = age {
        world.client.batch_execute(age)?;
    }
    nothing_is_offered(&mut world, tool, pid)?;
    assert_eq!(sold(&mut world)?, 0, "the UPDATE has not come to its end");

    run.signal(Signal::KILL)?;
    run.end()?;
    // The server would notice at the end of the statement.
    world.client.batch_execute(
        "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
    )?;
    world.client.batch_execute("DROP TABLE IF EXISTS public.ship")?;
    world.open_gate()?;
    if let Left::Fix = left {
        let row = world.migration(tool.name)?;
        assert!(row.detail.as_ref().is_some_and(|detail| !detail.contains("at work")), "{row:#?}");
        world.paste(row.fix.as_deref()).with_context(|| format!("{row:#?}"))?;
    }
    world.start(tool)?.succeed()?;
    let row = world.migration(tool.name)?;
    assert!(row.state == "clean" && row.version.is_some(), "{row:#?}");
    assert_eq!(sold(&mut world)?, 1, "{}: the UPDATE has run once", tool.name);
    report!("{}: nothing is offered in the middle of its UPDATE, and killed it goes on", tool.name);
    Ok(())
}

/// While the UPDATE runs: no fix in any function, and each row about a lock names its session.
fn nothing_is_offered(world: &mut World, tool: Tool, pid: i32) -> Result<()> {
    // A session that only holds the lock has been idle for a moment by now.
    sleep(Duration::from_millis(100));
    let statement = if SCRIPTS.contains(&tool.name) { "CREATE TABLE ship" } else { "UPDATE shop.stock SET sold" };
    let words = [format!("pid {pid} (role postgres, "), format!(" is at work: {statement}")];
    let locks = world.locks()?;
    for lock in &locks {
        assert!(lock.fix.is_none() && matches!(lock.verdict.as_str(), "held" | "blocking"), "{lock:#?}");
        assert!(words.iter().all(|words| lock.detail().contains(words)), "does not say {words:?}: {lock:#?}");
        let ended = lock_terminate(&mut world.client, &format!("'{}', '0', dry_run => false", lock.key))?;
        assert!(ended.iter().all(|row| row.outcome == "skipped"), "{ended:#?}");
    }
    for row in world.migrations()? {
        assert_eq!((row.tool.as_str(), &row.fix), (tool.name, &None), "{row:#?}");
        let detail = row.detail.as_deref().unwrap_or_default();
        let is_quiet = row.state == "clean" && locks.is_empty();
        assert!(is_quiet || words.iter().all(|words| detail.contains(words)), "does not say {words:?}: {row:#?}");
    }
    let fixes =
        "SELECT count(*) FROM flightcheck() WHERE fix IS NOT NULL AND check_name ~ '^(advisory_lock|migration)'";
    ensure!(world.client.query_one(fixes, &[])?.get::<_, i64>(0) == 0, "flightcheck offers a fix");
    Ok(())
}

/// How often each row has been changed, which has to be the same for all.
fn sold(world: &mut World) -> Result<i32> {
    let row = world.client.query_one("SELECT min(sold), max(sold) FROM shop.stock", &[])?;
    ensure!(row.get::<_, i32>(0) == row.get::<_, i32>(1), "changed in part");
    Ok(row.get(0))
}

/// Has the project's migration wait in the middle of an UPDATE.
fn backfill(project: &Path) -> Result<()> {
    for entry in fs::read_dir(project)? {
        let path = entry?.path();
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            backfill(&path)?;
        } else if let Ok(text) = fs::read_to_string(&path) {
            fs::write(&path, text.replace("SELECT gate.pass()", UPDATE))?;
        }
    }
    Ok(())
}

#[test]
fn liquibase() -> Result<()> {
    // By the clock of its host, days ago.
    let age = "UPDATE databasechangeloglock SET lockgranted = lockgranted - interval '3 days'";
    is_left_alone(tool::LIQUIBASE, Some(age), &Left::Fix)
}

/// Outside a transaction.
#[test]
fn knex() -> Result<()> {
    is_left_alone(tool::KNEX, None, &Left::Fix)
}

#[test]
fn yoyo() -> Result<()> {
    is_left_alone(tool::YOYO, Some("UPDATE yoyo_lock SET ctime = ctime - interval '3 days'"), &Left::Fix)
}

#[test]
fn prisma() -> Result<()> {
    let age = "UPDATE _prisma_migrations SET started_at = started_at - interval '3 days'";
    is_left_alone(tool::PRISMA, Some(age), &Left::Fix)
}

#[test]
fn node_pg_migrate() -> Result<()> {
    is_left_alone(tool::NODE_PG_MIGRATE, None, &Left::Nothing)
}

#[test]
fn sqitch() -> Result<()> {
    is_left_alone(tool::SQITCH, None, &Left::Nothing)
}

#[test]
fn django() -> Result<()> {
    is_left_alone(tool::DJANGO, None, &Left::Nothing)
}

#[test]
fn alembic() -> Result<()> {
    is_left_alone(tool::ALEMBIC, None, &Left::Nothing)
}

#[test]
fn typeorm() -> Result<()> {
    is_left_alone(tool::TYPEORM, None, &Left::Nothing)
}

#[test]
fn mikro_orm() -> Result<()> {
    is_left_alone(tool::MIKRO_ORM, None, &Left::Nothing)
}

#[test]
fn drizzle() -> Result<()> {
    is_left_alone(tool::DRIZZLE, None, &Left::Nothing)
}

/// Liquibase writes when it took the lock by the clock of its host, without a time zone: five and a half hours ahead, it is young
/// all the same, and nothing is said of its age.
#[test]
fn a_lock_by_another_clock_is_young() -> Result<()> {
    let Some(mut world) = World::with(&[tool::LIQUIBASE, tool::LIQUIBASE_IN_KOLKATA])? else { return Ok(()) };
    let mut run = world.start(tool::LIQUIBASE_IN_KOLKATA)?;
    let pid = world.at_gate(&mut run)?;
    run.signal(Signal::KILL)?;
    run.end()?;
    world.client.execute("SELECT pg_terminate_backend($1, 60000)", &[&pid])?;
    let ahead = "SELECT lockgranted - (now() AT TIME ZONE 'UTC') > interval '5 h' FROM databasechangeloglock";
    assert!(world.client.query_one(ahead, &[])?.get::<_, bool>(0), "its clock is not another");
    let row = world.migration(tool::LIQUIBASE.name)?;
    let detail = row.detail.as_deref().unwrap_or_default();
    assert!(row.state == "locked" && row.fix.is_none() && detail.contains("so young"), "{row:#?}");
    assert!(!detail.contains(" ago"), "{row:#?}");
    world.client.batch_execute("UPDATE databasechangeloglock SET lockgranted = lockgranted - interval '3 days'")?;
    let row = world.migration(tool::LIQUIBASE.name)?;
    assert!(!row.detail.as_deref().unwrap_or_default().contains(" ago"), "{row:#?}");
    // Another run has taken the lock by the time that the fix is pasted.
    world.client.batch_execute("UPDATE databasechangeloglock SET lockgranted = lockgranted - interval '1 s'")?;
    world.paste(row.fix.as_deref())?;
    let row = world.migration(tool::LIQUIBASE.name)?;
    assert_eq!(row.state, "locked", "the fix of an earlier lock: {row:#?}");
    world.paste(row.fix.as_deref())?;
    assert_eq!(world.migration(tool::LIQUIBASE.name)?.state, "clean");
    Ok(())
}
