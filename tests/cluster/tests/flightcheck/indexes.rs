//! Indexes whose build, rebuild or drop was interrupted.

use crate::finding::{Finding, of_check};
use crate::fixtures::Scene;
use anyhow::{Result, ensure};
use cluster::report;
use postgres::Client;

const INVALID: &str = "index_invalid";

/// Creates a table and a second session. While that has an open transaction that writes to the
/// table, an index build waits.
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
fn index_build_in_progress_differs_from_leftover() -> Result<()> {
    let (mut scene, mut writer) = scene()?;
    scene.run("CREATE ROLE unprivileged LOGIN")?;
    let object = "index public.\"Notes\"\"\nI\" on table public.orders";
    for (unique, severity) in [("", "warning"), ("UNIQUE ", "error")] {
        writer.batch_execute(WRITE)?;
        let busy =
            scene.start_waiting(&format!("CREATE {unique}INDEX CONCURRENTLY \"Notes\"\"\nI\" ON orders (note)"))?;
        let row = scene.only()?;
        assert_eq!((row.severity.as_str(), row.object.as_str(), &row.fix), ("info", object, &None), "{row:?}");
        let mut other = scene.server.connect_as("unprivileged", "scene")?;
        let rows = of_check(&mut other, "", INVALID)?;
        assert_eq!(seen(&rows), [("info", object)], "a role without privileges sees the same: {rows:?}");
        scene.kill(busy)?;
        writer.batch_execute("COMMIT")?;
        let row = scene.only()?;
        assert_eq!((row.severity.as_str(), row.object.as_str()), (severity, object), "{row:?}");
        assert!(row.says("new rows are not entered in it") && row.says("DROP INDEX CONCURRENTLY"), "{row:?}");
        scene.paste(&row)?;
        scene.assert_no_findings()?;
        scene.run("DROP INDEX \"Notes\"\"\nI\"")?;
    }
    // VACUUM takes the same lock on the table and builds no index.
    writer.batch_execute(WRITE)?;
    let busy = scene.start_waiting("CREATE INDEX CONCURRENTLY notes ON orders (note)")?;
    scene.kill(busy)?;
    writer.batch_execute("COMMIT; BEGIN; LOCK TABLE orders IN SHARE UPDATE EXCLUSIVE MODE")?;
    assert_eq!(scene.only()?.severity, "warning");
    // Nor does a session that builds an index on another table.
    scene.run("CREATE TABLE others (id int PRIMARY KEY)")?;
    let mut second = scene.another_session()?;
    second.batch_execute("BEGIN; INSERT INTO others VALUES (1)")?;
    let busy = scene.start_waiting("CREATE INDEX CONCURRENTLY more ON others (id)")?;
    let objects = ["index public.notes on table public.orders", "index public.more on table public.others"];
    assert_eq!(seen(&scene.findings(INVALID)?), [("warning", objects[0]), ("info", objects[1])]);
    scene.kill(busy)
}

#[test]
fn index_unique_build_failed_on_duplicates() -> Result<()> {
    let (mut scene, _) = scene()?;
    scene.run("UPDATE orders SET note = 'twice' WHERE id < 3")?;
    ensure!(scene.run("CREATE UNIQUE INDEX CONCURRENTLY notes ON orders (note)").is_err());
    let row = scene.only()?;
    assert_eq!((row.severity.as_str(), row.object.as_str()), ("error", "index public.notes on table public.orders"));
    assert!(row.says("the fix fails with 23505 and leaves a _ccnew index") && scene.paste(&row).is_err(), "{row:?}");
    // Each failed fix has left another invalid index, which is not rebuilt: that would fail as
    // well.
    assert!(scene.paste(&row).is_err(), "{row:?}");
    ensure!(scene.run("REINDEX INDEX CONCURRENTLY notes_ccnew").is_err());
    let rows = scene.findings(INVALID)?;
    let leftovers = ["notes_ccnew", "notes_ccnew1", "notes_ccnew_ccnew"];
    let leftovers = leftovers.map(|name| format!("index public.{name} on table public.orders"));
    let mut expected = vec![("error", "index public.notes on table public.orders")];
    expected.extend(leftovers.iter().map(|object| ("warning", object.as_str())));
    assert_eq!(seen(&rows), expected, "{rows:#?}");
    for row in &rows[1..] {
        ensure!(row.fix()?.starts_with("DROP INDEX CONCURRENTLY public.notes_ccnew"), "{row:?}");
        ensure!(!row.says("slows down"), "no row is entered in it: {row:?}");
        scene.paste(row)?;
    }
    scene.run("UPDATE orders SET note = 'once' WHERE id = 1")?;
    let row = scene.only()?;
    assert_eq!(row.fix()?, "REINDEX INDEX CONCURRENTLY public.notes;");
    scene.paste(&row)?;
    scene.assert_no_findings()
}

