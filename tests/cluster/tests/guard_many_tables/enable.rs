//! seq_guard_enable() and seq_guard_disable(): at most as many tables as fit into half of the lock
//! table.

use crate::fixtures::{Scene, rows};
use anyhow::{Result, ensure};
use cluster::report;

/// Checks that another session can still lock a third of the table while the caller's transaction
/// is open.
fn assert_room_for_others(scene: &Scene) -> Result<()> {
    let mut other = scene.client()?;
    let mut transaction = other.transaction()?;
    for number in 1..=scene.slots()? / 3 {
        // A lock that does not use the fast path and blocks no session.
        transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&number])?;
    }
    Ok(())
}

#[test]
fn enable_leaves_half_of_lock_table() -> Result<()> {
    let scene = Scene::start()?;
    let (slots, tables) = (scene.slots()?, scene.tables);
    let mut client = scene.client()?;
    for (call, aim, done) in [("seq_guard_enable()", tables, "armed"), ("seq_guard_disable('public')", 0, "disarmed")] {
        let mut calls = 0;
        while scene.armed()? != aim {
            calls += 1;
            ensure!(calls < 50, "{call} does not end: {} tables are armed", scene.armed()?);
            let mut transaction = client.transaction()?;
            let detail = transaction
                .query_one(&format!("SELECT string_agg(detail, ' ') FROM {call} WHERE table_name IS NULL"), &[])?;
            let detail: Option<String> = detail.get(0);
            let detail = detail.unwrap_or_default();
            let locked = Scene::locked(&mut scene.client()?)?;
            ensure!(locked <= slots / 2 + 20, "{call} leaves {locked} of {slots} slots in use");
            assert_room_for_others(&scene)?;
            transaction.commit()?;
            let left = (scene.armed()? - aim).abs();
            ensure!(
                detail.contains(&format!("{left} tables are left")) == (left > 0),
                "{left} left after {call}: {detail}"
            );
        }
        ensure!(calls > 1, "one call was enough: there are too few tables");
        report!("{tables} tables, {slots} slots: {calls} calls of {call}");
        if done == "armed" {
            assert_eq!(rows(&mut client, "seq_guard_status()", "armed")?, tables);
        }
    }
    // The schema is no longer guarded; others are.
    client.batch_execute("CREATE TABLE one_more (id serial PRIMARY KEY); ALTER TABLE t1 ADD COLUMN note text")?;
    assert_eq!(scene.armed()?, 0);
    client.batch_execute("CREATE SCHEMA other; CREATE TABLE other.one_more (id serial PRIMARY KEY)")?;
    assert_eq!(scene.armed()?, 1);
    Ok(())
}

#[test]
fn enable_stops_when_lock_table_is_full() -> Result<()> {
    let scene = Scene::start_with(1_000)?;
    let mut other = scene.client()?;
    let mut transaction = other.transaction()?;
    for number in 1..=scene.slots()? / 2 + 1 {
        transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&number])?;
    }
    let mut client = scene.client()?;
    assert_eq!(rows(&mut client, "seq_guard_enable()", "disarmed")?, scene.tables);
    assert_eq!(scene.armed()?, 0);
    transaction.rollback()?;
    assert!(rows(&mut client, "seq_guard_enable()", "armed")? > 50);
    Ok(())
}
