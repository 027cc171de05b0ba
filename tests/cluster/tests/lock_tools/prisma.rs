//! Prisma's P1002 (timeout while waiting for the advisory lock) and P3009 (failed migration).

use crate::fixture::{Fixture, MigrationRow};
use crate::tool::PRISMA;
use anyhow::Result;
use cluster::report;
use rustix::process::Signal;
use std::thread::sleep;
use std::time::Duration;

const MIGRATION: &str = "20260101000000_ship";

/// Returns the migration's row, which is reported as failed once it is too old to have just begun.
fn failed_migration(fixture: &mut Fixture) -> Result<MigrationRow> {
    fixture.client.batch_execute("UPDATE _prisma_migrations SET started_at = started_at - interval '1 hour'")?;
    let row = fixture.migration(PRISMA.name)?;
    assert_eq!((row.status.as_str(), row.version.as_deref()), ("failed", Some(MIGRATION)), "{row:#?}");
    Ok(row)
}

/// A container freezes after its migration's last statement. The next deployments fail until the
/// fix of advisory_lock_report() is run.
#[test]
fn prisma_frozen_deployment_is_terminated() -> Result<()> {
    let Some(mut fixture) = Fixture::with(&[PRISMA])? else { return Ok(()) };
    fixture.client.batch_execute("SET pg_flightcheck.orphan_after = '1s'")?;
    let mut frozen = fixture.start(PRISMA)?;
    let holder = fixture.wait_at_gate(&mut frozen)?;
    let row = fixture.migration(PRISMA.name)?;
    assert_eq!((row.status.as_str(), row.version.as_deref()), ("in_progress", Some(MIGRATION)), "{row:#?}");
    frozen.signal(Signal::STOP)?;
    fixture.open_gate()?;

    let mut second = fixture.start(PRISMA)?;
    let waiter = fixture.wait_at_lock(&mut second)?;
    sleep(Duration::from_millis(1100));
    let rows = fixture.locks()?;
    assert_eq!(rows[0].status, "orphan", "{rows:#?}");
    assert_eq!(
        (rows[0].pid, rows[0].tool.as_deref(), rows[0].blocks()),
        (Some(holder), Some(PRISMA.name), &[waiter][..])
    );
    second.fail_with("P1002")?;
    fixture.paste(rows[0].fix.as_deref())?;

    // The session's locks are released, but Prisma's own record says that the migration never
    // finished.
    fixture.start(PRISMA)?.fail_with("P3009")?;
    let row = failed_migration(&mut fixture)?;
    let resolve = format!("prisma migrate resolve --applied {MIGRATION}");
    assert!(row.detail.is_some_and(|detail| detail.contains(&resolve)));
    let direct = format!("{}:5432", fixture.address());
    fixture.start_through(&direct, PRISMA, &["prisma", "migrate", "resolve", "--applied", MIGRATION])?.succeed()?;
    fixture.start(PRISMA)?.succeed()?;
    let row = fixture.migration(PRISMA.name)?;
    assert_eq!((row.status.as_str(), row.version.as_deref()), ("clean", Some(MIGRATION)), "{row:#?}");
    report!("P1002 and P3009: after the reported steps, Prisma works again");
    Ok(())
}

/// The changes of a failed migration are undone by hand; the fix removes the record of the attempt,
/// and the migration runs again.
#[test]
fn prisma_failed_migration_runs_again_after_fix() -> Result<()> {
    let Some(mut fixture) = Fixture::with(&[PRISMA])? else { return Ok(()) };
    let mut failed = fixture.start(PRISMA)?;
    let pid = fixture.wait_at_gate(&mut failed)?;
    fixture.client.execute("SELECT pg_cancel_backend($1)", &[&pid])?;
    failed.fail_with("canceling statement due to user request")?;
    fixture.open_gate()?;
    fixture.start(PRISMA)?.fail_with("P3009")?;
    let row = failed_migration(&mut fixture)?;
    // With an adapter, Prisma runs each statement in a transaction of its own.
    fixture.client.batch_execute("DROP TABLE ship")?;
    fixture.paste(row.fix.as_deref())?;
    fixture.start(PRISMA)?.succeed()?;
    let row = fixture.migration(PRISMA.name)?;
    assert_eq!((row.status.as_str(), row.version.as_deref()), ("clean", Some(MIGRATION)), "{row:#?}");
    report!("a migration that failed runs again after the fix");
    Ok(())
}
