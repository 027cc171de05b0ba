//! Tables that have lost their primary key.

use crate::finding::{flightcheck, of_check};
use crate::scene::Scene;
use anyhow::Result;
use cluster::report;

const MISSING: &str = "primary_key_missing";

#[test]
fn a_key_that_its_siblings_have() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(
        "CREATE TABLE customers (id serial PRIMARY KEY); CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
         CREATE TABLE \"Line\"\"s\" (\"I d\" serial PRIMARY KEY); CREATE TABLE uuids (id uuid PRIMARY KEY)",
    )?;
    scene.expect_nothing()?;
    let damage = "ALTER TABLE orders DROP CONSTRAINT orders_pkey";
    scene.mend(damage, "warning", MISSING, "table public.orders")?;
    // The key's name is taken by something else.
    scene.run("CREATE VIEW \"Line\"\"s_pkey1\" AS SELECT 1; ALTER INDEX \"Line\"\"s_pkey\" RENAME TO other; CREATE VIEW \"Line\"\"s_pkey\" AS SELECT 1")?;
    let damage = "ALTER TABLE \"Line\"\"s\" DROP CONSTRAINT other";
    let row = scene.mend(damage, "warning", MISSING, "table public.\"Line\"\"s\"")?;
    assert!(row.fix()?.contains("\"Line\"\"s_pkey2\"") && row.says("3 other tables"), "{row:?}");
    // No sequence, and only called as most of the others are: it may be a copy.
    scene.run("ALTER TABLE uuids DROP CONSTRAINT uuids_pkey")?;
    let row = scene.only()?;
    let seen = (row.severity.as_str(), row.object.as_str(), &row.fix);
    assert_eq!(seen, ("info", "table public.uuids", &None), "{row:?}");
    scene.run("ALTER TABLE uuids ADD PRIMARY KEY (id); CREATE TABLE more (id serial PRIMARY KEY)")?;
    // Two at once are still fewer than those that have one.
    scene.run("ALTER TABLE orders DROP CONSTRAINT orders_pkey; ALTER TABLE more DROP CONSTRAINT more_pkey")?;
    let rows = of_check(&mut scene.client, "", MISSING)?;
    assert_eq!(rows.len(), 2, "{rows:#?}");
    for row in &rows {
        scene.paste(row)?;
    }
    scene.expect_nothing()
}

/// A log or two without a key do not hide a key that is lost.
#[test]
fn logs_are_no_excuse_among_many() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run("CREATE TABLE log (line text); CREATE TABLE lost (id serial)")?;
    for number in 1..10 {
        scene.run(&format!("CREATE TABLE t{number} (id serial PRIMARY KEY)"))?;
    }
    // That few tables could do without a rule.
    assert_eq!(scene.summary()?, ["info primary_key_missing table public.log"]);
    scene.run("CREATE TABLE t10 (id serial PRIMARY KEY)")?;
    let expected = ["warning primary_key_missing table public.lost", "info primary_key_missing table public.log"];
    assert_eq!(scene.summary()?, expected);
    scene.run("CREATE TABLE another_log (line text)")?;
    scene.expect_nothing()
}

/// As pg_restore leaves it that met duplicates.
#[test]
fn duplicates_stop_the_fix() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run("CREATE TABLE a (id serial PRIMARY KEY); CREATE TABLE b (id serial PRIMARY KEY); CREATE TABLE c (id serial NOT NULL)")?;
    scene.run("INSERT INTO c VALUES (-1), (-1)")?;
    let row = scene.only()?;
    assert!(row.says("23505") && scene.paste(&row).is_err(), "{row:?}");
    // What is left of the first statement is told, and the next attempt takes another name.
    scene.run("DELETE FROM c")?;
    let rows = flightcheck(&mut scene.client, "")?;
    let seen: Vec<_> = rows.iter().map(|row| (row.severity.as_str(), row.check.as_str())).collect();
    assert_eq!(seen, [("error", "index_invalid"), ("warning", MISSING)], "{rows:#?}");
    assert_ne!(rows[1].fix()?, row.fix()?);
    scene.paste(&rows[1])?;
    let row = scene.only()?;
    assert_eq!(row.check, "index_invalid");
    scene.paste(&row)?;
    scene.expect_nothing()
}

