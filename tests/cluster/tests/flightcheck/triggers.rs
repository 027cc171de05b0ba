//! Triggers, rules and event triggers that are disabled.

use crate::fixtures::Scene;
use anyhow::Result;
use cluster::report;

const TABLES: &str = r#"
    CREATE FUNCTION stay() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
    CREATE FUNCTION hear() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
    CREATE TABLE notes (id int, body text);
    CREATE TRIGGER stamp BEFORE INSERT ON notes FOR EACH ROW EXECUTE FUNCTION stay();
    CREATE CONSTRAINT TRIGGER late AFTER INSERT ON notes DEFERRABLE FOR EACH ROW EXECUTE FUNCTION stay();
    CREATE RULE quiet AS ON DELETE TO notes DO INSTEAD NOTHING;
    CREATE SCHEMA "S""s";
    CREATE TABLE "S""s"."T
t" (id int);
    CREATE TRIGGER "Tr""g
x" AFTER DELETE ON "S""s"."T
t" FOR EACH STATEMENT EXECUTE FUNCTION stay();
    CREATE TABLE events (id int) PARTITION BY RANGE (id);
    CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (10);
    CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM (10) TO (20);
    CREATE TRIGGER each BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION stay();
    CREATE TABLE seats (seat int, CONSTRAINT one_each UNIQUE (seat) DEFERRABLE INITIALLY DEFERRED);
    CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION hear();
"#;

#[test]
fn trigger_disabled_is_fixed() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(TABLES)?;
    scene.assert_no_findings()?;
    let off = "trigger_disabled";
    for (damage, check, object) in [
        ("ALTER TABLE notes DISABLE TRIGGER stamp", off, "trigger stamp on table public.notes"),
        ("ALTER TABLE notes DISABLE TRIGGER late", off, "trigger late on table public.notes"),
        ("ALTER TABLE notes DISABLE RULE quiet", "rule_disabled", "rule quiet on table public.notes"),
        ("ALTER EVENT TRIGGER watch DISABLE", off, "event trigger watch"),
        // A partitioned table's trigger and its copies are one row, and so is a single copy.
        ("ALTER TABLE events DISABLE TRIGGER each", off, "trigger each on table public.events"),
        ("ALTER TABLE events_2 DISABLE TRIGGER each", off, "trigger each on table public.events_2"),
        ("ALTER TABLE ONLY events DISABLE TRIGGER each", off, "trigger each on table public.events"),
        (
            "ALTER TABLE \"S\"\"s\".\"T\nt\" DISABLE TRIGGER USER",
            off,
            "trigger \"Tr\"\"g\nx\" on table \"S\"\"s\".\"T\nt\"",
        ),
    ] {
        scene.break_and_fix(damage, "warning", check, object)?;
    }
    for (damage, check, object) in [
        (
            "ALTER TABLE notes ENABLE REPLICA TRIGGER stamp",
            "trigger_replica_only",
            "trigger stamp on table public.notes",
        ),
        ("ALTER TABLE notes ENABLE REPLICA RULE quiet", "rule_replica_only", "rule quiet on table public.notes"),
        ("ALTER EVENT TRIGGER watch ENABLE REPLICA", "trigger_replica_only", "event trigger watch"),
    ] {
        // It may be meant for a subscriber, so there is no fix.
        scene.run(damage)?;
        let row = scene.only()?;
        let seen = (row.severity.as_str(), row.check.as_str(), row.object.as_str(), &row.fix);
        assert_eq!(seen, ("info", check, object, &None), "{row:?}");
        scene.run("ALTER TABLE notes ENABLE TRIGGER stamp; ALTER TABLE notes ENABLE RULE quiet; ALTER EVENT TRIGGER watch ENABLE")?;
    }
    // ENABLE ALWAYS is intentional.
    scene.run("ALTER TABLE notes ENABLE ALWAYS TRIGGER stamp; ALTER EVENT TRIGGER watch ENABLE ALWAYS")?;
    scene.assert_no_findings()
}

/// A load with --disable-triggers that is interrupted leaves all triggers of a table disabled.
#[test]
fn trigger_disabled_by_interrupted_load() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(TABLES)?;
    scene.run("ALTER TABLE notes DISABLE TRIGGER ALL; ALTER TABLE seats DISABLE TRIGGER ALL")?;
    // Without its trigger, the constraint is not enforced.
    scene.run("INSERT INTO seats VALUES (1), (1); DELETE FROM seats")?;
    let found = scene.findings("trigger_disabled")?;
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(found[2].says("the deferrable constraint one_each is not enforced"), "{found:#?}");
    for finding in &found {
        scene.paste(finding)?;
    }
    scene.assert_no_findings()?;
    assert!(scene.run("INSERT INTO seats VALUES (1), (1)").is_err());
    report!("an interrupted load: {} triggers are enabled again", found.len());
    Ok(())
}

#[test]
fn trigger_of_extension_is_not_reported() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(TABLES)?;
    scene.run(
        "CREATE TABLE parents (id int PRIMARY KEY); CREATE TABLE children (id int REFERENCES parents);
         CREATE TEMP TABLE scratch (id int);
         CREATE TRIGGER gone AFTER DELETE ON scratch EXECUTE FUNCTION stay();
         ALTER TABLE scratch DISABLE TRIGGER gone;
         CREATE TABLE members (id int);
         CREATE TRIGGER gone AFTER DELETE ON members EXECUTE FUNCTION stay();
         ALTER TABLE members DISABLE TRIGGER gone;
         ALTER EXTENSION pg_flightcheck ADD TABLE members;",
    )?;
    scene.assert_no_findings()?;
    // Triggers of foreign keys are reported with their foreign key.
    scene.run("ALTER TABLE children DISABLE TRIGGER ALL")?;
    assert_eq!(scene.findings("trigger_disabled")?.len(), 0);
    // The guard's triggers are reported by the guard's check.
    scene.run(
        "ALTER TABLE children ENABLE TRIGGER ALL; CREATE TABLE ids (id serial PRIMARY KEY);
         SELECT seq_guard_enable(); ALTER TABLE ids DISABLE TRIGGER USER; ALTER EVENT TRIGGER pg_flightcheck_guard DISABLE",
    )?;
    assert_eq!(scene.findings("trigger_disabled")?.len(), 0);
    // Only for the given schema, except event triggers, which apply to all.
    scene.run("ALTER TABLE notes DISABLE TRIGGER stamp; ALTER EVENT TRIGGER watch DISABLE")?;
    let rows = crate::finding::of_check(&mut scene.client, "'S\"s'", "trigger_disabled")?;
    assert_eq!(rows.iter().map(|row| row.object.as_str()).collect::<Vec<_>>(), ["event trigger watch"]);
    Ok(())
}
