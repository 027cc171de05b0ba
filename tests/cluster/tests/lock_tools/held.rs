//! Tools with an advisory lock: one run holds it, another one meets it, and afterwards it is free.

use crate::fixture::Fixture;
use crate::process::{PATIENCE, ToolProcess};
use crate::tool::{self, Tool};
use anyhow::{Result, ensure};
use cluster::{LockRow, report};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How the second run reacts to the lock.
#[derive(Clone, Copy, Debug)]
enum Second {
    Waits,
    /// Retries pg_try_advisory_lock and sleeps in between.
    Retries,
    /// Ends with this message.
    Refuses(&'static str),
}

/// The expected contents of the reports.
struct Expected {
    key: &'static str,
    /// The tool's name, or a part of `evidence` where the tool cannot be known.
    tool: Result<&'static str, &'static str>,
    scope: &'static str,
    second: Second,
    /// The name and the version that migration_report() shows afterwards.
    clean: Option<(&'static str, &'static str)>,
}

fn check_lock(tool: Tool, expected: &Expected) -> Result<()> {
    check_lock_after(tool, expected, "")
}

fn check_lock_after(tool: Tool, expected: &Expected, setup: &str) -> Result<()> {
    let Some(mut fixture) = Fixture::with(&[tool])? else { return Ok(()) };
    fixture.client.batch_execute(setup)?;
    let mut first = fixture.start(tool)?;
    fixture.wait_at_gate(&mut first)?;
    let rows = fixture.locks()?;
    let [held] = rows.as_slice() else { panic!("expected one lock: {rows:#?}") };
    assert_eq!((held.status.as_str(), held.granted, held.scope.as_str()), ("held", true, expected.scope), "{held:#?}");
    check_name(held, expected);
    let holder = held.pid.expect("a session should hold the lock");

    let mut second = fixture.start(tool)?;
    match expected.second {
        Second::Waits => check_waiter(&mut fixture, holder, &mut second, expected)?,
        Second::Retries => check_retries(&mut fixture, holder, &mut second)?,
        Second::Refuses(words) => second.fail_with(words)?,
    }
    fixture.open_gate()?;
    first.succeed()?;
    if !matches!(expected.second, Second::Refuses(_)) {
        second.succeed()?;
    }
    wait_until_free(&mut fixture)?;
    if let Some((name, version)) = expected.clean {
        let row = fixture.migration(name)?;
        assert_eq!((row.status.as_str(), row.version.as_deref()), ("clean", Some(version)), "{row:#?}");
    }
    report!("{} holds {}; second run: {:?}", tool.name, expected.key, expected.second);
    Ok(())
}

fn check_name(row: &LockRow, expected: &Expected) {
    assert_eq!((row.key.as_str(), row.database.as_deref()), (expected.key, Some(crate::fixture::DATABASE)), "{row:#?}");
    let evidence = row.evidence.as_deref().unwrap_or_default();
    match expected.tool {
        Ok(name) => assert!(row.tool.as_deref() == Some(name) && !evidence.is_empty(), "{row:#?}"),
        Err(words) => assert!(row.tool.is_none() && evidence.contains(words), "{row:#?}"),
    }
}

/// Checks that the second run waits for the first, and that both rows show it.
fn check_waiter(fixture: &mut Fixture, holder: i32, second: &mut ToolProcess, expected: &Expected) -> Result<()> {
    let waiter = fixture.wait_at_lock(second)?;
    let waits = fixture.lock_of(waiter)?;
    assert_eq!(
        (waits.status.as_str(), waits.granted, waits.waits_for()),
        ("waiting", false, &[holder][..]),
        "{waits:#?}"
    );
    check_name(&waits, expected);
    let blocks = fixture.lock_of(holder)?;
    assert_eq!((blocks.status.as_str(), blocks.blocks()), ("blocking", &[waiter][..]), "{blocks:#?}");
    check_name(&blocks, expected);
    Ok(())
}

/// Checks that the second run has tried the lock at least once and that the server has no waiter.
fn check_retries(fixture: &mut Fixture, holder: i32, second: &mut ToolProcess) -> Result<()> {
    let tried = format!(
        "SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT pg_try_advisory_lock%' AND state = 'idle' AND pid <> {holder}"
    );
    fixture.until("a session that has tried the lock", second, &tried)?;
    let rows = fixture.locks()?;
    assert!(rows.len() == 1 && rows[0].status == "held", "{rows:#?}");
    Ok(())
}

/// Waits until no lock is left: sessions end shortly after their programs.
fn wait_until_free(fixture: &mut Fixture) -> Result<()> {
    let began = Instant::now();
    while let rows @ [_, ..] = fixture.locks()?.as_slice() {
        ensure!(began.elapsed() < PATIENCE, "still locked: {rows:#?}");
        sleep(Duration::from_millis(20));
    }
    Ok(())
}

#[test]
fn lock_held_by_sqlx_is_named() -> Result<()> {
    check_lock(
        tool::SQLX,
        &Expected {
            key: "2307577224067799112",
            tool: Ok("sqlx"),
            scope: "session",
            second: Second::Waits,
            clean: Some(("sqlx", "1")),
        },
    )
}

#[test]
fn lock_held_by_node_pg_migrate_is_named() -> Result<()> {
    check_lock(
        tool::NODE_PG_MIGRATE,
        &Expected {
            key: "7241865325823964",
            tool: Ok("node-pg-migrate"),
            scope: "session",
            second: Second::Refuses("Another migration is already running"),
            clean: Some(("node-pg-migrate", "1767225600000_ship")),
        },
    )
}

#[test]
fn lock_held_by_graphile_migrate_is_named() -> Result<()> {
    check_lock(
        tool::GRAPHILE_MIGRATE,
        &Expected {
            key: "4727445306447283",
            tool: Ok("graphile-migrate"),
            scope: "session",
            second: Second::Refuses("Failed to get exclusive lock"),
            clean: Some(("graphile-migrate", "000001.sql")),
        },
    )
}

#[test]
fn lock_held_by_kysely_is_named() -> Result<()> {
    check_lock(
        tool::KYSELY,
        &Expected {
            key: "3853314791062309107",
            tool: Ok("Kysely"),
            scope: "unknown",
            second: Second::Waits,
            clean: Some(("Kysely", "2026_01_01_ship")),
        },
    )
}

#[test]
fn lock_held_by_slonik_migrator_is_named() -> Result<()> {
    check_lock(
        tool::SLONIK,
        &Expected {
            key: "1230759186",
            tool: Ok("@slonik/migrator"),
            scope: "session",
            second: Second::Waits,
            clean: None,
        },
    )
}

#[test]
fn lock_held_by_postgres_migrations_is_named() -> Result<()> {
    check_lock(
        tool::POSTGRES_MIGRATIONS,
        &Expected {
            key: "-8525285245963000605",
            tool: Ok("postgres-migrations"),
            scope: "session",
            second: Second::Retries,
            clean: Some(("postgres-migrations", "ship")),
        },
    )
}

#[test]
fn lock_held_by_prisma_is_named() -> Result<()> {
    check_lock(
        tool::PRISMA,
        &Expected {
            key: "72707369",
            tool: Ok("Prisma Migrate"),
            scope: "session",
            second: Second::Waits,
            clean: Some(("Prisma Migrate", "20260101000000_ship")),
        },
    )
}

#[test]
fn lock_held_by_rails_is_named() -> Result<()> {
    check_lock(
        tool::RAILS,
        &Expected {
            key: "4615154450383096620",
            tool: Ok("Rails (ActiveRecord)"),
            scope: "session",
            second: Second::Refuses("ConcurrentMigrationError"),
            clean: Some(("Rails (ActiveRecord)", "20260101000000")),
        },
    )
}

#[test]
fn lock_held_by_sqitch_is_named() -> Result<()> {
    check_lock(
        tool::SQITCH,
        &Expected {
            key: "75474063",
            tool: Ok("Sqitch"),
            scope: "session",
            second: Second::Waits,
            clean: Some(("Sqitch", "shop.ship")),
        },
    )
}

/// pg-boss generates its migrations itself, so an event trigger stops it at the gate.
#[test]
fn lock_held_by_pg_boss_is_named() -> Result<()> {
    check_lock_after(
        tool::PG_BOSS,
        &Expected {
            key: "-612613158729947910",
            tool: Ok("pg-boss"),
            scope: "transaction",
            second: Second::Waits,
            clean: None,
        },
        "CREATE EVENT TRIGGER gate ON ddl_command_end EXECUTE FUNCTION gate.pass_at_ddl()",
    )
}

// Lock names that an application chose: the database's name is one that can be guessed.

#[test]
fn lock_held_by_django_pglocks_is_named() -> Result<()> {
    check_lock(
        tool::DJANGO_PGLOCKS,
        &Expected {
            key: "-269070142089933067",
            tool: Ok("django-pglocks"),
            scope: "session",
            second: Second::Waits,
            clean: Some(("Django", "shop.0001_ship")),
        },
    )
}

#[test]
fn lock_held_by_django_pglock_is_named() -> Result<()> {
    check_lock(
        tool::DJANGO_PGLOCK,
        &Expected {
            key: "-734631404984187652",
            tool: Ok("django-pglock"),
            scope: "unknown",
            second: Second::Waits,
            clean: Some(("Django", "shop.0001_ship")),
        },
    )
}

#[test]
fn lock_held_by_advisory_lock_is_named() -> Result<()> {
    check_lock(
        tool::ADVISORY_LOCK,
        &Expected {
            key: "554845436,-171044703",
            tool: Ok("advisory-lock (npm)"),
            scope: "session",
            second: Second::Waits,
            clean: None,
        },
    )
}
