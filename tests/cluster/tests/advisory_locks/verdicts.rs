//! One server with locks of all kinds: what the report says about each.

use crate::fixtures::{World, row_of};
use anyhow::Result;
use cluster::{LockRow, NON_STANDARD_STRINGS, report};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

/// The name that the examples use: keys that are derived from it are published.
const DATABASE: &str = "app_production";

fn verdicts(rows: &[LockRow]) -> Vec<(&str, &str)> {
    rows.iter().map(|row| (row.status.as_str(), row.key.as_str())).collect()
}

#[test]
fn idle_holder_becomes_orphan_after_orphan_after() -> Result<()> {
    let mut world = World::new(DATABASE, &[])?;
    let _held = world.session("held")?.with("SELECT pg_advisory_lock(1)")?;
    let working = world.session_of_own_role("working")?.with("SELECT pg_advisory_lock(2)")?;
    let working = world.work(working, "SELECT pg_sleep(60)")?;
    let behind_work = world.wait(world.session("behind work")?, "SELECT pg_advisory_lock(2)")?;
    let idle = world.session("idle")?.with("SELECT pg_advisory_lock(3)")?;
    let behind_idle = world.wait(world.session("behind idle")?, "SELECT pg_advisory_lock(3)")?;
    let open = world.session("open")?.with("BEGIN; SELECT pg_advisory_xact_lock(4)")?;
    let behind_open = world.wait(world.session("behind open")?, "SELECT pg_advisory_xact_lock(4)")?;
    let mut aborted = world.session_of_own_role("aborted")?.with("SELECT pg_advisory_lock(5)")?.with("BEGIN")?;
    world.fail_transaction(&mut aborted)?;
    let behind_aborted = world.wait(world.session("behind aborted")?, "SELECT pg_advisory_lock_shared(5)")?;

    // By default a minute must pass.
    let rows = world.report()?;
    let (blocking, waiting, held) = ("blocking", "waiting", "held");
    let mut expected = vec![(blocking, "2"), (blocking, "3"), (blocking, "4"), (blocking, "5")];
    expected.extend([(waiting, "2"), (waiting, "3"), (waiting, "4"), (waiting, "5"), (held, "1")]);
    assert_eq!(verdicts(&rows), expected, "{rows:#?}");
    assert!(rows.iter().all(|row| row.fix.is_none()), "no session should be ended yet: {rows:#?}");
    for (key, pid, detail) in [("2", working.pid, "active for"), ("3", idle.pid, "idle for")] {
        let row = row_of(&rows, key, pid);
        assert!(row.detail().starts_with(detail), "{row:?}");
        let says_when = row.detail().ends_with("once it has been idle for 1 min (pg_flightcheck.orphan_after)");
        assert_eq!(says_when, key == "3", "{row:?}");
    }

    world.paste("SET pg_flightcheck.orphan_after = '1s'")?;
    sleep(Duration::from_millis(1100));
    let rows = world.report()?;
    let orphan = "orphan";
    let mut expected = vec![(orphan, "3"), (orphan, "4"), (orphan, "5"), (blocking, "2")];
    expected.extend([(waiting, "2"), (waiting, "3"), (waiting, "4"), (waiting, "5"), (held, "1")]);
    assert_eq!(verdicts(&rows), expected, "{rows:#?}");
    for (key, holder, waiter, state) in [
        ("3", idle.pid, &behind_idle, "idle"),
        ("4", open.pid, &behind_open, "idle in transaction"),
        ("5", aborted.pid, &behind_aborted, "idle in transaction (aborted)"),
    ] {
        let row = row_of(&rows, key, holder);
        assert_eq!((row.state.as_deref(), row.granted), (Some(state), true), "{row:?}");
        assert_eq!((row.blocks(), row.waits_for()), (&[waiter.pid][..], &[][..]), "{row:?}");
        let said = row.detail().strip_prefix(&format!("{state} for ")).unwrap_or_default();
        assert!(said.contains(" s while 1 session waits"), "{row:?}");
        assert!(row.fix.is_some(), "{row:?}");
        let row = row_of(&rows, key, waiter.pid);
        assert_eq!((row.waits_for(), row.blocks()), (&[holder][..], &[][..]), "{row:?}");
        assert!(!row.granted && row.fix.is_none(), "{row:?}");
        assert_eq!(row.state.as_deref(), Some("active"), "{row:?}");
    }
    let row = row_of(&rows, "2", working.pid);
    assert!(row.fix.is_none() && row.blocks() == [behind_work.pid], "a session at work must not be ended: {row:?}");
    report!("a session that is idle, in a transaction or not, is an orphan; one at work is not; the worst is first");
    Ok(())
}

