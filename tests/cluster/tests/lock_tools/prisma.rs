//! P1002 at three in the morning, with Prisma itself.

use crate::tool::PRISMA;
use crate::world::{MigrationRow, World};
use anyhow::Result;
use cluster::report;
use rustix::process::Signal;
use std::thread::sleep;
use std::time::Duration;

const MIGRATION: &str = "20260101000000_ship";

/// The migration is reported as failed, once it is too old for a deployment that has just begun.
fn has_failed(world: &mut World) -> Result<MigrationRow> {
    world.client.batch_execute("UPDATE _prisma_migrations SET started_at = started_at - interval '1 hour'")?;
    let row = world.migration(PRISMA.name)?;
    assert_eq!((row.state.as_str(), row.version.as_deref()), ("failed", Some(MIGRATION)), "{row:#?}");
    Ok(row)
}

/// A container is frozen after its migration's last statement; the next deployments fail until somebody asks the report.
#[test]
fn a_frozen_deployment_is_ended() -> Result<()> {
    let Some(mut world) = World::with(&[PRISMA])? else { return Ok(()) };
    world.client.batch_execute("SET pg_flightcheck.orphan_after = '1s'")?;
    let mut frozen = world.start(PRISMA)?;
    let holder = world.at_gate(&mut frozen)?;
    let row = world.migration(PRISMA.name)?;
    assert_eq!((row.state.as_str(), row.version.as_deref()), ("in progress", Some(MIGRATION)), "{row:#?}");
    frozen.signal(Signal::STOP)?;
    world.open_gate()?;

    let mut second = world.start(PRISMA)?;
    let waiter = world.at_lock(&mut second)?;
    sleep(Duration::from_millis(1100));
    let rows = world.locks()?;
    assert_eq!(rows[0].verdict, "orphan", "{rows:#?}");
    assert_eq!(
        (rows[0].pid, rows[0].tool.as_deref(), rows[0].blocks()),
        (Some(holder), Some(PRISMA.name), &[waiter][..])
    );
    second.fail_with("P1002")?;
    world.paste(rows[0].fix.as_deref())?;

    // The session has ended with all that it held, but Prisma's own record says that it never finished.
    world.start(PRISMA)?.fail_with("P3009")?;
    let row = has_failed(&mut world)?;
    let way_out = format!("prisma migrate resolve --applied {MIGRATION}");
    assert!(row.detail.is_some_and(|detail| detail.contains(&way_out)));
    let direct = format!("{}:5432", world.address());
    world.start_through(&direct, PRISMA, &["prisma", "migrate", "resolve", "--applied", MIGRATION])?.succeed()?;
    world.start(PRISMA)?.succeed()?;
    let row = world.migration(PRISMA.name)?;
    assert_eq!((row.state.as_str(), row.version.as_deref()), ("clean", Some(MIGRATION)), "{row:#?}");
    report!("P1002, the report, its fix, P3009, the report, its way out, and Prisma goes on");
    Ok(())
}

/// What a failed migration has done is undone by hand; then the fix takes back that it was tried, and it runs again.
#[test]
fn a_failed_migration_runs_again() -> Result<()> {
    let Some(mut world) = World::with(&[PRISMA])? else { return Ok(()) };
    let mut failed = world.start(PRISMA)?;
    let pid = world.at_gate(&mut failed)?;
    world.client.execute("SELECT pg_cancel_backend($1)", &[&pid])?;
    failed.fail_with("canceling statement due to user request")?;
    world.open_gate()?;
    world.start(PRISMA)?.fail_with("P3009")?;
    let row = has_failed(&mut world)?;
    // With an adapter, Prisma runs one statement after the other.
    world.client.batch_execute("DROP TABLE ship")?;
    world.paste(row.fix.as_deref())?;
    world.start(PRISMA)?.succeed()?;
    let row = world.migration(PRISMA.name)?;
    assert_eq!((row.state.as_str(), row.version.as_deref()), ("clean", Some(MIGRATION)), "{row:#?}");
    report!("a migration that failed runs again after the fix");
    Ok(())
}
