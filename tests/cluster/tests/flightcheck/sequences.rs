//! Sequences, as seq_audit sees them.

use crate::fixtures::Scene;
use anyhow::Result;

#[test]
fn sequence_status_has_its_severity() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(
        "CREATE TABLE orders (id serial PRIMARY KEY); INSERT INTO orders SELECT FROM generate_series(1, 3); ANALYZE orders;
         CREATE TABLE small (id smallserial PRIMARY KEY); ANALYZE small;
         CREATE TABLE \"Q\"\"s\" (\"Id\" int GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
         CREATE TABLE events (id serial, at int, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
         CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (10);
         CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM (10) TO (20);",
    )?;
    scene.assert_no_findings()?;
    let orders = "sequence public.orders_id_seq feeding public.orders.id";
    scene.break_and_fix("INSERT INTO orders VALUES (9)", "error", "sequence_behind", orders)?;
    scene.break_and_fix(
        "INSERT INTO \"Q\"\"s\" OVERRIDING SYSTEM VALUE VALUES (7)",
        "error",
        "sequence_behind",
        "sequence public.\"Q\"\"s_Id_seq\" feeding public.\"Q\"\"s\".\"Id\"",
    )?;
    // The partitions use the same sequence: one row.
    let events = "sequence public.events_id_seq feeding public.events.id";
    scene.break_and_fix("INSERT INTO events VALUES (30, 5), (40, 15)", "error", "sequence_behind", events)?;
    let small = "sequence public.small_id_seq feeding public.small.id";
    scene.break_and_fix("SELECT setval('small_id_seq', 32000)", "warning", "sequence_near_limit", small)?;
    scene.break_and_fix("SELECT setval('orders_id_seq', 2147483647)", "error", "sequence_exhausted", orders)?;
    scene.break_and_fix("ALTER SEQUENCE orders_id_seq SET UNLOGGED", "warning", "sequence_unlogged", orders)?;
    Ok(())
}

#[test]
fn unreadable_objects_are_one_row() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(
        "CREATE ROLE reader LOGIN; CREATE TABLE orders (id serial PRIMARY KEY); INSERT INTO orders VALUES (9); ANALYZE;
         CREATE TEMP TABLE scratch (id serial PRIMARY KEY); INSERT INTO scratch VALUES (9);
         CREATE TABLE members (id serial PRIMARY KEY); INSERT INTO members VALUES (9);
         ALTER EXTENSION pg_flightcheck ADD TABLE members",
    )?;
    // Neither temporary tables nor those of extensions are reported.
    let row = scene.only()?;
    assert_eq!(row.object, "sequence public.orders_id_seq feeding public.orders.id");
    let mut reader = scene.server.connect_as("reader", "scene")?;
    let rows = crate::finding::flightcheck(&mut reader, "")?;
    assert_eq!(rows.len(), 1, "{rows:#?}");
    assert_eq!((rows[0].severity.as_str(), rows[0].check.as_str()), ("warning", "unreadable"));
    assert_eq!(rows[0].object, "role reader");
    assert!(rows[0].detail.contains("1 sequence; not judged: public.orders.id"), "{rows:#?}");
    // One row covers everything that cannot be read, whichever check would have read it.
    scene.run(
        "CREATE TABLE lines (order_id int CONSTRAINT refers REFERENCES orders); CREATE SEQUENCE partseq; REVOKE ALL ON SEQUENCE partseq FROM PUBLIC;
         CREATE TABLE parts (id int PRIMARY KEY); CREATE TABLE schema_migrations (version bigint NOT NULL, dirty boolean NOT NULL);
         INSERT INTO schema_migrations VALUES (7, true); ANALYZE",
    )?;
    let all = crate::finding::flightcheck(&mut reader, "deep => true")?;
    let unread: Vec<_> = all.iter().filter(|row| row.check == "unreadable").collect();
    assert_eq!(unread.len(), 1, "{all:#?}");
    let detail = "lacks privileges to judge 2 sequences, 1 foreign key, 1 migration history; not judged: \
                  public.schema_migrations, public.orders.id, public.partseq and 1 more";
    assert_eq!(unread[0].detail, detail);
    assert!(all.iter().all(|row| row.check != "foreign_key_unknown"), "{all:#?}");
    scene.run("DROP TABLE lines, parts, schema_migrations; DROP SEQUENCE partseq")?;
    // With the privileges that the fix grants, it sees what a superuser sees.
    scene.paste(&rows[0])?;
    let rows = crate::finding::flightcheck(&mut reader, "")?;
    assert_eq!(rows.iter().map(|row| row.check.as_str()).collect::<Vec<_>>(), ["sequence_behind"], "{rows:#?}");
    Ok(())
}
