//! Indexes whose build, rebuild or drop broke off.

use crate::finding::{Finding, of_check};
use crate::scene::Scene;
use anyhow::{Result, ensure};
use cluster::report;
use postgres::Client;

const INVALID: &str = "index_invalid";

/// A table, and somebody who is in the middle of a transaction that writes to it, so whoever builds an index waits.
fn scene() -> Result<(Scene, Client)> {
    let mut scene = Scene::new(&["autovacuum = off"])?;
    scene.run(
        "CREATE TABLE orders (id int PRIMARY KEY, note text); INSERT INTO orders SELECT i, i FROM generate_series(1, 100) i; ANALYZE",
    )?;
    let writer = scene.another_session()?;
    Ok((scene, writer))
}

const WRITE: &str = "BEGIN; UPDATE orders SET note = 'x' WHERE id = 1";
const READ: &str = "BEGIN; SELECT FROM orders";

fn seen(rows: &[Finding]) -> Vec<(&str, &str)> {
    rows.iter().map(|row| (row.severity.as_str(), row.object.as_str())).collect()
}

#[test]
fn a_build_is_told_from_what_it_leaves() -> Result<()> {
    let (mut scene, mut writer) = scene()?;
    scene.run("CREATE ROLE nobody_much LOGIN")?;
    let object = "index public.\"Notes\"\"\nI\" on table public.orders";
    for (unique, severity) in [("", "warning"), ("UNIQUE ", "error")] {
        writer.batch_execute(WRITE)?;
        let busy = scene.stuck(&format!("CREATE {unique}INDEX CONCURRENTLY \"Notes\"\"\nI\" ON orders (note)"))?;
        let row = scene.only()?;
        assert_eq!((row.severity.as_str(), row.object.as_str(), &row.fix), ("info", object, &None), "{row:?}");
        let mut other = scene.server.connect_as("nobody_much", "scene")?;
        let rows = of_check(&mut other, "", INVALID)?;
        assert_eq!(seen(&rows), [("info", object)], "who has no privileges sees the same: {rows:?}");
        scene.kill(busy)?;
        writer.batch_execute("COMMIT")?;
        let row = scene.only()?;
        assert_eq!((row.severity.as_str(), row.object.as_str()), (severity, object), "{row:?}");
        assert!(row.says("new rows are not entered in it") && row.says("DROP INDEX CONCURRENTLY"), "{row:?}");
        scene.paste(&row)?;
        scene.expect_nothing()?;
        scene.run("DROP INDEX \"Notes\"\"\nI\"")?;
    }
    // VACUUM holds the same lock on the table and builds nothing.
    writer.batch_execute(WRITE)?;
    let busy = scene.stuck("CREATE INDEX CONCURRENTLY notes ON orders (note)")?;
    scene.kill(busy)?;
    writer.batch_execute("COMMIT; BEGIN; LOCK TABLE orders IN SHARE UPDATE EXCLUSIVE MODE")?;
    assert_eq!(scene.only()?.severity, "warning");
    // Nor does who builds another table's index.
    scene.run("CREATE TABLE others (id int PRIMARY KEY)")?;
    let mut second = scene.another_session()?;
    second.batch_execute("BEGIN; INSERT INTO others VALUES (1)")?;
    let busy = scene.stuck("CREATE INDEX CONCURRENTLY more ON others (id)")?;
    let objects = ["index public.notes on table public.orders", "index public.more on table public.others"];
    assert_eq!(seen(&scene.findings(INVALID)?), [("warning", objects[0]), ("info", objects[1])]);
    scene.kill(busy)
}

#[test]
fn a_unique_index_that_met_duplicates() -> Result<()> {
    let (mut scene, _) = scene()?;
    scene.run("UPDATE orders SET note = 'twice' WHERE id < 3")?;
    ensure!(scene.run("CREATE UNIQUE INDEX CONCURRENTLY notes ON orders (note)").is_err());
    let row = scene.only()?;
    assert_eq!((row.severity.as_str(), row.object.as_str()), ("error", "index public.notes on table public.orders"));
    assert!(row.says("the fix fails with 23505") && scene.paste(&row).is_err(), "{row:?}");
    scene.run("UPDATE orders SET note = 'once' WHERE id = 1")?;
    // Its own attempt has left one more.
    let rows = scene.findings(INVALID)?;
    let objects = ["index public.notes on table public.orders", "index public.notes_ccnew on table public.orders"];
    assert_eq!(seen(&rows), objects.map(|object| ("error", object)), "{rows:#?}");
    scene.paste(&rows[0])?;
    // Now that there is a sound one, the other is a leftover.
    let row = scene.only()?;
    assert_eq!((row.severity.as_str(), row.fix()?), ("warning", "DROP INDEX CONCURRENTLY public.notes_ccnew;"));
    scene.paste(&row)?;
    scene.expect_nothing()
}

