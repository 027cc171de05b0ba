//! Tools with an advisory lock: held by one run, met by another, free afterwards.

use crate::run::{PATIENCE, Run};
use crate::tool::{self, Tool};
use crate::world::World;
use anyhow::{Result, ensure};
use cluster::{LockRow, report};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What the second run does.
#[derive(Clone, Copy, Debug)]
enum Second {
    Waits,
    /// Asks again and again, and waits on its own account.
    Asks,
    /// Ends with these words.
    Refuses(&'static str),
}

/// What the reports have to say.
struct Expected {
    key: &'static str,
    /// The name; what cannot be known is None, and `evidence` says this.
    tool: Result<&'static str, &'static str>,
    scope: &'static str,
    second: Second,
    /// The version of the tool of that name afterwards.
    clean: Option<(&'static str, &'static str)>,
}

fn tell(tool: Tool, expected: &Expected) -> Result<()> {
    tell_in(tool, expected, "")
}

fn tell_in(tool: Tool, expected: &Expected, setup: &str) -> Result<()> {
    let Some(mut world) = World::with(&[tool])? else { return Ok(()) };
    world.client.batch_execute(setup)?;
    let mut first = world.start(tool)?;
    world.at_gate(&mut first)?;
    let rows = world.locks()?;
    let [held] = rows.as_slice() else { panic!("not one lock: {rows:#?}") };
    assert_eq!((held.verdict.as_str(), held.granted, held.scope.as_str()), ("held", true, expected.scope), "{held:#?}");
    is_named(held, expected);
    let holder = held.pid.expect("a session holds it");

    let mut second = world.start(tool)?;
    match expected.second {
        Second::Waits => meet(&mut world, holder, &mut second, expected)?,
        Second::Asks => asks(&mut world, holder, &mut second)?,
        Second::Refuses(words) => second.fail_with(words)?,
    }
    world.open_gate()?;
    first.succeed()?;
    if !matches!(expected.second, Second::Refuses(_)) {
        second.succeed()?;
    }
    is_free(&mut world)?;
    if let Some((name, version)) = expected.clean {
        let row = world.migration(name)?;
        assert_eq!((row.state.as_str(), row.version.as_deref()), ("clean", Some(version)), "{row:#?}");
    }
    report!("{} holds {}, and its second run {:?}", tool.name, expected.key, expected.second);
    Ok(())
}

fn is_named(row: &LockRow, expected: &Expected) {
    assert_eq!((row.key.as_str(), row.database.as_deref()), (expected.key, Some(crate::world::DATABASE)), "{row:#?}");
    let evidence = row.evidence.as_deref().unwrap_or_default();
    match expected.tool {
        Ok(name) => assert!(row.tool.as_deref() == Some(name) && !evidence.is_empty(), "{row:#?}"),
        Err(words) => assert!(row.tool.is_none() && evidence.contains(words), "{row:#?}"),
    }
}

/// The second run waits for the first, and both rows say so.
fn meet(world: &mut World, holder: i32, second: &mut Run, expected: &Expected) -> Result<()> {
    let waiter = world.at_lock(second)?;
    let waits = world.lock_of(waiter)?;
    assert_eq!(
        (waits.verdict.as_str(), waits.granted, waits.waits_for()),
        ("waiting", false, &[holder][..]),
        "{waits:#?}"
    );
    is_named(&waits, expected);
    let blocks = world.lock_of(holder)?;
    assert_eq!((blocks.verdict.as_str(), blocks.blocks()), ("blocking", &[waiter][..]), "{blocks:#?}");
    is_named(&blocks, expected);
    Ok(())
}

/// The second run has asked at least once, and the server knows of no waiter.
fn asks(world: &mut World, holder: i32, second: &mut Run) -> Result<()> {
    let asked = format!(
        "SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT pg_try_advisory_lock%' AND state = 'idle' AND pid <> {holder}"
    );
    world.until("a session that has asked", second, &asked)?;
    let rows = world.locks()?;
    assert!(rows.len() == 1 && rows[0].verdict == "held", "{rows:#?}");
    Ok(())
}

/// Sessions end soon after their programs.
fn is_free(world: &mut World) -> Result<()> {
    let began = Instant::now();
    while let rows @ [_, ..] = world.locks()?.as_slice() {
        ensure!(began.elapsed() < PATIENCE, "still locked: {rows:#?}");
        sleep(Duration::from_millis(20));
    }
    Ok(())
}

#[test]
fn sqlx() -> Result<()> {
    tell(
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
fn node_pg_migrate() -> Result<()> {
    tell(
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
fn graphile_migrate() -> Result<()> {
    tell(
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
fn kysely() -> Result<()> {
    tell(
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
fn slonik_migrator() -> Result<()> {
    tell(
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
fn postgres_migrations() -> Result<()> {
    tell(
        tool::POSTGRES_MIGRATIONS,
        &Expected {
            key: "-8525285245963000605",
            tool: Ok("postgres-migrations"),
            scope: "session",
            second: Second::Asks,
            clean: Some(("postgres-migrations", "ship")),
        },
    )
}

#[test]
fn prisma() -> Result<()> {
    tell(
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
fn rails() -> Result<()> {
    tell(
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
fn sqitch() -> Result<()> {
    tell(
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

/// pg-boss writes its migrations itself, so a trigger holds it up.
#[test]
fn pg_boss() -> Result<()> {
    tell_in(
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

// Names that an application chose: the database's is one that can be guessed.

#[test]
fn django_pglocks() -> Result<()> {
    tell(
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
fn django_pglock() -> Result<()> {
    tell(
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
fn advisory_lock() -> Result<()> {
    tell(
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
