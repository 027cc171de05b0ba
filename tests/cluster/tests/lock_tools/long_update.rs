//! Tools in the middle of a long UPDATE, and killed in it: no function offers to release the lock
//! while the UPDATE runs, even if the lock is old. The fix that is offered afterwards lets the tool
//! continue, and no row is updated twice.

use crate::fixture::Fixture;
use crate::tool::{self, Tool};
use anyhow::{Context, Result, ensure};
use cluster::{lock_terminate, report};
use rustix::process::Signal;
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

/// Tools that send their script as one statement.
const SCRIPTS: [&str; 1] = ["node-pg-migrate"];

const UPDATE: &str = "UPDATE shop.stock SET sold = sold + 1 WHERE length(gate.pass()::text) = 0";

/// The rows that a killed tool leaves in its tables.
enum Left {
    /// A row that a fix removes: the lock, or the record of the attempt.
    Fix,
    /// Nothing: its transaction is rolled back.
    Nothing,
}

fn check_long_update(tool: Tool, age: Option<&str>, left: &Left) -> Result<()> {
    let Some(mut fixture) = Fixture::with(&[tool])? else { return Ok(()) };
    // In a schema of its own, since Prisma refuses a schema that has tables.
    fixture.client.batch_execute(
        "CREATE SCHEMA shop; CREATE TABLE shop.stock AS SELECT id, 0 AS sold FROM generate_series(1, 10) id;
         SET pg_flightcheck.orphan_after = 0",
    )?;
    backfill(&fixture.project(tool)?)?;
    let mut process = fixture.start(tool)?;
    let pid = fixture.wait_at_gate(&mut process)?;
    if let Some(age) = age {
        fixture.client.batch_execute(age)?;
    }
    check_no_fix(&mut fixture, tool, pid)?;
    assert_eq!(sold(&mut fixture)?, 0, "the UPDATE should still be running");

    process.signal(Signal::KILL)?;
    process.end()?;
    // The server would notice only at the end of the statement.
    fixture.client.batch_execute(
        "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
    )?;
    fixture.client.batch_execute("DROP TABLE IF EXISTS public.ship")?;
    fixture.open_gate()?;
    if let Left::Fix = left {
        let row = fixture.migration(tool.name)?;
        assert!(row.detail.as_ref().is_some_and(|detail| !detail.contains("at work")), "{row:#?}");
        fixture.paste(row.fix.as_deref()).with_context(|| format!("{row:#?}"))?;
    }
    fixture.start(tool)?.succeed()?;
    let row = fixture.migration(tool.name)?;
    assert!(row.status == "clean" && row.version.is_some(), "{row:#?}");
    assert_eq!(sold(&mut fixture)?, 1, "{}: the UPDATE should have run once", tool.name);
    report!("{}: no fix in the middle of its UPDATE; works again after a kill", tool.name);
    Ok(())
}

/// Checks that no function offers a fix while the UPDATE runs, and that each lock's row names its
/// session.
fn check_no_fix(fixture: &mut Fixture, tool: Tool, pid: i32) -> Result<()> {
    // A session that only holds the lock has been idle for a moment by now.
    sleep(Duration::from_millis(100));
    let statement = if SCRIPTS.contains(&tool.name) { "CREATE TABLE ship" } else { "UPDATE shop.stock SET sold" };
    let words = [format!("pid {pid} (role postgres, "), format!(" is at work: {statement}")];
    let locks = fixture.locks()?;
    for lock in &locks {
        assert!(lock.fix.is_none() && matches!(lock.status.as_str(), "held" | "blocking"), "{lock:#?}");
        assert!(words.iter().all(|words| lock.detail().contains(words)), "does not say {words:?}: {lock:#?}");
        let ended = lock_terminate(&mut fixture.client, &format!("'{}', '0', dry_run => false", lock.key))?;
        assert!(ended.iter().all(|row| row.outcome == "skipped"), "{ended:#?}");
    }
    for row in fixture.migrations()? {
        assert_eq!((row.tool.as_str(), &row.fix), (tool.name, &None), "{row:#?}");
        let detail = row.detail.as_deref().unwrap_or_default();
        let is_unlocked = row.status == "clean" && locks.is_empty();
        assert!(is_unlocked || words.iter().all(|words| detail.contains(words)), "does not say {words:?}: {row:#?}");
    }
    let fixes =
        "SELECT count(*) FROM flightcheck() WHERE fix IS NOT NULL AND check_name ~ '^(advisory_lock|migration)'";
    ensure!(fixture.client.query_one(fixes, &[])?.get::<_, i64>(0) == 0, "flightcheck offers a fix");
    Ok(())
}

