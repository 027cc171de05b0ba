//! Tools that hold their lock on one connection and migrate on another: the lock's is idle all the while, and no orphan.

use crate::tool::{self, Tool};
use crate::world::World;
use anyhow::Result;
use cluster::{lock_terminate, report};
use std::thread::sleep;
use std::time::Duration;

const ORPHAN_AFTER: Duration = Duration::from_millis(500);

/// A migration that takes longer than `pg_flightcheck.orphan_after`, with the next deployment waiting.
fn is_left_alone(tool: Tool) -> Result<()> {
    let Some(mut world) = World::with(&[tool])? else { return Ok(()) };
    world.client.batch_execute(&format!("SET pg_flightcheck.orphan_after = '{}ms'", ORPHAN_AFTER.as_millis()))?;
    let mut first = world.start(tool)?;
    let migrates = world.at_gate(&mut first)?;
    let mut second = world.start(tool)?;
    let waiter = world.at_lock(&mut second)?;
    sleep(ORPHAN_AFTER + Duration::from_millis(100));

    let holder = world.lock_of(waiter)?.waits_for()[0];
    assert_ne!(holder, migrates, "lock and migration share a connection");
    let row = world.lock_of(holder)?;
    assert_eq!((row.verdict.as_str(), row.fix.as_deref()), ("blocking", None), "{row:#?}");
    // Who looks at nothing else than the holder takes it for an orphan.
    let idle_for = row.since.expect("a session has a state since").elapsed()?;
    assert!(
        row.state.as_deref().is_some_and(|state| state.starts_with("idle")) && idle_for >= ORPHAN_AFTER,
        "{row:#?}"
    );
    assert!(row.detail().contains(&migrates.to_string()), "does not say who is at work: {row:#?}");
    let call = format!("'{}', min_idle => '500 ms', dry_run => false", row.key);
    let ended = lock_terminate(&mut world.client, &call)?;
    assert!(ended.iter().all(|row| row.outcome == "skipped"), "{ended:#?}");

    world.open_gate()?;
    first.succeed()?;
    second.succeed()?;
    report!("{}: idle is the lock's connection, not the migration's", tool.name);
    Ok(())
}

#[test]
fn slonik_migrator() -> Result<()> {
    is_left_alone(tool::SLONIK)
}

#[test]
fn sqitch() -> Result<()> {
    is_left_alone(tool::SQITCH)
}
