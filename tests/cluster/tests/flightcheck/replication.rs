//! Logical replication: what keeps a publisher or a subscriber from being ready for a cut-over.

use crate::finding::{Finding, flightcheck, of_check};
use crate::fixtures::Scene;
use anyhow::{Context, Result, ensure};
use cluster::Server;
use std::thread::sleep;
use std::time::{Duration, Instant};

const TIMEOUT: Duration = Duration::from_secs(60);

/// The checks of this file.
const CHECKS: [&str; 5] = [
    "subscription_not_ready",
    "table_not_subscribed",
    "replica_identity_missing",
    "table_not_published",
    "not_replicated",
];

/// Returns the findings of these checks as severity, check_name and object.
fn summary(scene: &mut Scene) -> Result<Vec<String>> {
    let rows = flightcheck(&mut scene.client, "")?;
    let rows = rows.iter().filter(|row| CHECKS.contains(&row.check.as_str()));
    Ok(rows.map(|row| format!("{} {} {}", row.severity, row.check, row.object)).collect())
}

/// Checks that the portable edition finds the same.
fn assert_same_in_portable(scene: &mut Scene) -> Result<()> {
    for check in CHECKS {
        let expected = scene.findings(check)?;
        scene.assert_portable_finds(check, &expected)?;
    }
    Ok(())
}

fn only(rows: Vec<Finding>) -> Result<Finding> {
    ensure!(rows.len() == 1, "not exactly one row: {rows:#?}");
    rows.into_iter().next().context("no row")
}

fn wait_until(scene: &mut Scene, what: impl Fn(&mut Scene) -> Result<bool>) -> Result<()> {
    let began = Instant::now();
    while !what(scene)? {
        ensure!(began.elapsed() < TIMEOUT, "timed out\n{:?}\n{}", summary(scene)?, scene.server.log());
        sleep(Duration::from_millis(50));
    }
    Ok(())
}

const TABLES: &str = "CREATE TABLE customers (id bigint PRIMARY KEY);
    CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint REFERENCES customers);
    CREATE TABLE lines (id bigint PRIMARY KEY);";

#[test]
fn replication_checks_are_silent_without_replication() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(TABLES)?;
    scene.run("CREATE TABLE no_key (n int); CREATE UNLOGGED TABLE cache (id int PRIMARY KEY); CREATE SEQUENCE s")?;
    assert!(summary(&mut scene)?.is_empty());
    Ok(())
}

