//! Which session waits for which: the same as pg_blocking_pids, and beyond that the end of the
//! chain.

use crate::fixtures::{Busy, Session, World, row_of};
use anyhow::Result;
use cluster::{LockRow, report};
use fastrand::Rng;

/// Compares every waiting row with what pg_blocking_pids returns for its process.
///
/// # Panics
/// If one differs, or if no session waits.
#[track_caller]
fn assert_waits_for_matches_server(world: &mut World) -> Result<Vec<LockRow>> {
    let rows = world.report()?;
    let waiting: Vec<_> = rows.iter().filter(|row| !row.granted).collect();
    assert!(!waiting.is_empty());
    for row in waiting {
        let pid = row.pid.expect("a process that waits");
        let pids = world.pids(&format!("SELECT DISTINCT p FROM unnest(pg_blocking_pids({pid})) p ORDER BY p"))?;
        assert_eq!(row.waits_for(), pids, "pg_blocking_pids({pid}): {rows:#?}");
    }
    Ok(rows)
}

#[test]
fn waits_for_matches_pg_blocking_pids() -> Result<()> {
    let world = World::new("app", &["deadlock_timeout = '1h'", "max_prepared_transactions = 3"])?;
    world.run_cases(&[
        queue_of_shared_and_exclusive_requests,
        lock_upgrade_goes_ahead_of_queue,
        prepared_transactions_block,
        chain_ends_at_holder_of_table_lock,
        deadlock_is_reported_without_chain_end,
        random_queues,
    ])
}

fn queue_of_shared_and_exclusive_requests(world: &mut World) -> Result<()> {
    let share = "SELECT pg_advisory_lock_shared(7)";
    let mut first = world.session("first")?.with(share)?;
    let second = world.session("second")?.with(share)?;
    let exclusive = world.wait(world.session("exclusive")?, "SELECT pg_advisory_lock(7)")?;
    let behind = world.wait(world.session("behind")?, share)?;
    let last = world.wait(world.session("last")?, "SELECT pg_advisory_xact_lock(7)")?;

    let rows = assert_waits_for_matches_server(world)?;
    // A shared request is not blocked by the shared holders, but by the exclusive request ahead of
    // it.
    assert_eq!(row_of(&rows, "7", behind.pid).waits_for(), [exclusive.pid]);
    let mut waiting = [exclusive.pid, behind.pid, last.pid];
    waiting.sort_unstable();
    for holder in [first.pid, second.pid] {
        assert_eq!(row_of(&rows, "7", holder).blocks(), waiting, "{rows:#?}");
    }
    let mut ends = [first.pid, second.pid];
    ends.sort_unstable();
    let chain = row_of(&rows, "7", behind.pid);
    for end in ends {
        assert!(chain.detail().contains(&format!("pid {end} (role postgres, ")), "{chain:?}");
    }

    first.run("SELECT pg_advisory_unlock_shared(7)")?;
    let rows = assert_waits_for_matches_server(world)?;
    assert_eq!(row_of(&rows, "7", exclusive.pid).waits_for(), [second.pid]);
    exclusive.cancel()?;
    let behind = behind.done()?;
    let rows = assert_waits_for_matches_server(world)?;
    assert_eq!(row_of(&rows, "7", last.pid).waits_for().len(), 2);
    assert_eq!(row_of(&rows, "7", behind.pid).status, "blocking");
    Ok(())
}

/// A session that already holds the lock and requests a stronger mode goes ahead of the sessions
/// that wait for it (ProcSleep).
fn lock_upgrade_goes_ahead_of_queue(world: &mut World) -> Result<()> {
    let holder = world.session("holder")?.with("SELECT pg_advisory_lock_shared(7)")?;
    let upgrading = world.session("upgrading")?.with("SELECT pg_advisory_lock_shared(7)")?;
    let waiter = world.wait(world.session("waiter")?, "SELECT pg_advisory_lock(7)")?;
    let behind = world.wait(world.session("behind")?, "SELECT pg_advisory_lock_shared(7)")?;
    let upgrading = world.wait(upgrading, "SELECT pg_advisory_lock(7)")?;
    let rows = assert_waits_for_matches_server(world)?;
    let mine: Vec<_> = rows.iter().filter(|row| row.pid == Some(upgrading.pid)).collect();
    assert_eq!(mine.len(), 2, "one granted and one not: {rows:#?}");
    assert!(mine.iter().any(|row| !row.granted && row.waits_for() == [holder.pid]), "{rows:#?}");
    assert!(waiter.is_busy() && behind.is_busy());
    Ok(())
}

/// A prepared transaction has no process: all of them together are shown as 0, once.
fn prepared_transactions_block(world: &mut World) -> Result<()> {
    let share = "SELECT pg_advisory_xact_lock_shared(7)";
    for gid in ["one", "two"] {
        let mut session = world.session("preparing")?.with(&format!("BEGIN; {share}"))?;
        session.run(&format!("PREPARE TRANSACTION '{gid}'"))?;
    }
    let holder = world.session("holder")?.with("SELECT pg_advisory_lock_shared(7)")?;
    let waiter = world.wait(world.session("waiter")?, "SELECT pg_advisory_lock(7)")?;
    let behind = world.wait(world.session("behind")?, share)?;
    let rows = assert_waits_for_matches_server(world)?;
    assert_eq!(row_of(&rows, "7", waiter.pid).waits_for(), [0, holder.pid]);
    let mut waiting = [waiter.pid, behind.pid];
    waiting.sort_unstable();
    let prepared: Vec<_> = rows.iter().filter(|row| row.pid.is_none()).collect();
    assert!(prepared.len() == 2 && prepared.iter().all(|row| row.blocks() == waiting), "{prepared:#?}");
    assert_ne!(prepared[0].detail(), prepared[1].detail(), "each is identified by its own gid");
    assert!(row_of(&rows, "7", behind.pid).detail().contains("a prepared transaction"), "{rows:#?}");
    for gid in ["one", "two"] {
        world.paste(&format!("ROLLBACK PREPARED '{gid}'"))?;
    }
    Ok(())
}

