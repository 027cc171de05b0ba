//! A guard that was enabled and does not guard.

use crate::finding::{Finding, flightcheck};
use crate::scene::Scene;
use anyhow::{Result, ensure};

const OFF: &str = "guard_off";
const DISARMED: &str = "guard_disarmed";
const TABLES: &str = "CREATE TABLE a (id serial PRIMARY KEY); CREATE SCHEMA \"S'\"; CREATE TABLE \"S'\".\"B\"\"b\" (id serial PRIMARY KEY)";

fn seen(row: &Finding) -> (&str, &str, &str) {
    (&row.severity, &row.check, &row.object)
}

#[test]
fn a_guard_that_never_was_is_not_missed() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(TABLES)?;
    scene.run("ALTER DATABASE scene SET pg_flightcheck.guard = off; SET pg_flightcheck.guard = off")?;
    scene.expect_nothing()
}

#[test]
fn what_is_demoted_is_put_back() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(TABLES)?;
    scene.run("SELECT seq_guard_enable()")?;
    scene.expect_nothing()?;
    let event_trigger = "event trigger pg_flightcheck_guard";
    for how in ["ENABLE", "DISABLE", "ENABLE REPLICA"] {
        let damage = format!("ALTER EVENT TRIGGER pg_flightcheck_guard {how}");
        let row = scene.mend(&damage, "warning", OFF, event_trigger)?;
        assert_eq!(row.fix()?, "ALTER EVENT TRIGGER pg_flightcheck_guard ENABLE ALWAYS;");
    }
    // What somebody has switched off stays off.
    for (table, how) in [
        ("public.a", "DISABLE TRIGGER pg_flightcheck_guard"),
        ("\"S'\".\"B\"\"b\"", "DISABLE TRIGGER pg_flightcheck_guard"),
    ] {
        scene.mend(&format!("ALTER TABLE {table} {how}"), "warning", DISARMED, &format!("table {table}"))?;
    }
    // Behind the event trigger's back: it puts right what it sees.
    for (table, how) in [("public.a", "ENABLE TRIGGER"), ("\"S'\".\"B\"\"b\"", "ENABLE REPLICA TRIGGER")] {
        scene.run(&format!(
            "ALTER EVENT TRIGGER pg_flightcheck_guard DISABLE; ALTER TABLE {table} {how} pg_flightcheck_guard;
             ALTER EVENT TRIGGER pg_flightcheck_guard ENABLE ALWAYS"
        ))?;
        let row = scene.only()?;
        ensure!(seen(&row) == ("warning", DISARMED, &format!("table {table}")), "{row:?}");
        assert!(row.says("fires in some sessions only") && row.fix()?.contains("seq_guard_enable('"), "{row:?}");
        scene.paste(&row)?;
        scene.expect_nothing()?;
    }
    // Dropped.
    scene.run(
        "ALTER EVENT TRIGGER pg_flightcheck_guard DISABLE; DROP TRIGGER pg_flightcheck_guard ON a;
         ALTER EVENT TRIGGER pg_flightcheck_guard ENABLE ALWAYS",
    )?;
    let row = scene.only()?;
    ensure!(seen(&row) == ("warning", DISARMED, "table public.a"), "{row:?}");
    scene.paste(&row)?;
    scene.expect_nothing()?;
    // Of a schema alone.
    scene.run("ALTER TABLE a DISABLE TRIGGER pg_flightcheck_guard")?;
    assert_eq!(flightcheck(&mut scene.client, "'S'''")?.len(), 0);
    assert_eq!(flightcheck(&mut scene.client, "'public'")?.len(), 1);
    Ok(())
}

#[test]
fn many_tables_are_one_row() -> Result<()> {
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
    scene.expect_nothing()
}

/// Who guards one schema has not asked for the others.
#[test]
fn schemas_that_nobody_wants_guarded() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(TABLES)?;
    scene.run("SELECT seq_guard_enable('public'); CREATE TABLE \"S'\".later (id serial PRIMARY KEY)")?;
    scene.expect_nothing()?;
    // Without the event trigger, which takes a superuser, only those that have a trigger were meant.
    scene.run("DROP EVENT TRIGGER pg_flightcheck_guard; CREATE TABLE later (id serial PRIMARY KEY)")?;
    let row = scene.only()?;
    assert_eq!(seen(&row), ("info", OFF, "the guard's event trigger"), "{row:?}");
    scene.paste(&row)?;
    scene.expect_nothing()
}

#[test]
fn a_setting_that_switches_it_off() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(TABLES)?;
    scene.run("CREATE ROLE \"Ro\"\"le\" LOGIN; SELECT seq_guard_enable()")?;
    for (alter, severity, object) in [
        ("DATABASE scene", "warning", "database scene"),
        ("ROLE ALL", "warning", "all roles"),
        ("ROLE \"Ro\"\"le\"", "info", "role \"Ro\"\"le\""),
        ("ROLE \"Ro\"\"le\" IN DATABASE scene", "info", "role \"Ro\"\"le\" in database scene"),
    ] {
        let row = scene.mend(&format!("ALTER {alter} SET pg_flightcheck.guard = 'OFF'"), severity, OFF, object)?;
        assert_eq!(row.fix()?, format!("ALTER {alter} RESET pg_flightcheck.guard;"));
    }
    // Another database's is no matter, nor is another value.
    scene.server.database("other")?;
    scene.run(
        "ALTER DATABASE other SET pg_flightcheck.guard = off; ALTER DATABASE scene SET pg_flightcheck.guard = error",
    )?;
    scene.expect_nothing()?;
    // In this session: the fix is run in it.
    scene.run("SET pg_flightcheck.guard = off")?;
    let row = scene.only()?;
    assert_eq!(seen(&row), ("warning", OFF, "this session"), "{row:?}");
    scene.client.batch_execute(row.fix()?)?;
    scene.expect_nothing()?;
    // A session that begins with it has it from the database: one row, not two.
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
    // ALTER SYSTEM runs with no other statement.
    assert_eq!(rows.len(), 2, "{rows:#?}");
    assert_eq!(rows[1].fix()?, "SELECT pg_catalog.pg_reload_conf();");
    assert_eq!(seen(&rows[0]), ("warning", OFF, "the server's configuration"), "{rows:#?}");
    scene.paste(&rows[0])?;
    while !flightcheck(&mut scene.client, "")?.is_empty() {}
    Ok(())
}