#[test]
fn report_describes_each_kind_of_lock() -> Result<()> {
    let world = World::new(DATABASE, &["max_prepared_transactions = 4"])?;
    world.run_cases(&[
        report_without_locks_is_empty,
        columns_match_server_views,
        tools_are_identified_by_key,
        migration_that_waits_for_table,
        prepared_transaction_has_no_session,
        prepared_transaction_of_other_database,
    ])
}

fn columns_match_server_views(world: &mut World) -> Result<()> {
    let began = SystemTime::now();
    let shared = world.session("sharing")?.with("SELECT pg_advisory_lock_shared(1004, -55)")?;
    let open = world.session("open")?.with("BEGIN; SELECT pg_advisory_lock_shared(1004, -55)")?;
    let session = world.wait(world.session("for the session")?, "SELECT pg_advisory_lock(1004, -55)")?;
    let transaction = world.wait(world.session("for the transaction")?, "SELECT pg_advisory_xact_lock(1004, -55)")?;
    world.paste("SELECT pg_advisory_lock(-1), pg_advisory_lock_shared(-1)")?;

    let rows = world.report()?;
    for (pid, name, mode, scope) in [
        (shared.pid, "sharing", "ShareLock", "session"),
        (open.pid, "open", "ShareLock", "unknown"),
        (session.pid, "for the session", "ExclusiveLock", "session"),
        (transaction.pid, "for the transaction", "ExclusiveLock", "transaction"),
    ] {
        let row = row_of(&rows, "1004,-55", pid);
        assert_eq!((row.mode.as_str(), row.scope.as_str()), (mode, scope), "{row:?}");
        assert_eq!(row.application_name.as_deref(), Some(name), "{row:?}");
        assert_eq!((row.role.as_deref(), row.database.as_deref()), (Some("postgres"), Some(DATABASE)), "{row:?}");
        assert_eq!(row.client_addr, None, "through a socket: {row:?}");
        assert!(row.since.is_some_and(|since| since >= began && since <= SystemTime::now()), "{row:?}");
        assert!(row.query.as_deref().is_some_and(|query| query.contains("(1004, -55)")), "{row:?}");
    }
    // `since` is the holder's state_change or the waiter's waitstart, to the microsecond.
    let since = "SELECT count(*) FROM advisory_lock_report() r JOIN pg_stat_activity a USING (pid)
        JOIN pg_locks l ON l.pid = r.pid AND l.locktype = 'advisory' AND l.objsubid = 2
        WHERE r.lock_key = '1004,-55' AND r.since = CASE WHEN l.granted THEN a.state_change ELSE l.waitstart END";
    let matching: i64 = world.reporter.query_one(since, &[])?.get(0);
    assert_eq!(matching, 4);
    // A session that holds a lock in two modes has two rows; so does the calling session.
    let own: Vec<_> = rows.iter().filter(|row| row.key == "-1").collect();
    let modes: Vec<_> = own.iter().map(|row| row.mode.as_str()).collect();
    assert!(modes.len() == 2 && modes.contains(&"ShareLock") && modes.contains(&"ExclusiveLock"), "{own:#?}");
    for row in own {
        assert_eq!((row.status.as_str(), row.fix.as_deref()), ("held", None), "{row:?}");
        assert_eq!(row.detail(), "it is the calling session", "{row:?}");
    }
    Ok(())
}

/// The usual reason why a migration hangs, even if no session waits for its lock.
fn migration_that_waits_for_table(world: &mut World) -> Result<()> {
    world.paste("CREATE TABLE busy ()")?;
    let reader = world.session("left open")?.with("BEGIN")?.with("SELECT FROM busy")?;
    let migration = world.session("migration")?.with("SELECT pg_advisory_lock(72707369)")?;
    let migration = world.wait(migration, "ALTER TABLE busy ADD id int")?;
    let row = world.row("72707369", migration.pid)?;
    assert_eq!((row.status.as_str(), row.fix.as_deref()), ("held", None), "{row:?}");
    let end = format!("it waits for pid {} (role postgres, left open, idle in transaction for ", reader.pid);
    assert!(row.detail().starts_with(&end), "{row:?}");
    drop(reader);
    migration.done()?;
    Ok(())
}

