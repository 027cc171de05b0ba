//! Partitioned indexes that lack the index of some partitions.

use crate::fixtures::Scene;
use anyhow::{Result, ensure};
use cluster::report;

const INVALID: &str = "index_invalid";

/// Two levels of partitions, one of them with its columns in a different order and a dropped one.
const TABLES: &str = r#"
    CREATE SCHEMA "Old'";
    CREATE TABLE orders (id int NOT NULL, at int NOT NULL, "No""te" text) PARTITION BY RANGE (at);
    CREATE TABLE orders_1 PARTITION OF orders FOR VALUES FROM (0) TO (10);
    CREATE TABLE orders_2 PARTITION OF orders FOR VALUES FROM (10) TO (20) PARTITION BY RANGE (at);
    CREATE TABLE orders_2_1 PARTITION OF orders_2 FOR VALUES FROM (10) TO (15);
    CREATE TABLE "Old'"."orders
2" PARTITION OF orders_2 FOR VALUES FROM (15) TO (20);
    CREATE TABLE odd ("No""te" text, gone int, at int NOT NULL, id int NOT NULL);
    ALTER TABLE odd DROP COLUMN gone; ALTER TABLE orders ATTACH PARTITION odd FOR VALUES FROM (20) TO (30);
    INSERT INTO orders SELECT i, i % 30, i FROM generate_series(1, 300) i; ANALYZE
"#;

#[test]
fn partitioned_index_fix_creates_and_attaches_parts() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(TABLES)?;
    scene.assert_no_findings()?;
    for (definition, severity) in [
        ("INDEX notes ON ONLY orders (\"No\"\"te\")", "warning"),
        (
            "INDEX \"Orders x\" ON ONLY orders USING btree (lower(\"No\"\"te\") text_pattern_ops DESC, at) INCLUDE (id) WITH (fillfactor=70) WHERE id > 5",
            "warning",
        ),
        ("INDEX \"it''s\n%\" ON ONLY orders USING hash (id)", "warning"),
        ("UNIQUE INDEX orders_only ON ONLY orders (id, at) NULLS NOT DISTINCT", "error"),
    ] {
        scene.run(&format!("CREATE {definition}"))?;
        let row = scene.only()?;
        ensure!((row.severity.as_str(), row.check.as_str()) == (severity, INVALID), "{row:#?}");
        assert!(row.says("5 of its partitions have no index attached to it"), "{row:#?}");
        scene.paste(&row)?;
        scene.assert_no_findings()?;
    }
    Ok(())
}

