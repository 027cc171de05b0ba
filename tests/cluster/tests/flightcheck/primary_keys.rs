//! Tables that have lost their primary key.

use crate::finding::{flightcheck, of_check};
use crate::fixtures::Scene;
use anyhow::Result;
use cluster::report;

const MISSING: &str = "primary_key_missing";

#[test]
fn primary_key_missing_among_tables_with_keys() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(
        "CREATE TABLE customers (id serial PRIMARY KEY); CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
         CREATE TABLE \"Line\"\"s\" (\"I d\" serial PRIMARY KEY); CREATE TABLE uuids (id uuid PRIMARY KEY)",
    )?;
    scene.assert_no_findings()?;
    let damage = "ALTER TABLE orders DROP CONSTRAINT orders_pkey";
    scene.break_and_fix(damage, "warning", MISSING, "table public.orders")?;
    // The default name of the key is taken by another object.
    scene.run("CREATE VIEW \"Line\"\"s_pkey1\" AS SELECT 1; ALTER INDEX \"Line\"\"s_pkey\" RENAME TO other; CREATE VIEW \"Line\"\"s_pkey\" AS SELECT 1")?;
    let damage = "ALTER TABLE \"Line\"\"s\" DROP CONSTRAINT other";
    let row = scene.break_and_fix(damage, "warning", MISSING, "table public.\"Line\"\"s\"")?;
    assert!(row.fix()?.contains("\"Line\"\"s_pkey2\"") && row.says("3 other tables"), "{row:?}");
    // It has no sequence, and only its name is like most of the others: it may be a copy.
    scene.run("ALTER TABLE uuids DROP CONSTRAINT uuids_pkey")?;
    let row = scene.only()?;
    let seen = (row.severity.as_str(), row.object.as_str(), &row.fix);
    assert_eq!(seen, ("info", "table public.uuids", &None), "{row:?}");
    scene.run("ALTER TABLE uuids ADD PRIMARY KEY (id); CREATE TABLE more (id serial PRIMARY KEY)")?;
    // Two at once are still fewer than those with a key.
    scene.run("ALTER TABLE orders DROP CONSTRAINT orders_pkey; ALTER TABLE more DROP CONSTRAINT more_pkey")?;
    let rows = of_check(&mut scene.client, "", MISSING)?;
    assert_eq!(rows.len(), 2, "{rows:#?}");
    for row in &rows {
        scene.paste(row)?;
    }
    scene.assert_no_findings()
}

/// One or two logs without a key do not hide a key that is lost.
#[test]
fn primary_key_missing_is_reported_despite_logs() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run("CREATE TABLE log (line text); CREATE TABLE lost (id serial)")?;
    for number in 1..10 {
        scene.run(&format!("CREATE TABLE t{number} (id serial PRIMARY KEY)"))?;
    }
    // With so few tables, there may be no such rule.
    assert_eq!(scene.summary()?, ["info primary_key_missing table public.log"]);
    scene.run("CREATE TABLE t10 (id serial PRIMARY KEY)")?;
    let expected = ["warning primary_key_missing table public.lost", "info primary_key_missing table public.log"];
    assert_eq!(scene.summary()?, expected);
    scene.run("CREATE TABLE another_log (line text)")?;
    scene.assert_no_findings()
}

/// As after a pg_restore that failed on duplicates.
#[test]
fn primary_key_fix_fails_on_duplicates() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run("CREATE TABLE a (id serial PRIMARY KEY); CREATE TABLE b (id serial PRIMARY KEY); CREATE TABLE c (id serial NOT NULL)")?;
    scene.run("INSERT INTO c VALUES (-1), (-1)")?;
    let row = scene.only()?;
    assert!(row.says("23505") && scene.paste(&row).is_err(), "{row:?}");
    // What is left of the first statement is reported, and the next attempt uses another name.
    scene.run("DELETE FROM c")?;
    let rows = flightcheck(&mut scene.client, "")?;
    let seen: Vec<_> = rows.iter().map(|row| (row.severity.as_str(), row.check.as_str())).collect();
    assert_eq!(seen, [("error", "index_invalid"), ("warning", MISSING)], "{rows:#?}");
    assert_ne!(rows[1].fix()?, row.fix()?);
    scene.paste(&rows[1])?;
    let row = scene.only()?;
    assert_eq!(row.check, "index_invalid");
    scene.paste(&row)?;
    scene.assert_no_findings()
}

#[test]
fn primary_key_missing_is_not_reported_by_design() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run("CREATE TABLE a (id serial PRIMARY KEY); CREATE TABLE lone (id serial)")?;
    // One other table is not enough for a rule.
    scene.assert_no_findings()?;
    scene.run(
        "DROP TABLE lone; CREATE TABLE b (id serial PRIMARY KEY); CREATE TABLE c (id serial PRIMARY KEY);
         -- Prisma's join table.
         CREATE TABLE \"_AToB\" (\"A\" int NOT NULL REFERENCES a, \"B\" int NOT NULL REFERENCES b);
         CREATE UNIQUE INDEX ON \"_AToB\" (\"A\", \"B\");
         CREATE UNLOGGED TABLE scratch (id serial); CREATE TEMP TABLE other (id serial);
         CREATE TABLE child () INHERITS (a);
         CREATE TABLE member (id serial); ALTER EXTENSION pg_flightcheck ADD TABLE member",
    )?;
    scene.assert_no_findings()?;
    // A column with the name of another table's key is not evidence.
    scene.run("CREATE TABLE codes (code int PRIMARY KEY); CREATE TABLE log (line text, code int NOT NULL)")?;
    let row = scene.only()?;
    assert_eq!((row.severity.as_str(), row.check.as_str(), &row.fix), ("info", MISSING, &None), "{row:?}");
    // It is not the only one, so there is no such rule in this schema.
    scene.run("CREATE TABLE another_log (line text)")?;
    scene.assert_no_findings()?;
    // A partitioned table without a key on purpose.
    scene.run(
        "DROP TABLE log; DROP TABLE another_log;
         CREATE TABLE events (id bigserial, at date NOT NULL) PARTITION BY RANGE (at);
         CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')",
    )?;
    let row = scene.only()?;
    assert_eq!(
        (row.severity.as_str(), row.object.as_str(), &row.fix),
        ("info", "table public.events", &None),
        "{row:?}"
    );
    Ok(())
}

