//! Tools that hold their lock on one connection and migrate on another: the first is idle all the
//! time, and yet not an orphan.

use crate::fixture::Fixture;
use crate::tool::{self, Tool};
use anyhow::Result;
use cluster::{lock_terminate, report};
use std::thread::sleep;
use std::time::Duration;

const ORPHAN_AFTER: Duration = Duration::from_millis(500);

/// Checks a migration that takes longer than `pg_flightcheck.orphan_after`, while the next
/// deployment waits.
fn check_not_orphan(tool: Tool) -> Result<()> {
    let Some(mut fixture) = Fixture::with(&[tool])? else { return Ok(()) };
    fixture.client.batch_execute(&format!("SET pg_flightcheck.orphan_after = '{}ms'", ORPHAN_AFTER.as_millis()))?;
    let mut first = fixture.start(tool)?;
    let migration_pid = fixture.wait_at_gate(&mut first)?;
    let mut second = fixture.start(tool)?;
    let waiter = fixture.wait_at_lock(&mut second)?;
    sleep(ORPHAN_AFTER + Duration::from_millis(100));

    let holder = fixture.lock_of(waiter)?.waits_for()[0];
    assert_ne!(holder, migration_pid, "lock and migration should not share a connection");
    let row = fixture.lock_of(holder)?;
    assert_eq!((row.status.as_str(), row.fix.as_deref()), ("blocking", None), "{row:#?}");
    // Judged only by the holder's state, it would be an orphan.
    let idle_for = row.since.expect("a session should have a time of its last state change").elapsed()?;
    assert!(
        row.state.as_deref().is_some_and(|state| state.starts_with("idle")) && idle_for >= ORPHAN_AFTER,
        "{row:#?}"
    );
    assert!(row.detail().contains(&migration_pid.to_string()), "does not name the session at work: {row:#?}");
    let call = format!("'{}', min_idle => '500 ms', dry_run => false", row.key);
    let ended = lock_terminate(&mut fixture.client, &call)?;
    assert!(ended.iter().all(|row| row.outcome == "skipped"), "{ended:#?}");

    fixture.open_gate()?;
    first.succeed()?;
    second.succeed()?;
    report!("{}: the lock's connection is idle, the migration's is at work", tool.name);
    Ok(())
}

#[test]
fn idle_lock_connection_of_slonik_migrator_is_not_an_orphan() -> Result<()> {
    check_not_orphan(tool::SLONIK)
}

#[test]
fn idle_lock_connection_of_sqitch_is_not_an_orphan() -> Result<()> {
    check_not_orphan(tool::SQITCH)
}