fn chain_ends_at_holder_of_table_lock(world: &mut World) -> Result<()> {
    world.paste("CREATE TABLE orders (id int)")?;
    let reader = world.session("reader")?.with("BEGIN; SELECT FROM orders")?;
    let migration = world.session("migration")?.with("SELECT pg_advisory_lock(1)")?;
    let migration = world.wait(migration, "ALTER TABLE orders ADD note text")?;
    let second = world.session("second")?.with("SELECT pg_advisory_lock(2)")?;
    let second = world.wait(second, "SELECT pg_advisory_lock(1)")?;
    let third = world.wait(world.session("third")?, "SELECT pg_advisory_lock(2)")?;

    let rows = assert_waits_for_matches_server(world)?;
    let mut all = [second.pid, third.pid];
    all.sort_unstable();
    let row = row_of(&rows, "1", migration.pid);
    assert_eq!((row.status.as_str(), row.blocks()), ("blocking", &all[..]), "{row:?}");
    let end = format!("pid {} (role postgres, reader, idle in transaction for", reader.pid);
    assert!(row.detail().contains(&format!("it waits for {end}")), "{row:?}");
    assert_eq!(row_of(&rows, "2", second.pid).blocks(), [third.pid]);
    let row = row_of(&rows, "1", second.pid);
    assert_eq!(row.waits_for(), [migration.pid]);
    for row in [row, row_of(&rows, "2", third.pid)] {
        assert!(row.detail().contains(&format!("the chain of waits ends at {end}")), "{row:?}");
    }
    // A reader whose transaction holds no advisory lock has no row of its own.
    assert!(rows.iter().all(|row| row.pid != Some(reader.pid)), "{rows:#?}");
    assert!(rows.iter().all(|row| row.fix.is_none()), "{rows:#?}");
    Ok(())
}

fn deadlock_is_reported_without_chain_end(world: &mut World) -> Result<()> {
    let one = world.session("one")?.with("SELECT pg_advisory_lock(1)")?;
    let two = world.session("two")?.with("SELECT pg_advisory_lock(2)")?;
    let one = world.wait(one, "SELECT pg_advisory_lock(2)")?;
    let two = world.wait(two, "SELECT pg_advisory_lock(1)")?;
    let outside = world.wait(world.session("outside")?, "SELECT pg_advisory_lock(1)")?;
    let rows = assert_waits_for_matches_server(world)?;
    let verdicts: Vec<_> = rows.iter().map(|row| row.status.as_str()).collect();
    assert_eq!(verdicts, ["blocking", "blocking", "waiting", "waiting", "waiting"]);
    let mut after_one = [two.pid, outside.pid];
    after_one.sort_unstable();
    let row = row_of(&rows.into_iter().filter(|row| row.granted).collect::<Vec<_>>(), "1", one.pid);
    assert_eq!(row.blocks(), after_one, "it must not block itself: {row:?}");
    assert!(!row.detail().contains("it waits for"), "{row:?}");
    Ok(())
}

/// Sessions that acquire and release locks at random. No other session interferes, so two reads see
/// the same.
fn random_queues(world: &mut World) -> Result<()> {
    let mut random = Rng::with_seed(4);
    let (mut looks, mut longest) = (0, 0);
    for round in 0..6 {
        let mut holders: Vec<Session> = Vec::new();
        let mut waiters: Vec<Busy> = Vec::new();
        for _ in 0..9 {
            let mut session = world.session(&format!("round {round}"))?;
            // Some hold one key and request another.
            if random.bool() {
                session.run(&format!("SELECT pg_try_advisory_lock_shared({})", random.u8(0..3)))?;
            }
            let kind = ["", "_shared", "_xact", "_xact_shared"][random.usize(0..4)];
            let call = kind.replace("_xact", "");
            let (key, name) = (random.u8(0..3), if kind.contains("xact") { "xact_lock" } else { "lock" });
            let free: bool =
                session.client.query_one(&format!("SELECT pg_try_advisory_lock{call}({key})"), &[])?.get(0);
            match free {
                true => holders.push(session),
                false => waiters.push(world.wait(session, &format!("SELECT pg_advisory_{name}{call}({key})"))?),
            }
        }
        if waiters.is_empty() {
            continue;
        }
        let rows = assert_waits_for_matches_server(world)?;
        looks += rows.iter().filter(|row| !row.granted).count();
        longest = longest.max(rows.iter().map(|row| row.blocks().len()).max().unwrap_or(0));
        for waiter in waiters {
            waiter.cancel()?;
        }
    }
    assert!(looks >= 15 && longest >= 4, "not enough contention: {looks} waiting rows, at most {longest} behind one");
    report!("{looks} waiting sessions in random queues: waits_for is pg_blocking_pids, up to {longest} blocked by one");
    Ok(())
}