#[test]
fn partitioned_index_fix_uses_existing_parts() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(TABLES)?;
    scene.run(
        "CREATE INDEX notes ON ONLY orders (\"No\"\"te\");
         CREATE INDEX ready ON orders_1 (\"No\"\"te\");
         CREATE INDEX other ON orders_1 (\"No\"\"te\" DESC);
         CREATE INDEX half ON ONLY orders_2 (\"No\"\"te\");
         CREATE INDEX part ON orders_2_1 (\"No\"\"te\"); ALTER INDEX half ATTACH PARTITION part;
         CREATE INDEX partial ON odd (\"No\"\"te\") WHERE id > 0",
    )?;
    // Of the two invalid indexes, the lower one has no invalid parent.
    let rows = scene.findings(INVALID)?;
    let objects: Vec<_> = rows.iter().map(|row| row.object.as_str()).collect();
    assert_eq!(objects, ["index public.notes on table public.orders", "index public.half on table public.orders_2"]);
    // Missing indexes are built first, one per step, and then all are attached.
    assert!(rows[0].says("it takes 3 steps"), "{rows:#?}");
    let all = crate::finding::of_check(&mut scene.client, "fold => false", INVALID)?;
    let ready: Vec<_> = all.iter().filter(|row| row.object == rows[0].object).map(|row| row.fix.as_deref()).collect();
    assert!(ready.len() == 2 && ready[0] == rows[0].fix.as_deref() && ready[0] != ready[1], "{all:#?}");
    let mut builds = Vec::new();
    let last = loop {
        let row = scene.findings(INVALID)?.remove(0);
        let Some(build) = row.fix()?.strip_prefix("CREATE INDEX CONCURRENTLY ") else { break row };
        builds.push(build.split(" USING").next().unwrap_or_default().to_owned());
        scene.run(row.fix()?)?;
    };
    builds.sort();
    assert_eq!(builds, ["U&\"orders\\000A2_notes\" ON \"Old'\".U&\"orders\\000A2\"", "odd_notes ON public.odd"]);
    for attachment in [
        "ALTER INDEX public.notes ATTACH PARTITION public.ready;",
        "ALTER INDEX public.half ATTACH PARTITION",
        "ALTER INDEX public.notes ATTACH PARTITION public.half;",
    ] {
        assert!(last.fix()?.contains(attachment), "{last:#?}");
    }
    scene.paste(&last)?;
    scene.assert_no_findings()?;
    // An attached index that is invalid itself comes first, since the parent is validated only when
    // an index is attached.
    scene.run(
        "DROP INDEX notes; CREATE INDEX notes ON ONLY orders (\"No\"\"te\");
         CREATE INDEX last ON odd (\"No\"\"te\"); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'last'::regclass;
         ALTER INDEX notes ATTACH PARTITION last",
    )?;
    let rows = scene.findings(INVALID)?;
    let objects: Vec<_> = rows.iter().map(|row| row.object.as_str()).collect();
    assert_eq!(objects, ["index public.last on table public.odd", "index public.notes on table public.orders"]);
    scene.paste(&rows[1])?;
    scene.assert_no_findings()?;
    // An index that was attached when only its own table lacked it.
    scene.run("DROP INDEX notes; CREATE INDEX notes ON ONLY orders (id); CREATE INDEX half ON ONLY orders_2 (id)")?;
    scene.run("ALTER INDEX notes ATTACH PARTITION half")?;
    let row = scene.only()?;
    assert_eq!(row.object, "index public.notes on table public.orders");
    scene.paste(&row)?;
    scene.assert_no_findings()
}

#[test]
fn partitioned_index_fix_creates_constraints() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(TABLES)?;
    for key in [
        "PRIMARY KEY (id, at)",
        "UNIQUE (id, at) DEFERRABLE INITIALLY DEFERRED",
        "UNIQUE (at, id) INCLUDE (\"No\"\"te\")",
    ] {
        scene.run(&format!("ALTER TABLE ONLY orders ADD CONSTRAINT \"the'key\" {key}"))?;
        let row = scene.only()?;
        ensure!((row.severity.as_str(), row.check.as_str()) == ("error", INVALID), "{row:#?}");
        scene.paste(&row)?;
        scene.assert_no_findings()?;
        let kept = "SELECT count(*) FROM pg_constraint WHERE contype IN ('p', 'u') AND conrelid >= 16384 AND condeferrable = (SELECT condeferrable \
                    FROM pg_constraint WHERE conname = 'the''key' AND conrelid = 'orders'::regclass)";
        assert_eq!(scene.client.query_one(kept, &[])?.get::<_, i64>(0), 6, "{key}");
        scene.run("ALTER TABLE orders DROP CONSTRAINT \"the'key\"")?;
    }
    // An existing unique index becomes the key's index.
    scene.run("ALTER TABLE ONLY orders ADD PRIMARY KEY (id, at); CREATE UNIQUE INDEX ready ON orders_1 (id, at)")?;
    let row = scene.only()?;
    scene.paste(&row)?;
    scene.assert_no_findings()?;
    let kept = "SELECT contype::text FROM pg_constraint WHERE conname = 'ready' AND conrelid = 'orders_1'::regclass";
    assert_eq!(scene.client.query_one(kept, &[])?.get::<_, String>(0), "p");
    Ok(())
}

/// As after a restore in which the index of one partition failed.
#[test]
fn partitioned_index_of_restore_with_duplicates() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(TABLES)?;
    scene.run("ALTER TABLE orders ADD PRIMARY KEY (id, at)")?;
    let dump = scene.server.client("pg_dump", &["-d", "scene", "-n", "public", "-n", "Old'"])?;
    scene.server.connect("postgres")?.batch_execute("CREATE DATABASE restored")?;
    // A row was loaded twice.
    let copy = "COPY public.orders_2_1 (id, at, \"No\"\"te\") FROM stdin;\n";
    let twice = dump.replacen(copy, &format!("{copy}10\t10\t10\n"), 1);
    ensure!(twice != dump, "no such table in the dump");
    let file = scene.server.scratch("dump.sql");
    std::fs::write(&file, twice)?;
    let errors = scene.server.psql_file("restored", &file)?;
    ensure!(errors > 0, "no error");
    let mut restored = scene.server.connect("restored")?;
    restored.batch_execute("CREATE EXTENSION pg_flightcheck; ANALYZE")?;
    let rows = crate::finding::troubles(&mut restored, "")?;
    let objects: Vec<_> = rows.iter().map(|row| row.object.as_str()).collect();
    assert!(objects.contains(&"index public.orders_pkey on table public.orders"), "{rows:#?}");
    restored.batch_execute("DELETE FROM orders_2_1 WHERE ctid = (SELECT min(ctid) FROM orders_2_1 WHERE id = 10)")?;
    for step in 0.. {
        let rows = crate::finding::troubles(&mut restored, "")?;
        let Some(row) = rows.first() else { break };
        ensure!(step < 10, "the fixes do not end: {rows:#?}");
        std::fs::write(&file, row.fix()?)?;
        assert_eq!(scene.server.psql_file("restored", &file)?, 0, "{row:#?}");
    }
    report!("a partition's key that a restore could not create: created and attached");
    Ok(())
}

/// The parent index is validated only when an index is attached.
#[test]
fn partitioned_index_with_all_parts_is_validated() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(TABLES)?;
    scene.run("DROP TABLE orders_2, odd")?;
    scene.run("CREATE TABLE late PARTITION OF orders FOR VALUES FROM (30) TO (40); CREATE INDEX notes ON ONLY orders (\"No\"\"te\")")?;
    scene.run(
        "CREATE INDEX first ON orders_1 (\"No\"\"te\"); ALTER INDEX notes ATTACH PARTITION first; DROP TABLE late",
    )?;
    let row = scene.only()?;
    assert!(row.says("all its partitions have an index, but it is not marked as valid"), "{row:?}");
    scene.paste(&row)?;
    scene.assert_no_findings()?;
    // A foreign table cannot have an index.
    scene.run(
        "CREATE FOREIGN DATA WRAPPER nowhere; CREATE SERVER nowhere FOREIGN DATA WRAPPER nowhere; DROP INDEX notes;
         CREATE FOREIGN TABLE far PARTITION OF orders FOR VALUES FROM (50) TO (60) SERVER nowhere;
         CREATE INDEX notes ON ONLY orders (\"No\"\"te\")",
    )?;
    let row = scene.only()?;
    assert!(row.fix.is_none() && row.says("public.far is a foreign table"), "{row:?}");
    Ok(())
}
