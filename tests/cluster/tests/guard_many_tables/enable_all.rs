//! CALL seq_guard_enable_all() and seq_guard_disable_all() for all tables, concurrent with writers.

use crate::fixtures::{DATABASE, Scene, rows};
use anyhow::{Context, Result, ensure};
use cluster::{explain, own_memory, report, state_of};
use postgres::{Client, NoTls};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread::{JoinHandle, scope, sleep};
use std::time::{Duration, Instant};

/// Inserts into random tables, several in a transaction, until stopped. Returns the number of rows.
fn write(scene: &Scene, stop: &AtomicBool) -> Result<i64> {
    let mut client = scene.client()?;
    let mut random = fastrand::Rng::with_seed(1);
    let mut rows = 0;
    while !stop.load(Ordering::Relaxed) {
        let mut transaction = client.transaction()?;
        let mut tables: Vec<i64> = (0..10).map(|_| random.i64(1..=scene.tables)).collect();
        // Writers that lock their tables in order do not deadlock.
        tables.sort_unstable();
        for table in tables {
            transaction.batch_execute(&format!("INSERT INTO t{table} DEFAULT VALUES"))?;
            rows += 1;
        }
        transaction.commit()?;
    }
    Ok(rows)
}

/// Samples the lock table until stopped. Returns the largest number of locked objects.
fn watch(scene: &Scene, stop: &AtomicBool) -> Result<i64> {
    let (mut client, most) = (scene.client()?, AtomicI64::new(0));
    while !stop.load(Ordering::Relaxed) {
        most.fetch_max(Scene::locked(&mut client)?, Ordering::Relaxed);
        sleep(Duration::from_millis(5));
    }
    Ok(most.into_inner())
}

#[test]
fn enable_all_and_disable_all_run_concurrently_with_writers() -> Result<()> {
    let scene = Scene::start()?;
    let slots = scene.slots()?;
    for (call, armed) in [("seq_guard_enable_all()", scene.tables), ("seq_guard_disable_all()", 0)] {
        let stop = AtomicBool::new(false);
        let (mut client, notices) = scene.noting()?;
        let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[])?.get(0);
        let (called, took, written, most) = scope(|threads| {
            let writers = [(); 2].map(|()| threads.spawn(|| write(&scene, &stop)));
            let watcher = threads.spawn(|| watch(&scene, &stop));
            let started = Instant::now();
            let called = client.batch_execute(&format!("CALL {call}"));
            let took = started.elapsed();
            stop.store(true, Ordering::Relaxed);
            let ended = |thread: std::thread::ScopedJoinHandle<'_, Result<i64>>| {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            let most = ended(watcher);
            (called, took, writers.map(ended), most)
        });
        called.map_err(|error| anyhow::anyhow!("{call}: {}", explain(&error)))?;
        let written: Result<Vec<i64>> = written.into_iter().collect();
        let (written, most): (i64, i64) = (written.context("a writer failed")?.iter().sum(), most?);
        let messages: Vec<String> = notices.take().iter().map(|notice| notice.message().to_owned()).collect();
        let last = messages.last().context("nothing was said")?;
        ensure!(
            last.contains(&format!("{} tables", scene.tables)) && last.contains("; 0 left"),
            "{call}: {messages:?}"
        );
        assert_eq!(scene.armed()?, armed, "after {call}");
        ensure!(
            written > 0 && most <= slots / 2 + 50,
            "{call}: {written} rows written, {most} of {slots} slots in use"
        );
        report!(
            "{call}: {} tables in {took:.1?}, concurrent with writers of {written} rows; at most {most} of {slots} slots; {} kB",
            scene.tables,
            own_memory(pid)?
        );
    }
    scene.client()?.batch_execute("DROP EXTENSION pg_flightcheck")?;
    Ok(())
}

/// Calls `seq_guard_enable_all()` and returns the session when it waits for a lock.
fn call_and_wait(scene: &Scene, mut client: Client) -> Result<JoinHandle<(Client, Result<(), postgres::Error>)>> {
    client.batch_execute("SET lock_timeout = '60s'")?;
    let waiter = std::thread::spawn(move || {
        let called = client.batch_execute("CALL seq_guard_enable_all()");
        (client, called)
    });
    let mut observer = scene.client()?;
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'CALL seq_guard%'";
    while observer.query_one(waits, &[])?.get::<_, i64>(0) == 0 {
        ensure!(!waiter.is_finished(), "the call did not wait");
        sleep(Duration::from_millis(5));
    }
    Ok(waiter)
}

