//! A guard that was enabled and no longer works.

use crate::finding::{Finding, flightcheck};
use crate::fixtures::Scene;
use anyhow::{Result, ensure};

const OFF: &str = "guard_off";
const DISARMED: &str = "guard_disarmed";
const TABLES: &str = "CREATE TABLE a (id serial PRIMARY KEY); CREATE SCHEMA \"S'\"; CREATE TABLE \"S'\".\"B\"\"b\" (id serial PRIMARY KEY)";

fn seen(row: &Finding) -> (&str, &str, &str) {
    (&row.severity, &row.check, &row.object)
}

#[test]
fn guard_never_enabled_is_not_reported() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(TABLES)?;
    scene.run("ALTER DATABASE scene SET pg_flightcheck.guard = off; SET pg_flightcheck.guard = off")?;
    scene.assert_no_findings()
}

#[test]
fn guard_trigger_disabled_is_fixed() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(TABLES)?;
    scene.run("SELECT seq_guard_enable()")?;
    scene.assert_no_findings()?;
    let event_trigger = "event trigger pg_flightcheck_guard";
    for how in ["ENABLE", "DISABLE", "ENABLE REPLICA"] {
        let damage = format!("ALTER EVENT TRIGGER pg_flightcheck_guard {how}");
        let row = scene.break_and_fix(&damage, "warning", OFF, event_trigger)?;
        assert_eq!(row.fix()?, "ALTER EVENT TRIGGER pg_flightcheck_guard ENABLE ALWAYS;");
    }
    // The event trigger leaves a disabled trigger disabled; the check reports it.
    for (table, how) in [
        ("public.a", "DISABLE TRIGGER pg_flightcheck_guard"),
        ("\"S'\".\"B\"\"b\"", "DISABLE TRIGGER pg_flightcheck_guard"),
    ] {
        scene.break_and_fix(&format!("ALTER TABLE {table} {how}"), "warning", DISARMED, &format!("table {table}"))?;
    }
    // With the event trigger disabled, which would otherwise repair the triggers.
    for (table, how) in [("public.a", "ENABLE TRIGGER"), ("\"S'\".\"B\"\"b\"", "ENABLE REPLICA TRIGGER")] {
        scene.run(&format!(
            "ALTER EVENT TRIGGER pg_flightcheck_guard DISABLE; ALTER TABLE {table} {how} pg_flightcheck_guard;
             ALTER EVENT TRIGGER pg_flightcheck_guard ENABLE ALWAYS"
        ))?;
        let row = scene.only()?;
        ensure!(seen(&row) == ("warning", DISARMED, &format!("table {table}")), "{row:?}");
        assert!(row.says("does not fire in every session") && row.fix()?.contains("seq_guard_enable('"), "{row:?}");
        scene.paste(&row)?;
        scene.assert_no_findings()?;
    }
    // The same for a dropped trigger.
    scene.run(
        "ALTER EVENT TRIGGER pg_flightcheck_guard DISABLE; DROP TRIGGER pg_flightcheck_guard ON a;
         ALTER EVENT TRIGGER pg_flightcheck_guard ENABLE ALWAYS",
    )?;
    let row = scene.only()?;
    ensure!(seen(&row) == ("warning", DISARMED, "table public.a"), "{row:?}");
    scene.paste(&row)?;
    scene.assert_no_findings()?;
    // Only for the given schema.
    scene.run("ALTER TABLE a DISABLE TRIGGER pg_flightcheck_guard")?;
    assert_eq!(flightcheck(&mut scene.client, "'S'''")?.len(), 0);
    assert_eq!(flightcheck(&mut scene.client, "'public'")?.len(), 1);
    Ok(())
}

