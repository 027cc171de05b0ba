//! seq_guard_enable() and seq_guard_disable(): as many tables as fit into half of the lock table.

use crate::scene::{Scene, rows};
use anyhow::{Result, ensure};
use cluster::report;

/// Others can still lock a third of the table, in one session, while the caller's transaction is open.
fn others_have_room(scene: &Scene) -> Result<()> {
    let mut other = scene.client()?;
    let mut transaction = other.transaction()?;
    for number in 1..=scene.slots()? / 3 {
        // A lock that takes no fast path, and is in nobody's way.
        transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&number])?;
    }
    Ok(())
}

#[test]
fn guard_calls_leave_half_of_the_lock_table() -> Result<()> {
    let scene = Scene::start()?;
    let (slots, tables) = (scene.slots()?, scene.tables);
    let mut client = scene.client()?;
    for (call, aim, done) in [("seq_guard_enable()", tables, "armed"), ("seq_guard_disable('public')", 0, "disarmed")] {
        let mut calls = 0;
        while scene.armed()? != aim {
            calls += 1;
            ensure!(calls < 50, "{call} does not end: {} tables are armed", scene.armed()?);
            let mut transaction = client.transaction()?;
            let told = transaction
                .query_one(&format!("SELECT string_agg(detail, ' ') FROM {call} WHERE table_name IS NULL"), &[])?;
            let told: Option<String> = told.get(0);
            let told = told.unwrap_or_default();
            let locked = Scene::locked(&mut scene.client()?)?;
            ensure!(locked <= slots / 2 + 20, "{call} leaves {locked} of {slots} slots in use");
            others_have_room(&scene)?;
            transaction.commit()?;
            let left = (scene.armed()? - aim).abs();
            ensure!(
                told.contains(&format!("{left} tables are left")) == (left > 0),
                "{left} left after {call}: {told}"
            );
        }
        ensure!(calls > 1, "one call was enough: the test shows nothing");
        report!("{tables} tables, {slots} slots: {calls} calls of {call}");
        if done == "armed" {
            assert_eq!(rows(&mut client, "seq_guard_status()", "armed")?, tables);
        }
    }
    // The schema is no longer guarded, others are.
    client.batch_execute("CREATE TABLE one_more (id serial PRIMARY KEY); ALTER TABLE t1 ADD COLUMN note text")?;
    assert_eq!(scene.armed()?, 0);
    client.batch_execute("CREATE SCHEMA other; CREATE TABLE other.one_more (id serial PRIMARY KEY)")?;
    assert_eq!(scene.armed()?, 1);
    Ok(())
}

#[test]
fn guard_calls_stop_where_others_fill_the_lock_table() -> Result<()> {
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