fn tools_are_identified_by_key(world: &mut World) -> Result<()> {
    let keys = [
        ("72707369", Some("Prisma Migrate")),
        ("77433833903597", Some("Flyway")),
        ("4615154450383096620", Some("Rails (ActiveRecord)")),
        ("2307577224067799112", Some("sqlx")),
        ("4200097840", Some("golang-migrate")),
        ("2783953652", Some("Grafana")),
        ("3853314791062309107", Some("Kysely")),
        // Keys that differ by one are not attributed.
        ("72707370", None),
        ("4615154450383096621", None),
        // A pair with the bits of Prisma's key is not Prisma's.
        ("0,72707369", None),
        // Common small numbers, without evidence for a tool.
        ("1", None),
        ("42", None),
        ("1000", None),
    ];
    let mut holder = world.session("")?;
    for (key, _) in keys {
        holder.run(&format!("SELECT pg_advisory_lock({key})"))?;
    }
    let rows = world.report()?;
    assert_eq!(rows.len(), keys.len());
    for (key, tool) in keys {
        let row = row_of(&rows, key, holder.pid);
        assert_eq!(row.tool.as_deref(), tool, "{row:?}");
        assert!(tool.is_none() || row.evidence.is_some(), "named without a reason: {row:?}");
    }
    let named = keys.iter().filter(|key| key.1.is_some()).count();
    report!("{named} keys attributed, {} meaningless ones not", keys.len() - named);
    Ok(())
}

fn prepared_transaction_has_no_session(world: &mut World) -> Result<()> {
    let gid = r#"it's "quoted" \and bent"#;
    let mut session = world.session("preparing")?;
    session.run("BEGIN; SELECT pg_advisory_xact_lock(72707369)")?;
    session.run(&format!("PREPARE TRANSACTION {}", cluster::literal(gid)))?;
    let prepared = |rows: &[LockRow]| {
        let mut rows = rows.iter().filter(|row| row.pid.is_none());
        let row = rows.next().expect("a row without a pid").clone();
        assert!(rows.next().is_none());
        row
    };

    let row = prepared(&world.report()?);
    assert_eq!((row.status.as_str(), row.fix.as_deref()), ("prepared_transaction", None), "too young: {row:?}");
    let waiter = world.wait(world.session("waiting")?, "SELECT pg_advisory_lock(72707369)")?;
    world.paste("SET pg_flightcheck.orphan_after = 0")?;
    let rows = world.report()?;
    assert_eq!(verdicts(&rows), [("prepared_transaction", "72707369"), ("waiting", "72707369")]);
    let row = prepared(&rows);
    assert_eq!((row.blocks(), row.scope.as_str()), (&[waiter.pid][..], "transaction"), "{row:?}");
    assert_eq!(row.role.as_deref(), Some("postgres"), "{row:?}");
    assert_eq!(row_of(&rows, "72707369", waiter.pid).waits_for(), [0]);
    // There is no session to end, but a way to resolve it.
    let skipped = world.terminate("'72707369', '0', false")?;
    assert!(skipped.len() == 1 && skipped[0].outcome == "skipped" && skipped[0].pid.is_none(), "{skipped:?}");
    assert!(skipped[0].detail().contains("ROLLBACK PREPARED"), "{skipped:?}");
    assert!(waiter.is_busy());

    let fix = row.fix.expect("a fix");
    world.paste(NON_STANDARD_STRINGS)?;
    world.paste(&fix)?;
    waiter.done()?;
    assert_eq!(world.number("SELECT count(*) FROM pg_prepared_xacts")?, 0);
    report!("a prepared transaction's lock: {fix}");
    Ok(())
}

/// ROLLBACK PREPARED works only in the transaction's own database.
fn prepared_transaction_of_other_database(world: &mut World) -> Result<()> {
    world.server.connect("postgres")?.batch_execute(r#"CREATE DATABASE "Other one""#)?;
    let mut session = world.session_in("Other one", "preparing")?.with("BEGIN; SELECT pg_advisory_xact_lock(5)")?;
    session.run("PREPARE TRANSACTION 'p'")?;
    world.paste("SET pg_flightcheck.orphan_after = 0")?;
    let rows = world.report()?;
    assert_eq!((rows.len(), rows[0].status.as_str(), rows[0].fix.as_deref()), (1, "prepared_transaction", None));
    assert_eq!(rows[0].database.as_deref(), Some("Other one"), "{rows:?}");
    let ways_out = "COMMIT PREPARED or ROLLBACK PREPARED in database \"Other one\"";
    assert!(rows[0].detail().contains(ways_out), "{rows:?}");
    let error = world.reporter.simple_query("ROLLBACK PREPARED 'p'");
    assert!(error.is_err_and(|error| cluster::explain(&error).contains("another database")));
    session.run("ROLLBACK PREPARED 'p'")?;
    assert!(world.report()?.is_empty());
    Ok(())
}

fn report_without_locks_is_empty(world: &mut World) -> Result<()> {
    assert!(world.report()?.is_empty());
    // Locks of other types are not reported.
    let _open = world.session("reading")?.with("BEGIN; SELECT FROM pg_class")?;
    assert!(world.report()?.is_empty());
    Ok(())
}