#[test]
fn guard_disarmed_on_many_tables_is_one_row() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(TABLES)?;
    for number in 0..11 {
        scene.run(&format!("CREATE TABLE t{number} (id serial PRIMARY KEY)"))?;
    }
    scene.run("SELECT seq_guard_enable(); ALTER EVENT TRIGGER pg_flightcheck_guard DISABLE")?;
    for number in 0..9 {
        scene.run(&format!("DROP TRIGGER pg_flightcheck_guard ON t{number}"))?;
    }
    scene.run(
        "ALTER EVENT TRIGGER pg_flightcheck_guard ENABLE ALWAYS; ALTER TABLE t9 DISABLE TRIGGER pg_flightcheck_guard",
    )?;
    assert_eq!(scene.findings(DISARMED)?.len(), 10);
    scene.run("ALTER TABLE t10 DISABLE TRIGGER pg_flightcheck_guard")?;
    let row = scene.only()?;
    assert_eq!(seen(&row), ("warning", DISARMED, "11 tables"), "{row:?}");
    scene.paste(&row)?;
    scene.assert_no_findings()
}

/// A user who guards one schema has not asked to guard others.
#[test]
fn guard_ignores_unguarded_schemas() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(TABLES)?;
    scene.run("SELECT seq_guard_enable('public'); CREATE TABLE \"S'\".later (id serial PRIMARY KEY)")?;
    scene.assert_no_findings()?;
    // Without the event trigger, which requires a superuser, only tables with a trigger were meant
    // to be guarded.
    scene.run("DROP EVENT TRIGGER pg_flightcheck_guard; CREATE TABLE later (id serial PRIMARY KEY)")?;
    let row = scene.only()?;
    assert_eq!(seen(&row), ("info", OFF, "the guard's event trigger"), "{row:?}");
    scene.paste(&row)?;
    scene.assert_no_findings()
}

#[test]
fn guard_off_by_setting_is_reported() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(TABLES)?;
    scene.run("CREATE ROLE \"Ro\"\"le\" LOGIN; SELECT seq_guard_enable()")?;
    for (alter, severity, object) in [
        ("DATABASE scene", "warning", "database scene"),
        ("ROLE ALL", "warning", "all roles"),
        ("ROLE \"Ro\"\"le\"", "info", "role \"Ro\"\"le\""),
        ("ROLE \"Ro\"\"le\" IN DATABASE scene", "info", "role \"Ro\"\"le\" in database scene"),
    ] {
        let row =
            scene.break_and_fix(&format!("ALTER {alter} SET pg_flightcheck.guard = 'OFF'"), severity, OFF, object)?;
        assert_eq!(row.fix()?, format!("ALTER {alter} RESET pg_flightcheck.guard;"));
    }
    // Settings of other databases, and other values, do not matter.
    scene.server.database("other")?;
    scene.run(
        "ALTER DATABASE other SET pg_flightcheck.guard = off; ALTER DATABASE scene SET pg_flightcheck.guard = error",
    )?;
    scene.assert_no_findings()?;
    // In this session: the fix must run in it.
    scene.run("SET pg_flightcheck.guard = off")?;
    let row = scene.only()?;
    assert_eq!(seen(&row), ("warning", OFF, "this session"), "{row:?}");
    scene.client.batch_execute(row.fix()?)?;
    scene.assert_no_findings()?;
    // A session that starts with this value has it from the database: one row, not two.
    scene.run("ALTER DATABASE scene SET pg_flightcheck.guard = off")?;
    let mut session = scene.another_session()?;
    let rows = flightcheck(&mut session, "")?;
    assert!(rows.len() == 1 && rows[0].object == "database scene", "{rows:?}");
    scene.paste(&rows[0])?;
    scene.run("ALTER SYSTEM SET pg_flightcheck.guard = off")?;
    scene.run("SELECT pg_reload_conf()")?;
    let rows = loop {
        let rows = flightcheck(&mut scene.client, "")?;
        if !rows.is_empty() {
            break rows;
        }
    };
    // ALTER SYSTEM cannot run with another statement.
    assert_eq!(rows.len(), 2, "{rows:#?}");
    assert_eq!(rows[1].fix()?, "SELECT pg_catalog.pg_reload_conf();");
    assert_eq!(seen(&rows[0]), ("warning", OFF, "the server's configuration"), "{rows:#?}");
    scene.paste(&rows[0])?;
    while !flightcheck(&mut scene.client, "")?.is_empty() {}
    Ok(())
}