#[test]
fn what_may_have_none() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run("CREATE TABLE a (id serial PRIMARY KEY); CREATE TABLE lone (id serial)")?;
    // One sibling makes no rule.
    scene.expect_nothing()?;
    scene.run(
        "DROP TABLE lone; CREATE TABLE b (id serial PRIMARY KEY); CREATE TABLE c (id serial PRIMARY KEY);
         -- As Prisma joins two tables.
         CREATE TABLE \"_AToB\" (\"A\" int NOT NULL REFERENCES a, \"B\" int NOT NULL REFERENCES b);
         CREATE UNIQUE INDEX ON \"_AToB\" (\"A\", \"B\");
         CREATE UNLOGGED TABLE scratch (id serial); CREATE TEMP TABLE other (id serial);
         CREATE TABLE child () INHERITS (a);
         CREATE TABLE member (id serial); ALTER EXTENSION pg_flightcheck ADD TABLE member",
    )?;
    scene.expect_nothing()?;
    // A column called as one table's key alone says nothing.
    scene.run("CREATE TABLE codes (code int PRIMARY KEY); CREATE TABLE log (line text, code int NOT NULL)")?;
    let row = scene.only()?;
    assert_eq!((row.severity.as_str(), row.check.as_str(), &row.fix), ("info", MISSING, &None), "{row:?}");
    // Not the only one, so there is no such rule here.
    scene.run("CREATE TABLE another_log (line text)")?;
    scene.expect_nothing()?;
    // Where partitions have none on purpose.
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

/// A table of a tool has the key that the tool gives it; the rows that a trigger keeps come with ids of their own, which repeat.
#[test]
fn primary_key_missing_is_not_claimed_of_histories() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(
        "CREATE TABLE ship (id int PRIMARY KEY); CREATE TABLE customer (id int PRIMARY KEY); CREATE TABLE port (id int PRIMARY KEY);
         CREATE TABLE orders (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, state text);
         CREATE TABLE databasechangelog (id varchar(255) NOT NULL, author varchar(255) NOT NULL, filename varchar(255) NOT NULL,
             dateexecuted timestamp NOT NULL, orderexecuted int NOT NULL, exectype varchar(10) NOT NULL, md5sum varchar(35))",
    )?;
    scene.expect_nothing()?;
    let trigger = "CREATE OR REPLACE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS
        $$BEGIN INSERT INTO history SELECT old.*; RETURN new; END$$;
        CREATE TRIGGER keep BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION keep(); INSERT INTO orders (state) VALUES ('new');
        UPDATE orders SET state = 'paid'";
    // Its column is fed by nothing, by the original's sequence, by its own that is never drawn from.
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

/// pgbench_history has none, and columns called as the others' keys.
#[test]
fn pgbench_is_no_trouble() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    for arguments in [&["-i", "-q", "scene"][..], &["-i", "-q", "--partitions=3", "--foreign-keys", "scene"]] {
        scene.server.client("pgbench", arguments)?;
        let found = scene.summary()?;
        assert!(found.iter().all(|row| *row == "info primary_key_missing table public.pgbench_history"), "{found:?}");
    }
    Ok(())
}

#[test]
fn a_partition_without_the_key_of_the_others() -> Result<()> {
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
    scene.expect_nothing()?;
    let damage = "ALTER TABLE \"Part 2\" DROP CONSTRAINT \"Part 2_pkey\"";
    let row = scene.mend(damage, "warning", MISSING, "table public.\"Part 2\"")?;
    assert!(row.says("3 other children of public.events") && row.fix()?.contains("(b, \"I d\")"), "{row:?}");
    scene.run(
        "CREATE TABLE base (id int); CREATE TABLE c1 (PRIMARY KEY (id)) INHERITS (base);
         CREATE TABLE c2 (PRIMARY KEY (id)) INHERITS (base); CREATE TABLE c3 (PRIMARY KEY (id)) INHERITS (base)",
    )?;
    scene.expect_nothing()?;
    // A table that inherits may have none on purpose, as LedgerSMB's asset_note.
    scene.run("ALTER TABLE c1 DROP CONSTRAINT c1_pkey")?;
    let row = scene.only()?;
    assert_eq!((row.severity.as_str(), row.object.as_str(), &row.fix), ("info", "table public.c1", &None), "{row:?}");
    report!("a partition's key is made as the other partitions have it");
    Ok(())
}