fn ended<T>(thread: JoinHandle<T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

#[test]
fn enable_all_continues_after_cancel() -> Result<()> {
    let scene = Scene::start_with(500)?;
    let mut holder = scene.client()?;
    let mut transaction = holder.transaction()?;
    transaction.batch_execute("LOCK TABLE t1")?;
    let (client, notices) = scene.noting()?;
    let token = client.cancel_token();
    let waiter = call_and_wait(&scene, client)?;
    assert_eq!(scene.armed()?, 499, "a busy table comes last");
    token.cancel_query(NoTls)?;
    let (mut client, called) = ended(waiter);
    assert_eq!(state_of(called).code(), "57014");
    assert_eq!(scene.armed()?, 499);
    transaction.commit()?;
    notices.take();
    client.batch_execute("CALL seq_guard_enable_all()")?;
    assert_eq!(notices.take().pop().context("nothing was said")?.message(), "1 table armed; 0 left unchanged");
    assert_eq!(scene.armed()?, scene.tables);
    Ok(())
}

/// A table that cannot be armed is left and reported; the others are armed.
#[test]
fn enable_all_reports_tables_left() -> Result<()> {
    let scene = Scene::start_with(1_000)?;
    let mut setup = scene.client()?;
    setup.batch_execute(
        "CREATE ROLE restricted; ALTER TABLE t1 OWNER TO restricted; ALTER TABLE t2 OWNER TO restricted;
         ALTER TABLE t3 OWNER TO restricted",
    )?;
    let mut holder = scene.client()?;
    let mut transaction = holder.transaction()?;
    transaction.batch_execute("LOCK TABLE t2; INSERT INTO t5 DEFAULT VALUES")?;
    let (mut client, notices) = scene.noting()?;
    client.batch_execute("SET ROLE restricted")?;
    client.batch_execute("CALL seq_guard_enable_all('public')")?;
    let notices_taken = notices.take();
    let warning = notices_taken.last().context("nothing was said")?;
    assert_eq!((warning.severity(), warning.message()), ("WARNING", "2 tables armed; 998 left unchanged"));
    let detail = warning.detail().unwrap_or_default();
    ensure!(detail.contains("public.t4: must be owner of table t4.") && detail.contains("And 995 more."), "{detail}");
    let hint = warning.hint().unwrap_or_default();
    ensure!(hint.contains("public.seq_guard_status() WHERE status IN ('disarmed', 'unknown');"), "{hint}");

    client.batch_execute("RESET ROLE")?;
    client.batch_execute("CALL seq_guard_enable_all()")?;
    let warning = notices.take().pop().context("nothing was said")?;
    assert_eq!(warning.message(), "996 tables armed; 2 left unchanged");
    let detail = warning.detail().unwrap_or_default();
    for (table, mode) in [("public.t2", "AccessExclusiveLock"), ("public.t5", "RowExclusiveLock")] {
        ensure!(detail.contains(&format!("could not obtain lock on {table}: pid ")), "{detail}");
        ensure!(detail.contains(&format!("holds {mode}.")), "{detail}");
    }
    let rest = "SELECT table_name::text, status FROM seq_guard_status() WHERE status IN ('disarmed', 'unknown') AND \
                table_name IS NOT NULL ORDER BY 1";
    setup.batch_execute("SET lock_timeout = '100ms'")?;
    let rest = setup.query(rest, &[])?;
    let rest: Vec<(String, String)> = rest.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(rest, [("t2".to_owned(), "unknown".to_owned()), ("t5".to_owned(), "disarmed".to_owned())]);
    setup.batch_execute("RESET lock_timeout")?;
    transaction.commit()?;

    // A table that is dropped while the call waits for a table before it.
    let mut dropper = scene.client()?;
    let mut transaction = dropper.transaction()?;
    transaction.batch_execute("DROP TABLE t2")?;
    let waiter = call_and_wait(&scene, client)?;
    transaction.commit()?;
    ended(waiter).1?;
    assert_eq!(notices.take().pop().context("nothing was said")?.message(), "1 table armed; 0 left unchanged");
    assert_eq!(rows(&mut setup, "seq_guard_status()", "armed")?, 999);

    // The event trigger belongs to a superuser.
    let (mut client, notices) = scene.noting()?;
    client.batch_execute("SET ROLE restricted")?;
    client.batch_execute("CALL seq_guard_disable_all()")?;
    let warning = notices.take().pop().context("nothing was said")?;
    assert_eq!(warning.message(), "2 tables disarmed; 998 left unchanged");
    ensure!(warning.detail().unwrap_or_default().contains("event trigger"), "{warning:?}");
    Ok(())
}

/// Where it may not commit, it fails before it has done anything.
#[test]
fn enable_all_rejects_transaction_blocks() -> Result<()> {
    let scene = Scene::start_with(500)?;
    let mut client = scene.client()?;
    client.batch_execute(
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS 'BEGIN CALL seq_guard_enable_all(); END'",
    )?;
    for (statement, code) in [
        ("BEGIN; CALL seq_guard_enable_all()", "25001"),
        ("BEGIN; CALL seq_guard_disable_all()", "25001"),
        ("SELECT f()", "25001"),
        ("SET default_transaction_read_only = on; CALL seq_guard_enable_all()", "25001"),
        ("CALL seq_guard_enable_all('nowhere')", "3F000"),
        ("CALL seq_guard_enable_all(exclude => '{t1,NULL}')", "22004"),
        ("CALL seq_guard_enable_all('public', exclude => '{pg_class}')", "22023"),
    ] {
        assert_eq!(state_of(client.batch_execute(statement)).code(), code, "{statement}");
        client.batch_execute("ROLLBACK")?;
    }
    client.batch_execute("SET default_transaction_read_only = on")?;
    assert_eq!(state_of(client.batch_execute("CALL seq_guard_disable_all()")).code(), "25006");
    client.batch_execute("SET default_transaction_read_only = off")?;
    assert_eq!(scene.armed()?, 0);
    // A procedure that may commit may call it.
    client.batch_execute(
        "DO $$ BEGIN CALL seq_guard_enable_all(); CALL seq_guard_disable_all(); CALL seq_guard_enable_all(); END $$",
    )?;
    assert_eq!(scene.armed()?, scene.tables, "in {DATABASE}");
    Ok(())
}
