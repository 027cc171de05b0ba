//! A report shows the current state, whatever the transaction has read before, and wherever it
//! runs.

use crate::fixtures::{World, row_of};
use anyhow::Result;
use cluster::{lock_report, lock_terminate, report};

#[test]
fn report_is_not_cached_within_transaction() -> Result<()> {
    let world = World::new("app", &["stats_fetch_consistency = snapshot"])?;
    world.run_cases(&[report_shows_changes_within_transaction, report_works_in_loop_join_and_cursor])
}

fn report_shows_changes_within_transaction(world: &mut World) -> Result<()> {
    for begin in [
        "BEGIN",
        "BEGIN READ ONLY",
        "BEGIN ISOLATION LEVEL REPEATABLE READ",
        "BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE",
    ] {
        world.paste(begin)?;
        // Both are cached until the end of the transaction.
        world.paste("SELECT FROM pg_stat_activity; SELECT FROM pg_locks; SELECT FROM pg_class")?;
        assert!(world.report()?.is_empty());
        let mut holder = world.session("first name")?.with("SELECT pg_advisory_lock(77433833903597)")?;
        let row = world.row("77433833903597", holder.pid)?;
        assert_eq!((row.state.as_deref(), row.application_name.as_deref()), (Some("idle"), Some("first name")));
        holder.run("SET application_name = 'second name'; BEGIN")?;
        let row = world.row("77433833903597", holder.pid)?;
        assert_eq!(row.state.as_deref(), Some("idle in transaction"), "{begin}: {row:?}");
        assert_eq!(row.application_name.as_deref(), Some("second name"), "{begin}: {row:?}");
        let waiter = world.wait(world.session("waiter")?, "SELECT pg_advisory_lock(77433833903597)")?;
        assert_eq!(world.row("77433833903597", holder.pid)?.blocks(), [waiter.pid], "{begin}");
        // It is active by now, which a cached pg_stat_activity would not show.
        let holder = world.work(holder, "SELECT pg_sleep(60)")?;
        let rows = world.terminate("'77433833903597', '0', false")?;
        assert_eq!((rows[0].outcome.as_str(), rows[0].detail()), ("skipped", "it is active"), "{begin}");
        let holder = holder.cancel()?;
        // The error reaches the client before the session is idle.
        let idle = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle%' AND pid =";
        world.until(&format!("{idle} {}", holder.pid))?;
        let rows = world.terminate("'77433833903597', '0', false")?;
        assert_eq!((rows[0].outcome.as_str(), rows[0].pid), ("terminated", Some(holder.pid)), "{begin}");
        let waiter = waiter.done()?;
        assert_eq!(world.row("77433833903597", waiter.pid)?.status, "held", "{begin}");
        world.paste("COMMIT")?;
        drop(waiter);
        world.until("SELECT 1 - count(*) FROM pg_locks WHERE locktype = 'advisory'")?;
    }
    Ok(())
}

/// It also works on the inner side of a join, in a cursor and after an error.
fn report_works_in_loop_join_and_cursor(world: &mut World) -> Result<()> {
    let _holder = world.session("holder")?.with("SELECT pg_advisory_lock(1)")?;
    world.paste(
        "DO $$ DECLARE seen bigint; BEGIN
            FOR i IN 2..40 LOOP
                PERFORM pg_advisory_lock(i);
                SELECT count(*) INTO seen FROM advisory_lock_report() WHERE pid = pg_backend_pid();
                IF seen <> i - 1 THEN RAISE EXCEPTION 'seen % of %', seen, i - 1; END IF;
                BEGIN
                    PERFORM 1 / (i % 2) FROM advisory_lock_report();
                EXCEPTION WHEN division_by_zero THEN NULL;
                END;
            END LOOP;
        END $$",
    )?;
    // It may be the inner side of a join, and a cursor keeps the rows that it read.
    let own = "SELECT count(*) FROM advisory_lock_report() one JOIN advisory_lock_report() other USING (lock_key)";
    assert_eq!(world.reporter.query_one(own, &[])?.get::<_, i64>(0), 40);
    world.paste("BEGIN; DECLARE c CURSOR FOR SELECT * FROM advisory_lock_report(); FETCH c; SAVEPOINT s")?;
    assert!(world.reporter.batch_execute("SELECT 1 / 0 FROM advisory_lock_report()").is_err());
    world.paste("ROLLBACK TO s; FETCH ALL FROM c; COMMIT; SELECT pg_advisory_unlock_all()")?;
    assert_eq!(world.report()?.len(), 1);
    Ok(())
}

#[test]
fn standby_orphan_is_reported_and_fixed() -> Result<()> {
    let mut world = World::new("app", &["hot_standby_feedback = on"])?;
    let on_primary = world.session("on the primary")?.with("SELECT pg_advisory_lock(72707369)")?;
    // The standby has the extension once the WAL has been replayed.
    let standby = world.server.standby()?;
    let mut second = World::of(standby, "app")?;
    assert_eq!(second.number("SELECT pg_is_in_recovery()::int")?, 1);
    // Advisory locks are local to a server.
    assert!(second.report()?.is_empty());
    let holder = second.session("on the standby")?.with("SELECT pg_advisory_lock(72707369)")?;
    let waiter = second.wait(second.session("waiting")?, "SELECT pg_advisory_lock(72707369)")?;
    second.paste("SET pg_flightcheck.orphan_after = 0")?;
    let rows = lock_report(&mut second.reporter)?;
    let row = row_of(&rows, "72707369", holder.pid);
    assert_eq!((row.status.as_str(), row.tool.as_deref()), ("orphan", Some("Prisma Migrate")), "{row:?}");
    let dry = lock_terminate(&mut second.reporter, "'72707369', '0'")?;
    assert_eq!(dry[0].outcome, "would_terminate");
    second.paste(&row.fix.expect("a fix"))?;
    waiter.done()?;
    assert!(!second.is_there(holder.pid)? && world.is_there(on_primary.pid)?);
    assert_eq!(world.row("72707369", on_primary.pid)?.status, "held");
    report!("on a standby: an orphan is named, and ended by the report's fix");
    Ok(())
}
