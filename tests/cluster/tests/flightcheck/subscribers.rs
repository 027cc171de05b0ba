//! A subscriber's sequences: logical replication copies rows, but not the state of sequences, which
//! stays unchanged until the cut-over.

use crate::finding::{Finding, of_check};
use crate::fixtures::Scene;
use anyhow::{Context, Result, ensure};
use cluster::{Server, audit, report, state_of};
use postgres::error::SqlState;
use std::thread::sleep;
use std::time::{Duration, Instant};

const BEHIND: &str = "sequence_behind";
const TIMEOUT: Duration = Duration::from_secs(60);

const TABLES: &str = "CREATE TABLE orders (id serial PRIMARY KEY, n text);
    CREATE TABLE events (id serial, at int, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
    CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (10);
    CREATE TABLE visits (id serial, at int, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
    CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM (0) TO (10);
    CREATE TABLE local (id serial PRIMARY KEY, n text);";

/// Starts two servers with the same tables; the second subscribes to all of the first's except
/// `local`.
fn subscribe() -> Result<(Server, Scene)> {
    let publisher = Server::start(&["wal_level = logical"])?;
    let mut source = publisher.database("source")?;
    source.batch_execute(TABLES)?;
    source.batch_execute(
        "INSERT INTO orders (n) SELECT 'x' FROM generate_series(1, 100);
         INSERT INTO events (at) SELECT 5 FROM generate_series(1, 100);
         INSERT INTO visits (at) SELECT 5 FROM generate_series(1, 100);
         CREATE PUBLICATION leaves FOR TABLE orders, events;
         CREATE PUBLICATION roots FOR TABLE visits WITH (publish_via_partition_root = true)",
    )?;
    let mut subscriber = Scene::new(&["wal_level = logical"])?;
    subscriber.run(TABLES)?;
    subscriber.run("INSERT INTO local VALUES (9, 'x'); CREATE ROLE reader LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader; GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO reader")?;
    let sockets = publisher.data().parent().context("a folder")?.display().to_string();
    for (name, slot, publication) in [("\"S's\"", "s_s", "leaves"), ("roots", "roots", "roots")] {
        subscriber.run(&format!("CREATE SUBSCRIPTION {name} CONNECTION 'host={sockets} dbname=source user=postgres' PUBLICATION {publication} WITH (slot_name = {slot})"))?;
    }
    wait_until(&mut subscriber, "SELECT count(*) = 3 FROM pg_subscription_rel WHERE srsubstate = 'r'")?;
    wait_until(
        &mut subscriber,
        "SELECT (SELECT count(*) FROM orders) + (SELECT count(*) FROM events) + (SELECT count(*) FROM visits) = 300",
    )?;
    Ok((publisher, subscriber))
}

fn wait_until(scene: &mut Scene, condition: &str) -> Result<()> {
    let began = Instant::now();
    while !scene.client.query_one(condition, &[])?.get::<_, bool>(0) {
        ensure!(began.elapsed() < TIMEOUT, "timed out waiting for {condition}\n{}", scene.server.log());
        sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn summary(rows: &[Finding]) -> Vec<(&str, &str)> {
    rows.iter().map(|row| (row.severity.as_str(), row.object.as_str())).collect()
}

const LOCAL: (&str, &str) = ("error", "sequence public.local_id_seq feeding public.local.id");
const EVENTS: &str = "sequence public.events_id_seq feeding public.events.id";
const ORDERS: &str = "sequence public.orders_id_seq feeding public.orders.id";
const VISITS: &str = "sequence public.visits_id_seq feeding public.visits.id";

#[test]
fn subscriber_sequences_are_info_until_cut_over() -> Result<()> {
    let (publisher, mut scene) = subscribe()?;
    let fed = [LOCAL, ("info", EVENTS), ("info", ORDERS), ("info", VISITS)];
    let rows = scene.findings(BEHIND)?;
    assert_eq!(summary(&rows), fed, "{rows:#?}");
    assert!(rows[2].says("subscription \"S's\" feeds the table") && rows[2].says("until the cut-over"), "{rows:#?}");
    assert!(rows[2].says("run SELECT * FROM public.seq_resync_table('public.orders');"), "{rows:#?}");
    assert!(!rows[0].says("subscription"), "{rows:#?}");
    // The partitions' rows of seq_audit have the same detail, whether the root or the leaf is
    // subscribed to.
    for row in audit(&mut scene.client, "seq_audit()")? {
        let detail = row.detail.as_deref().unwrap_or_default();
        let is_local = row.table.as_deref() == Some("local");
        assert_eq!((row.status.as_str(), detail.contains("cut-over")), ("behind", !is_local), "{row:?}");
    }
    // No privilege on pg_subscription is needed.
    let mut reader = scene.server.connect_as("reader", "scene")?;
    assert_eq!(summary(&of_check(&mut reader, "", BEHIND)?), fed);
    // An assertion is about the next insert on this server.
    assert_eq!(
        state_of(scene.client.batch_execute("SELECT seq_assert('public', within => 0)")),
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE
    );

    // A disabled subscription no longer feeds a table.
    scene.run("ALTER SUBSCRIPTION \"S's\" DISABLE")?;
    let rows = scene.findings(BEHIND)?;
    assert_eq!(summary(&rows), [("error", EVENTS), ("error", ORDERS), LOCAL, ("info", VISITS)], "{rows:#?}");
    scene.run("ALTER SUBSCRIPTION \"S's\" ENABLE")?;
    assert_eq!(summary(&scene.findings(BEHIND)?), fed);

    // The last change arrives, and then the cut-over.
    publisher.connect("source")?.batch_execute("INSERT INTO orders (n) VALUES ('last')")?;
    wait_until(&mut scene, "SELECT count(*) = 101 FROM orders")?;
    scene.run("ALTER SUBSCRIPTION \"S's\" DISABLE; ALTER SUBSCRIPTION roots DISABLE")?;
    assert_eq!(state_of(scene.client.batch_execute("INSERT INTO orders (n) VALUES ('x')")), SqlState::UNIQUE_VIOLATION);
    for row in scene.findings(BEHIND)? {
        scene.paste(&row)?;
    }
    scene.run(
        "INSERT INTO orders (n) VALUES ('x'); INSERT INTO events (at) VALUES (5); INSERT INTO visits (at) VALUES (5)",
    )?;
    assert_eq!(scene.findings(BEHIND)?.len(), 0);
    Ok(())
}

/// Since version 19, a subscription copies sequences on demand: to the publisher's position, even
/// if that is backwards.
#[test]
fn subscriber_sequences_set_back_by_refresh_are_resynced() -> Result<()> {
    let publisher = Server::start(&["wal_level = logical"])?;
    if publisher.major() < 19 {
        report!("REFRESH SEQUENCES does not exist before version 19: skipped");
        return Ok(());
    }
    let table = "CREATE TABLE orders (id bigserial PRIMARY KEY, n text)";
    let mut source = publisher.database("source")?;
    source.batch_execute(table)?;
    source.batch_execute(
        "INSERT INTO orders (n) SELECT 'x' FROM generate_series(1, 100); CREATE PUBLICATION all_of_it FOR ALL TABLES, ALL SEQUENCES",
    )?;
    let mut subscriber = Scene::new(&["wal_level = logical"])?;
    // Rows of its own, as after an earlier cut-over.
    subscriber.run(&format!("{table}; INSERT INTO orders SELECT g, 'own' FROM generate_series(101, 500) g"))?;
    subscriber.run("SELECT setval('orders_id_seq', 500)")?;
    let sockets = publisher.data().parent().context("a folder")?.display().to_string();
    subscriber.run(&format!(
        "CREATE SUBSCRIPTION s CONNECTION 'host={sockets} dbname=source user=postgres' PUBLICATION all_of_it"
    ))?;
    let is_ready = "SELECT bool_and(srsubstate = 'r') AND count(*) = 2 FROM pg_subscription_rel";
    wait_until(&mut subscriber, is_ready)?;
    subscriber.run("SELECT setval('orders_id_seq', 500)")?;
    assert_eq!(subscriber.findings(BEHIND)?.len(), 0);

    subscriber.run("ALTER SUBSCRIPTION s REFRESH SEQUENCES")?;
    wait_until(&mut subscriber, "SELECT last_value < 500 FROM orders_id_seq")?;
    wait_until(&mut subscriber, is_ready)?;
    let rows = audit(&mut subscriber.client, "seq_audit()")?;
    assert_eq!(
        (rows[0].status.as_str(), rows[0].next_value, rows[0].max_id),
        ("behind", Some(101), Some(500)),
        "{rows:?}"
    );
    assert!(
        rows[0].detail.as_deref().is_some_and(|detail| detail.contains("subscription s feeds the table")),
        "{rows:?}"
    );

    // The runbook: the last REFRESH SEQUENCES, then seq_resync().
    subscriber.run("ALTER SUBSCRIPTION s DISABLE; SELECT seq_resync()")?;
    subscriber.run("INSERT INTO orders (n) VALUES ('after')")?;
    let last: i64 = subscriber.client.query_one("SELECT max(id) FROM orders", &[])?.get(0);
    assert_eq!(last, 501);
    report!("REFRESH SEQUENCES set the sequence back from 501 to 101, seq_resync() forward to 501");
    Ok(())
}