#[test]
fn leftovers_of_a_rebuild_are_dropped() -> Result<()> {
    let (mut scene, mut writer) = scene()?;
    // Before the new one takes the old one's place, and after it.
    for (transaction, leftover) in [(WRITE, "orders_pkey_ccnew"), (READ, "orders_pkey_ccold")] {
        writer.batch_execute(transaction)?;
        let busy = scene.stuck("REINDEX INDEX CONCURRENTLY orders_pkey")?;
        let rows = scene.findings(INVALID)?;
        assert_eq!(seen(&rows), [("info", format!("index public.{leftover} on table public.orders").as_str())]);
        scene.kill(busy)?;
        writer.batch_execute("COMMIT")?;
        let row = scene.only()?;
        assert_eq!(row.severity, "warning", "the key is as good as before: {row:?}");
        assert_eq!(row.fix()?, format!("DROP INDEX CONCURRENTLY public.{leftover};"));
        scene.paste(&row)?;
        scene.expect_nothing()?;
    }
    // The table's and its TOAST table's.
    writer.batch_execute(WRITE)?;
    let busy = scene.stuck("REINDEX TABLE CONCURRENTLY orders")?;
    assert_eq!(scene.findings(INVALID)?.iter().filter(|row| row.severity == "info").count(), 2);
    scene.kill(busy)?;
    writer.batch_execute("COMMIT")?;
    let rows = scene.findings(INVALID)?;
    assert!(rows.len() == 2 && rows[0].object.contains("_ccnew on the TOAST table of public.orders"), "{rows:#?}");
    for row in &rows {
        scene.paste(row)?;
    }
    scene.expect_nothing()
}

/// What is only called so is somebody's index.
#[test]
fn a_name_alone_is_no_leftover() -> Result<()> {
    let (mut scene, mut writer) = scene()?;
    writer.batch_execute(WRITE)?;
    let busy = scene.stuck("CREATE INDEX CONCURRENTLY notes_ccnew1 ON orders (note)")?;
    scene.kill(busy)?;
    writer.batch_execute("COMMIT")?;
    let row = scene.only()?;
    assert_eq!(row.fix()?, "REINDEX INDEX CONCURRENTLY public.notes_ccnew1;");
    scene.paste(&row)?;
    scene.expect_nothing()
}

#[test]
fn a_drop_that_broke_off() -> Result<()> {
    let (mut scene, mut reader) = scene()?;
    scene.run("CREATE INDEX notes ON orders (note)")?;
    let mut later = scene.another_session()?;
    reader.batch_execute(READ)?;
    let busy = scene.stuck("DROP INDEX CONCURRENTLY notes")?;
    assert_eq!(scene.only()?.severity, "info");
    // Who comes later is waited for only when the index is as good as dropped.
    later.batch_execute(READ)?;
    reader.batch_execute("COMMIT")?;
    let dead = "SELECT count(*) FROM pg_index WHERE NOT indislive";
    while scene.client.query_one(dead, &[])?.get::<_, i64>(0) == 0 {}
    scene.kill(busy)?;
    later.batch_execute("COMMIT")?;
    let row = scene.only()?;
    assert_eq!((row.severity.as_str(), row.fix()?), ("warning", "DROP INDEX public.notes;"), "{row:?}");
    scene.paste(&row)?;
    scene.expect_nothing()
}

#[test]
fn indexes_of_a_schema_alone() -> Result<()> {
    let (mut scene, mut writer) = scene()?;
    writer.batch_execute(WRITE)?;
    let busy = scene.stuck("REINDEX TABLE CONCURRENTLY orders")?;
    scene.kill(busy)?;
    scene.run("CREATE SCHEMA other")?;
    assert_eq!(of_check(&mut scene.client, "'other'", INVALID)?.len(), 0);
    assert_eq!(of_check(&mut scene.client, "'public'", INVALID)?.len(), 2, "TOAST indexes go with their table");
    scene.run("ALTER EXTENSION pg_flightcheck ADD TABLE orders")?;
    assert_eq!(of_check(&mut scene.client, "", INVALID)?.len(), 0);
    Ok(())
}

/// The primary's lock is not seen on a standby.
#[test]
fn a_standby_cannot_know() -> Result<()> {
    let (mut scene, mut writer) = scene()?;
    let standby = scene.server.standby()?;
    writer.batch_execute(WRITE)?;
    let busy = scene.stuck("CREATE UNIQUE INDEX CONCURRENTLY notes ON orders (note)")?;
    let mut client = standby.connect("scene")?;
    let rows = loop {
        let rows = of_check(&mut client, "", INVALID)?;
        if !rows.is_empty() {
            break rows;
        }
    };
    assert_eq!(seen(&rows), [("warning", "index public.notes on table public.orders")]);
    assert!(rows[0].says("which a standby cannot know"), "{rows:?}");
    scene.kill(busy)?;
    report!("an index that is being built: info on the primary, a warning on a standby");
    Ok(())
}
