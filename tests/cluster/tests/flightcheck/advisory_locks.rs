//! Advisory locks whose holder will not release them.

use crate::fixtures::Scene;
use anyhow::Result;
use cluster::report;
use postgres::Client;

const ORPHAN: &str = "advisory_lock_orphan";

fn named(scene: &Scene, name: &str) -> Result<Client> {
    let mut client = scene.another_session()?;
    client.batch_execute(&format!("SET application_name = '{name}'"))?;
    Ok(client)
}

fn pid(client: &mut Client) -> Result<i32> {
    Ok(client.query_one("SELECT pg_backend_pid()", &[])?.get(0))
}

#[test]
fn advisory_lock_orphan_is_reported_and_fixed() -> Result<()> {
    let mut scene = Scene::new(&["max_prepared_transactions = 4", "pg_flightcheck.orphan_after = 0"])?;
    scene.assert_no_findings()?;
    // The locks are held, and no session waits: only a migration tool's lock is reported.
    let mut holder = named(&scene, "gone astray")?;
    let holders_pid = pid(&mut holder)?;
    holder.batch_execute("SELECT pg_advisory_lock(72707369), pg_advisory_lock(5), pg_advisory_lock(6)")?;
    let row = scene.only()?;
    assert_eq!((row.severity.as_str(), row.check.as_str(), &row.fix), ("info", "advisory_lock_idle", &None), "{row:?}");
    assert!(row.says(&format!("idle holder: pid {holders_pid}; idle for ")), "{row:?}");
    assert!(row.says(
        "once no migration is running, this ends the session: SELECT * FROM public.advisory_lock_terminate('72707369'"
    ));
    let first = scene.start_waiting("SELECT pg_advisory_lock(72707369)")?;
    let row = scene.only()?;
    assert_eq!((row.severity.as_str(), row.check.as_str()), ("warning", ORPHAN), "{row:?}");
    assert!(row.object.starts_with("advisory lock 72707369 (Prisma Migrate"), "{row:?}");
    assert!(row.says(&format!("orphan: pid {holders_pid}; ")), "{row:?}");
    // One row covers all its locks, since they are released together.
    let second = scene.start_waiting("SELECT pg_advisory_lock(5)")?;
    let row = scene.only()?;
    assert!(row.says("it also holds"), "{row:?}");
    scene.paste(&row)?;
    for busy in [first, second] {
        busy.done()?;
    }
    assert_eq!(
        scene
            .client
            .query_one("SELECT count(*) FROM pg_stat_activity WHERE pid = $1", &[&holders_pid])?
            .get::<_, i64>(0),
        0
    );
    scene.assert_no_findings()?;
    report!("one row for a session with several awaited locks: {}", row.object);
    Ok(())
}

#[test]
fn advisory_lock_of_prepared_transaction_is_reported() -> Result<()> {
    let mut scene = Scene::new(&["max_prepared_transactions = 4", "pg_flightcheck.orphan_after = 0"])?;
    let prepare =
        "BEGIN; SELECT pg_advisory_xact_lock(7), pg_advisory_xact_lock(8); PREPARE TRANSACTION 'left ''over'''";
    scene.run(prepare)?;
    scene.assert_no_findings()?;
    let busy = scene.start_waiting("SELECT pg_advisory_lock(7)")?;
    let row = scene.only()?;
    assert_eq!((row.severity.as_str(), row.check.as_str()), ("warning", "advisory_lock_prepared"), "{row:?}");
    assert_eq!((row.object.as_str(), row.fix()?), ("advisory lock 7", "ROLLBACK PREPARED 'left ''over''';"));
    let other = scene.start_waiting("SELECT pg_advisory_lock(8)")?;
    assert!(scene.only()?.says("it also holds 8"));
    scene.paste(&row)?;
    busy.done()?;
    other.done()?;
    scene.assert_no_findings()
}

/// A lock of another database is reported only there.
#[test]
fn advisory_lock_of_other_database_is_not_reported() -> Result<()> {
    let mut scene = Scene::new(&["pg_flightcheck.orphan_after = 0"])?;
    scene.server.database("elsewhere")?;
    let mut holder = scene.server.connect("elsewhere")?;
    holder.batch_execute("SELECT pg_advisory_lock(5)")?;
    let mut waiter = scene.server.connect("elsewhere")?;
    let token = waiter.cancel_token();
    let waiting = std::thread::spawn(move || waiter.batch_execute("SELECT pg_advisory_lock(5)"));
    let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted";
    while scene.client.query_one(waits, &[])?.get::<_, i64>(0) == 0 {}
    scene.assert_no_findings()?;
    let rows = crate::finding::flightcheck(&mut scene.server.connect("elsewhere")?, "")?;
    assert!(rows.len() == 1 && rows[0].check == ORPHAN, "{rows:?}");
    token.cancel_query(postgres::NoTls)?;
    assert!(waiting.join().is_ok_and(|outcome| outcome.is_err()));
    Ok(())
}