#[test]
fn replication_of_a_publisher_names_tables_that_do_not_travel() -> Result<()> {
    let mut scene = Scene::new(&["wal_level = logical"])?;
    scene.run(TABLES)?;
    scene.run(r#"CREATE ROLE reader LOGIN; CREATE PUBLICATION "p's" FOR TABLE orders"#)?;
    let info = "info not_replicated database scene";
    // A table that a published one refers to; the others may be left out on purpose.
    assert_eq!(summary(&mut scene)?, ["info table_not_published table public.customers", info]);
    let row = only(scene.findings("table_not_published")?)?;
    assert!(row.says("publication \"p's\" has public.orders, which refers to it"), "{row:?}");
    assert_same_in_portable(&mut scene)?;
    // Most tables of the schema are published.
    scene.run(r#"ALTER PUBLICATION "p's" ADD TABLE customers"#)?;
    let row = only(scene.findings("table_not_published")?)?;
    assert!(row.object == "table public.lines" && row.says("has most tables of schema public"), "{row:?}");
    scene.run(r#"ALTER PUBLICATION "p's" ADD TABLE lines"#)?;
    assert_eq!(summary(&mut scene)?, [info]);
    scene.run("CREATE UNLOGGED TABLE cache (id int PRIMARY KEY)")?;
    let row = only(scene.findings("table_not_published")?)?;
    assert!(row.object == "table public.cache" && row.says("it is unlogged"), "{row:?}");
    assert_same_in_portable(&mut scene)?;
    scene.run("DROP TABLE cache")?;

    // Partitions: the root or the leaves may be published.
    scene.run(
        "CREATE TABLE events (id int, at int, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
         CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (10);
         CREATE PUBLICATION leaves FOR TABLE events_1",
    )?;
    assert_eq!(summary(&mut scene)?, [info]);
    scene.run("DROP PUBLICATION leaves; CREATE PUBLICATION leaves FOR TABLE events")?;
    assert_eq!(summary(&mut scene)?, [info]);

    // What is left out is counted.
    scene.run("CREATE SEQUENCE s; CREATE MATERIALIZED VIEW m AS SELECT 1; SELECT lo_create(0)")?;
    let row = only(scene.findings("not_replicated")?)?;
    assert!(
        row.says("the positions of 1 sequence, large objects, the rows of 1 materialized view and DDL are not"),
        "{row:?}"
    );
    assert_same_in_portable(&mut scene)?;
    // No privilege is needed, and a schema's rows are its own.
    let mut reader = scene.server.connect_as("reader", "scene")?;
    assert_eq!(of_check(&mut reader, "", "not_replicated")?.len(), 1);
    assert_eq!(of_check(&mut reader, "'public'", "not_replicated")?.len(), 0);
    Ok(())
}

/// Each table that has the finding refuses the command that it names, and no other table does.
#[test]
fn replication_identity_missing_means_that_updates_fail() -> Result<()> {
    let mut scene = Scene::new(&["wal_level = logical"])?;
    scene.run(
        "CREATE TABLE keyed (id int PRIMARY KEY);
         CREATE TABLE bare (id int);
         CREATE TABLE whole (id int); ALTER TABLE whole REPLICA IDENTITY FULL;
         CREATE TABLE by_index (id int NOT NULL UNIQUE); ALTER TABLE by_index REPLICA IDENTITY USING INDEX by_index_id_key;
         CREATE TABLE lost_index (id int NOT NULL UNIQUE); ALTER TABLE lost_index REPLICA IDENTITY USING INDEX lost_index_id_key;
         ALTER TABLE lost_index DROP CONSTRAINT lost_index_id_key;
         CREATE TABLE nothing (id int PRIMARY KEY); ALTER TABLE nothing REPLICA IDENTITY NOTHING;
         CREATE TABLE deferred (id int PRIMARY KEY DEFERRABLE);
         CREATE TABLE inserts_only (id int);
         CREATE TABLE \"Root's\" (id int, at int) PARTITION BY RANGE (at);
         CREATE TABLE leaf PARTITION OF \"Root's\" FOR VALUES FROM (0) TO (10);
         CREATE PUBLICATION p FOR TABLE keyed, bare, whole, by_index, lost_index, nothing, deferred;
         CREATE PUBLICATION root FOR TABLE \"Root's\" WITH (publish_via_partition_root);
         CREATE PUBLICATION inserts FOR TABLE inserts_only WITH (publish = 'insert')",
    )?;
    let found = scene.findings("replica_identity_missing")?;
    let names: Vec<&str> = found.iter().map(|row| row.object.as_str()).collect();
    for table in ["keyed", "bare", "whole", "by_index", "lost_index", "nothing", "deferred", "inserts_only", "leaf"] {
        let fails = scene.run(&format!("UPDATE {table} SET id = 1")).is_err();
        assert_eq!(names.contains(&format!("table public.{table}").as_str()), fails, "{table}: {names:?}");
    }
    assert_eq!(names.len(), 5, "{names:?}");
    assert!(found.iter().all(|row| row.severity == "warning" && row.fix.is_none()));
    assert!(found[0].says("it has no primary key, and it is published by publication p: UPDATE and DELETE fail"));
    assert_same_in_portable(&mut scene)?;
    // What the detail recommends is what makes the update succeed.
    for row in &found {
        let (_, statement) = row.detail.rsplit_once(": ").context("a statement")?;
        scene.run(statement)?;
    }
    scene.run("UPDATE leaf SET id = 1; DELETE FROM nothing")?;
    assert!(scene.findings("replica_identity_missing")?.is_empty());
    Ok(())
}

#[test]
fn replication_of_a_subscriber_says_when_it_is_not_ready() -> Result<()> {
    let publisher = Server::start(&["wal_level = logical"])?;
    let mut source = publisher.database("source")?;
    source.batch_execute(TABLES)?;
    source.batch_execute("INSERT INTO customers VALUES (1); CREATE PUBLICATION p FOR TABLE customers, orders")?;
    // Workers that have failed start again after this time.
    let mut scene = Scene::new(&["wal_level = logical", "wal_retrieve_retry_interval = '200ms'"])?;
    scene.run(TABLES)?;
    scene.run("CREATE ROLE reader LOGIN")?;
    let sockets = publisher.data().parent().context("a folder")?.display().to_string();
    let connection = format!("host={sockets} dbname=source user=postgres");
    scene.run(&format!("CREATE SUBSCRIPTION \"S's\" CONNECTION '{connection}' PUBLICATION p WITH (slot_name = s)"))?;
    // A table that is not published may be left out; most are in the subscription.
    let healthy = ["info table_not_subscribed table public.lines", "info not_replicated database scene"];
    wait_until(&mut scene, |scene| Ok(summary(scene)? == healthy))?;
    source.batch_execute("ALTER PUBLICATION p ADD TABLE lines")?;
    let row = only(scene.findings("table_not_subscribed")?)?;
    assert!(row.says("run ALTER SUBSCRIPTION \"S's\" REFRESH PUBLICATION;"), "{row:?}");
    assert_same_in_portable(&mut scene)?;
    scene.run("ALTER SUBSCRIPTION \"S's\" REFRESH PUBLICATION")?;
    wait_until(&mut scene, |scene| Ok(summary(scene)? == healthy[1..]))?;

    // A row in the way: the worker fails again and again.
    scene.run("INSERT INTO customers VALUES (2)")?;
    source.batch_execute("INSERT INTO customers VALUES (2)")?;
    let says = |scene: &mut Scene, words: &str| {
        Ok(scene.findings("subscription_not_ready")?.iter().any(|row| row.severity == "warning" && row.says(words)))
    };
    wait_until(&mut scene, |scene| says(scene, "its apply worker does not run"))?;
    wait_until(&mut scene, |scene| says(scene, "its workers have failed"))?;
    let mut reader = scene.server.connect_as("reader", "scene")?;
    assert_eq!(of_check(&mut reader, "", "subscription_not_ready")?.len(), 1);
    scene.run("DELETE FROM customers WHERE id = 2")?;
    wait_until(&mut scene, |scene| Ok(summary(scene)? == healthy[1..]))?;

    // A table that cannot be copied.
    source.batch_execute(
        "CREATE TABLE late (id int PRIMARY KEY); INSERT INTO late VALUES (1); ALTER PUBLICATION p ADD TABLE late",
    )?;
    scene.run("CREATE TABLE late (id int PRIMARY KEY); INSERT INTO late VALUES (1)")?;
    scene.run("ALTER SUBSCRIPTION \"S's\" REFRESH PUBLICATION")?;
    wait_until(&mut scene, |scene| says(scene, "the first copy is not finished for public.late"))?;
    scene.run("TRUNCATE late")?;
    wait_until(&mut scene, |scene| Ok(summary(scene)? == healthy[1..]))?;

    scene.run("ALTER SUBSCRIPTION \"S's\" DISABLE")?;
    let row = only(scene.findings("subscription_not_ready")?)?;
    assert_eq!((row.severity.as_str(), row.fix.as_ref()), ("warning", None));
    assert!(row.says("it is disabled") && row.says("its workers have failed"), "{row:?}");
    assert_same_in_portable(&mut scene)?;
    assert_eq!(of_check(&mut reader, "'pg_temp'", "subscription_not_ready").map_or(0, |rows| rows.len()), 0);

    // A standby of the subscriber has no workers, which says nothing.
    scene.run("ALTER SUBSCRIPTION \"S's\" ENABLE")?;
    wait_until(&mut scene, |scene| Ok(summary(scene)? == healthy[1..]))?;
    let standby = scene.server.standby()?;
    let rows = flightcheck(&mut standby.connect("scene")?, "")?;
    assert!(rows.iter().all(|row| row.check != "subscription_not_ready"), "{rows:#?}");
    Ok(())
}