#[test]
fn index_leftover_of_reindex_is_dropped() -> Result<()> {
    let (mut scene, mut writer) = scene()?;
    // Interrupted before the new index replaces the old one, and after that.
    for (transaction, leftover) in [(WRITE, "orders_pkey_ccnew"), (READ, "orders_pkey_ccold")] {
        writer.batch_execute(transaction)?;
        let busy = scene.start_waiting("REINDEX INDEX CONCURRENTLY orders_pkey")?;
        let rows = scene.findings(INVALID)?;
        assert_eq!(seen(&rows), [("info", format!("index public.{leftover} on table public.orders").as_str())]);
        scene.kill(busy)?;
        writer.batch_execute("COMMIT")?;
        let row = scene.only()?;
        assert_eq!(row.severity, "warning", "the key is as good as before: {row:?}");
        assert_eq!(row.fix()?, format!("DROP INDEX CONCURRENTLY public.{leftover};"));
        scene.paste(&row)?;
        scene.assert_no_findings()?;
    }
    // The indexes of the table and of its TOAST table.
    writer.batch_execute(WRITE)?;
    let busy = scene.start_waiting("REINDEX TABLE CONCURRENTLY orders")?;
    assert_eq!(scene.findings(INVALID)?.iter().filter(|row| row.severity == "info").count(), 2);
    scene.kill(busy)?;
    writer.batch_execute("COMMIT")?;
    let rows = scene.findings(INVALID)?;
    assert!(rows.len() == 2 && rows[0].object.contains("_ccnew on the TOAST table of public.orders"), "{rows:#?}");
    for row in &rows {
        scene.paste(row)?;
    }
    scene.assert_no_findings()
}

/// An index that only has such a name is an ordinary index.
#[test]
fn index_name_ccnew_alone_is_not_leftover() -> Result<()> {
    let (mut scene, mut writer) = scene()?;
    writer.batch_execute(WRITE)?;
    let busy = scene.start_waiting("CREATE INDEX CONCURRENTLY notes_ccnew1 ON orders (note)")?;
    scene.kill(busy)?;
    writer.batch_execute("COMMIT")?;
    let row = scene.only()?;
    assert_eq!(row.fix()?, "REINDEX INDEX CONCURRENTLY public.notes_ccnew1;");
    scene.paste(&row)?;
    scene.assert_no_findings()
}

#[test]
fn index_drop_interrupted_is_reported() -> Result<()> {
    let (mut scene, mut reader) = scene()?;
    scene.run("CREATE INDEX notes ON orders (note)")?;
    let mut later = scene.another_session()?;
    reader.batch_execute(READ)?;
    let busy = scene.start_waiting("DROP INDEX CONCURRENTLY notes")?;
    assert_eq!(scene.only()?.severity, "info");
    // The drop waits for later sessions only when the index is almost dropped.
    later.batch_execute(READ)?;
    reader.batch_execute("COMMIT")?;
    let dead = "SELECT count(*) FROM pg_index WHERE NOT indislive";
    while scene.client.query_one(dead, &[])?.get::<_, i64>(0) == 0 {}
    scene.kill(busy)?;
    later.batch_execute("COMMIT")?;
    let row = scene.only()?;
    assert_eq!((row.severity.as_str(), row.fix()?), ("warning", "DROP INDEX public.notes;"), "{row:?}");
    scene.paste(&row)?;
    scene.assert_no_findings()
}

#[test]
fn index_check_respects_schema() -> Result<()> {
    let (mut scene, mut writer) = scene()?;
    writer.batch_execute(WRITE)?;
    let busy = scene.start_waiting("REINDEX TABLE CONCURRENTLY orders")?;
    scene.kill(busy)?;
    scene.run("CREATE SCHEMA other")?;
    assert_eq!(of_check(&mut scene.client, "'other'", INVALID)?.len(), 0);
    assert_eq!(of_check(&mut scene.client, "'public'", INVALID)?.len(), 2, "TOAST indexes go with their table");
    scene.run("ALTER EXTENSION pg_flightcheck ADD TABLE orders")?;
    assert_eq!(of_check(&mut scene.client, "", INVALID)?.len(), 0);
    Ok(())
}

/// The primary's lock is not visible on a standby.
#[test]
fn index_build_is_warning_on_standby() -> Result<()> {
    let (mut scene, mut writer) = scene()?;
    let standby = scene.server.standby()?;
    writer.batch_execute(WRITE)?;
    let busy = scene.start_waiting("CREATE UNIQUE INDEX CONCURRENTLY notes ON orders (note)")?;
    let mut client = standby.connect("scene")?;
    let rows = loop {
        let rows = of_check(&mut client, "", INVALID)?;
        if !rows.is_empty() {
            break rows;
        }
    };
    assert_eq!(seen(&rows), [("warning", "index public.notes on table public.orders")]);
    assert!(rows[0].says("which is not visible on a standby"), "{rows:?}");
    scene.kill(busy)?;
    report!("an index that is being built: info on the primary, a warning on a standby");
    Ok(())
}