/// A tool's table has the key that the tool gives it; rows that a trigger keeps have existing ids,
/// which repeat.
#[test]
fn primary_key_missing_is_info_for_histories() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(
        "CREATE TABLE ship (id int PRIMARY KEY); CREATE TABLE customer (id int PRIMARY KEY); CREATE TABLE port (id int PRIMARY KEY);
         CREATE TABLE orders (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, state text);
         CREATE TABLE databasechangelog (id varchar(255) NOT NULL, author varchar(255) NOT NULL, filename varchar(255) NOT NULL,
             dateexecuted timestamp NOT NULL, orderexecuted int NOT NULL, exectype varchar(10) NOT NULL, md5sum varchar(35))",
    )?;
    scene.assert_no_findings()?;
    let trigger = "CREATE OR REPLACE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS
        $$BEGIN INSERT INTO history SELECT old.*; RETURN new; END$$;
        CREATE TRIGGER keep BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION keep(); INSERT INTO orders (state) VALUES ('new');
        UPDATE orders SET state = 'paid'";
    // The column has no sequence, the original's sequence, or its own that is never used.
    for options in ["", "INCLUDING DEFAULTS", "INCLUDING IDENTITY"] {
        scene.run(&format!("CREATE TABLE history (LIKE orders {options}); {trigger}; ANALYZE"))?;
        let rows = scene.findings(MISSING)?;
        let seen: Vec<_> = rows.iter().map(|row| (row.severity.as_str(), row.object.as_str(), &row.fix)).collect();
        assert_eq!(seen, [("info", "table public.history", &None)], "{options}: {rows:#?}");
        scene.run("DROP TRIGGER keep ON orders; DROP TABLE history")?;
    }
    scene.run("CREATE TABLE numbered (id serial PRIMARY KEY, n int); INSERT INTO numbered VALUES (1, 1)")?;
    scene.run("CREATE TABLE copy (LIKE numbered INCLUDING DEFAULTS); INSERT INTO copy VALUES (1, 1); ANALYZE")?;
    let row = scene.findings(MISSING)?.remove(0);
    assert_eq!((row.severity.as_str(), row.object.as_str(), &row.fix), ("info", "table public.copy", &None), "{row:?}");
    Ok(())
}

/// pgbench_history has no key, and columns with the names of the other tables' keys.
#[test]
fn primary_key_missing_is_info_for_pgbench() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    for arguments in [&["-i", "-q", "scene"][..], &["-i", "-q", "--partitions=3", "--foreign-keys", "scene"]] {
        scene.server.client("pgbench", arguments)?;
        let found = scene.summary()?;
        assert!(found.iter().all(|row| *row == "info primary_key_missing table public.pgbench_history"), "{found:?}");
    }
    Ok(())
}

#[test]
fn primary_key_missing_on_one_partition() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run("CREATE TABLE events (\"I d\" int NOT NULL, b int NOT NULL, at int) PARTITION BY RANGE (at)")?;
    for number in 0..4 {
        scene.run(&format!(
            "CREATE TABLE \"Part {number}\" PARTITION OF events FOR VALUES FROM ({number}) TO ({});
             ALTER TABLE \"Part {number}\" ADD PRIMARY KEY (b, \"I d\");
             CREATE TABLE other{number} (x int PRIMARY KEY)",
            number + 1
        ))?;
    }
    scene.run("DROP TABLE other0, other1, other2, other3")?;
    scene.assert_no_findings()?;
    let damage = "ALTER TABLE \"Part 2\" DROP CONSTRAINT \"Part 2_pkey\"";
    let row = scene.break_and_fix(damage, "warning", MISSING, "table public.\"Part 2\"")?;
    assert!(row.says("3 other children of public.events") && row.fix()?.contains("(b, \"I d\")"), "{row:?}");
    scene.run(
        "CREATE TABLE base (id int); CREATE TABLE c1 (PRIMARY KEY (id)) INHERITS (base);
         CREATE TABLE c2 (PRIMARY KEY (id)) INHERITS (base); CREATE TABLE c3 (PRIMARY KEY (id)) INHERITS (base)",
    )?;
    scene.assert_no_findings()?;
    // A table that inherits may have no key on purpose, like LedgerSMB's asset_note.
    scene.run("ALTER TABLE c1 DROP CONSTRAINT c1_pkey")?;
    let row = scene.only()?;
    assert_eq!((row.severity.as_str(), row.object.as_str(), &row.fix), ("info", "table public.c1", &None), "{row:?}");
    report!("a partition's key is created like that of the other partitions");
    Ok(())
}