/// Returns how often each row has been updated, which must be the same for all rows.
fn sold(fixture: &mut Fixture) -> Result<i32> {
    let row = fixture.client.query_one("SELECT min(sold), max(sold) FROM shop.stock", &[])?;
    ensure!(row.get::<_, i32>(0) == row.get::<_, i32>(1), "only a part of the rows is updated");
    Ok(row.get(0))
}

/// Makes the project's migration wait in the middle of an UPDATE.
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
fn long_update_of_liquibase_offers_no_fix() -> Result<()> {
    let age = "UPDATE databasechangeloglock SET lockgranted = lockgranted - interval '3 days'";
    check_long_update(tool::LIQUIBASE, Some(age), &Left::Fix)
}

/// Knex runs this migration outside a transaction.
#[test]
fn long_update_of_knex_offers_no_fix() -> Result<()> {
    check_long_update(tool::KNEX, None, &Left::Fix)
}

#[test]
fn long_update_of_yoyo_offers_no_fix() -> Result<()> {
    check_long_update(tool::YOYO, Some("UPDATE yoyo_lock SET ctime = ctime - interval '3 days'"), &Left::Fix)
}

#[test]
fn long_update_of_prisma_offers_no_fix() -> Result<()> {
    let age = "UPDATE _prisma_migrations SET started_at = started_at - interval '3 days'";
    check_long_update(tool::PRISMA, Some(age), &Left::Fix)
}

#[test]
fn long_update_of_node_pg_migrate_offers_no_fix() -> Result<()> {
    check_long_update(tool::NODE_PG_MIGRATE, None, &Left::Nothing)
}

#[test]
fn long_update_of_sqitch_offers_no_fix() -> Result<()> {
    check_long_update(tool::SQITCH, None, &Left::Nothing)
}

#[test]
fn long_update_of_django_offers_no_fix() -> Result<()> {
    check_long_update(tool::DJANGO, None, &Left::Nothing)
}

#[test]
fn long_update_of_alembic_offers_no_fix() -> Result<()> {
    check_long_update(tool::ALEMBIC, None, &Left::Nothing)
}

#[test]
fn long_update_of_typeorm_offers_no_fix() -> Result<()> {
    check_long_update(tool::TYPEORM, None, &Left::Nothing)
}

#[test]
fn long_update_of_mikro_orm_offers_no_fix() -> Result<()> {
    check_long_update(tool::MIKRO_ORM, None, &Left::Nothing)
}

#[test]
fn long_update_of_drizzle_offers_no_fix() -> Result<()> {
    check_long_update(tool::DRIZZLE, None, &Left::Nothing)
}

/// Liquibase records when it took the lock by its host's clock, without a time zone. A lock that
/// seems to be five and a half hours in the future counts as young, and its age is not reported.
#[test]
fn liquibase_lock_time_of_another_time_zone_is_young() -> Result<()> {
    let Some(mut fixture) = Fixture::with(&[tool::LIQUIBASE, tool::LIQUIBASE_IN_KOLKATA])? else { return Ok(()) };
    let mut process = fixture.start(tool::LIQUIBASE_IN_KOLKATA)?;
    let pid = fixture.wait_at_gate(&mut process)?;
    process.signal(Signal::KILL)?;
    process.end()?;
    fixture.client.execute("SELECT pg_terminate_backend($1, 60000)", &[&pid])?;
    let ahead = "SELECT lockgranted - (now() AT TIME ZONE 'UTC') > interval '5 h' FROM databasechangeloglock";
    assert!(fixture.client.query_one(ahead, &[])?.get::<_, bool>(0), "the lock's time should be in another time zone");
    let row = fixture.migration(tool::LIQUIBASE.name)?;
    let detail = row.detail.as_deref().unwrap_or_default();
    assert!(row.status == "locked" && row.fix.is_none() && detail.contains("recent enough"), "{row:#?}");
    assert!(!detail.contains(" ago"), "{row:#?}");
    fixture.client.batch_execute("UPDATE databasechangeloglock SET lockgranted = lockgranted - interval '3 days'")?;
    let row = fixture.migration(tool::LIQUIBASE.name)?;
    assert!(!row.detail.as_deref().unwrap_or_default().contains(" ago"), "{row:#?}");
    // Another run has taken the lock before the fix is pasted.
    fixture.client.batch_execute("UPDATE databasechangeloglock SET lockgranted = lockgranted - interval '1 s'")?;
    fixture.paste(row.fix.as_deref())?;
    let row = fixture.migration(tool::LIQUIBASE.name)?;
    assert_eq!(row.status, "locked", "the fix of an earlier lock must not release it: {row:#?}");
    fixture.paste(row.fix.as_deref())?;
    assert_eq!(fixture.migration(tool::LIQUIBASE.name)?.status, "clean");
    Ok(())
}
