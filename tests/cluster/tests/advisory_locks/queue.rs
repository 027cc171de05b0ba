//! Who waits for whom: as pg_blocking_pids has it, and beyond, to where a chain ends.

use crate::cast::{Busy, Session, World, row_of};
use anyhow::Result;
use cluster::{LockRow, report};
use fastrand::Rng;

/// Compares every waiting row with what the server says of its process.
///
/// # Panics
/// If one differs, or if nobody waits.
#[track_caller]
fn must_be_as_the_server_says(world: &mut World) -> Result<Vec<LockRow>> {
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
fn queues_are_as_the_server_has_them() -> Result<()> {
    let world = World::new("app", &["deadlock_timeout = '1h'", "max_prepared_transactions = 3"])?;
    world.play(&[
        a_queue_is_as_the_server_has_it,
        who_wants_more_of_what_he_has_jumps_the_queue,
        prepared_transactions_are_in_the_way_as_well,
        chains_end_where_the_first_one_waits_for_something_else,
        a_deadlock_has_no_end_and_no_report_hangs,
        whatever_the_queue,
    ])
}

fn a_queue_is_as_the_server_has_it(world: &mut World) -> Result<()> {
    let share = "SELECT pg_advisory_lock_shared(7)";
    let mut first = world.session("first")?.with(share)?;
    let second = world.session("second")?.with(share)?;
    let exclusive = world.wait(world.session("exclusive")?, "SELECT pg_advisory_lock(7)")?;
    let behind = world.wait(world.session("behind")?, share)?;
    let last = world.wait(world.session("last")?, "SELECT pg_advisory_xact_lock(7)")?;

    let rows = must_be_as_the_server_says(world)?;
    // No holder is in the way of who shares, but who came before him.
    assert_eq!(row_of(&rows, "7", behind.pid).waits_for(), [exclusive.pid]);
    let mut everybody = [exclusive.pid, behind.pid, last.pid];
    everybody.sort_unstable();
    for holder in [first.pid, second.pid] {
        assert_eq!(row_of(&rows, "7", holder).blocks(), everybody, "{rows:#?}");
    }
    let mut ends = [first.pid, second.pid];
    ends.sort_unstable();
    let chain = row_of(&rows, "7", behind.pid);
    for end in ends {
        assert!(chain.detail().contains(&format!("pid {end} (role postgres, ")), "{chain:?}");
    }

    first.run("SELECT pg_advisory_unlock_shared(7)")?;
    let rows = must_be_as_the_server_says(world)?;
    assert_eq!(row_of(&rows, "7", exclusive.pid).waits_for(), [second.pid]);
    exclusive.cancel()?;
    let behind = behind.done()?;
    let rows = must_be_as_the_server_says(world)?;
    assert_eq!(row_of(&rows, "7", last.pid).waits_for().len(), 2);
    assert_eq!(row_of(&rows, "7", behind.pid).verdict, "blocking");
    Ok(())
}

/// Who has the lock already and wants more of it goes before those that wait for him (ProcSleep).
fn who_wants_more_of_what_he_has_jumps_the_queue(world: &mut World) -> Result<()> {
    let holder = world.session("holder")?.with("SELECT pg_advisory_lock_shared(7)")?;
    let upgrading = world.session("upgrading")?.with("SELECT pg_advisory_lock_shared(7)")?;
    let waiter = world.wait(world.session("waiter")?, "SELECT pg_advisory_lock(7)")?;
    let behind = world.wait(world.session("behind")?, "SELECT pg_advisory_lock_shared(7)")?;
    let upgrading = world.wait(upgrading, "SELECT pg_advisory_lock(7)")?;
    let rows = must_be_as_the_server_says(world)?;
    let mine: Vec<_> = rows.iter().filter(|row| row.pid == Some(upgrading.pid)).collect();
    assert_eq!(mine.len(), 2, "one granted and one not: {rows:#?}");
    assert!(mine.iter().any(|row| !row.granted && row.waits_for() == [holder.pid]), "{rows:#?}");
    assert!(waiter.is_busy() && behind.is_busy());
    Ok(())
}

/// What has no process is 0, once, however many there are.
fn prepared_transactions_are_in_the_way_as_well(world: &mut World) -> Result<()> {
    let share = "SELECT pg_advisory_xact_lock_shared(7)";
    for gid in ["one", "two"] {
        let mut session = world.session("preparing")?.with(&format!("BEGIN; {share}"))?;
        session.run(&format!("PREPARE TRANSACTION '{gid}'"))?;
    }
    let holder = world.session("holder")?.with("SELECT pg_advisory_lock_shared(7)")?;
    let waiter = world.wait(world.session("waiter")?, "SELECT pg_advisory_lock(7)")?;
    let behind = world.wait(world.session("behind")?, share)?;
    let rows = must_be_as_the_server_says(world)?;
    assert_eq!(row_of(&rows, "7", waiter.pid).waits_for(), [0, holder.pid]);
    let mut everybody = [waiter.pid, behind.pid];
    everybody.sort_unstable();
    let prepared: Vec<_> = rows.iter().filter(|row| row.pid.is_none()).collect();
    assert!(prepared.len() == 2 && prepared.iter().all(|row| row.blocks() == everybody), "{prepared:#?}");
    assert_ne!(prepared[0].detail(), prepared[1].detail(), "each is named by its own gid");
    assert!(row_of(&rows, "7", behind.pid).detail().contains("a prepared transaction"), "{rows:#?}");
    for gid in ["one", "two"] {
        world.paste(&format!("ROLLBACK PREPARED '{gid}'"))?;
    }
    Ok(())
}

fn chains_end_where_the_first_one_waits_for_something_else(world: &mut World) -> Result<()> {
    world.paste("CREATE TABLE orders (id int)")?;
    let reader = world.session("reader")?.with("BEGIN; SELECT FROM orders")?;
    let migration = world.session("migration")?.with("SELECT pg_advisory_lock(1)")?;
    let migration = world.wait(migration, "ALTER TABLE orders ADD note text")?;
    let second = world.session("second")?.with("SELECT pg_advisory_lock(2)")?;
    let second = world.wait(second, "SELECT pg_advisory_lock(1)")?;
    let third = world.wait(world.session("third")?, "SELECT pg_advisory_lock(2)")?;

    let rows = must_be_as_the_server_says(world)?;
    let mut all = [second.pid, third.pid];
    all.sort_unstable();
    let row = row_of(&rows, "1", migration.pid);
    assert_eq!((row.verdict.as_str(), row.blocks()), ("blocking", &all[..]), "{row:?}");
    let end = format!("pid {} (role postgres, reader, idle in transaction for", reader.pid);
    assert!(row.detail().contains(&format!("itself waits for {end}")), "{row:?}");
    assert_eq!(row_of(&rows, "2", second.pid).blocks(), [third.pid]);
    let row = row_of(&rows, "1", second.pid);
    assert_eq!(row.waits_for(), [migration.pid]);
    for row in [row, row_of(&rows, "2", third.pid)] {
        assert!(row.detail().contains(&format!("the chain ends at {end}")), "{row:?}");
    }
    // A reader whose transaction holds no advisory lock has no row of his own.
    assert!(rows.iter().all(|row| row.pid != Some(reader.pid)), "{rows:#?}");
    assert!(rows.iter().all(|row| row.fix.is_none()), "{rows:#?}");
    Ok(())
}

fn a_deadlock_has_no_end_and_no_report_hangs(world: &mut World) -> Result<()> {
    let one = world.session("one")?.with("SELECT pg_advisory_lock(1)")?;
    let two = world.session("two")?.with("SELECT pg_advisory_lock(2)")?;
    let one = world.wait(one, "SELECT pg_advisory_lock(2)")?;
    let two = world.wait(two, "SELECT pg_advisory_lock(1)")?;
    let outside = world.wait(world.session("outside")?, "SELECT pg_advisory_lock(1)")?;
    let rows = must_be_as_the_server_says(world)?;
    let verdicts: Vec<_> = rows.iter().map(|row| row.verdict.as_str()).collect();
    assert_eq!(verdicts, ["blocking", "blocking", "waiting", "waiting", "waiting"]);
    let mut after_one = [two.pid, outside.pid];
    after_one.sort_unstable();
    let row = row_of(&rows.into_iter().filter(|row| row.granted).collect::<Vec<_>>(), "1", one.pid);
    assert_eq!(row.blocks(), after_one, "itself is not among them: {row:?}");
    assert!(!row.detail().contains("itself waits for"), "{row:?}");
    Ok(())
}

/// Sessions that take and give back locks as the dice fall; nobody else is there, so two looks see the same.
fn whatever_the_queue(world: &mut World) -> Result<()> {
    let mut random = Rng::with_seed(4);
    let (mut looks, mut longest) = (0, 0);
    for round in 0..6 {
        let mut holders: Vec<Session> = Vec::new();
        let mut waiters: Vec<Busy> = Vec::new();
        for _ in 0..9 {
            let mut session = world.session(&format!("round {round}"))?;
            // Some hold one key and want another.
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
        let rows = must_be_as_the_server_says(world)?;
        looks += rows.iter().filter(|row| !row.granted).count();
        longest = longest.max(rows.iter().map(|row| row.blocks().len()).max().unwrap_or(0));
        for waiter in waiters {
            // A cancelled one may let others through.
            waiter.cancel()?;
        }
    }
    assert!(looks >= 15 && longest >= 4, "too tame: {looks} waiting rows, at most {longest} behind one");
    report!("{looks} waiting sessions in random queues: waits_for is pg_blocking_pids, up to {longest} blocked by one");
    Ok(())
}
