//! Sessions that continuously lock, unlock and end: no report fails, and none contradicts itself.

use crate::fixtures::{World, with_server_text};
use anyhow::Result;
use cluster::{Load, LockRow, lock_report, lock_terminate, report};
use fastrand::Rng;
use postgres::{Client, Error};
use std::collections::HashSet;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Uses three keys, so that queues form, and locks the smaller key first, so that no deadlock
/// occurs.
fn lock_and_unlock(client: &mut Client, random: &mut Rng) -> Result<(), Error> {
    let shared = if random.u8(..3) == 0 { "" } else { "_shared" };
    let key = random.u8(0..3);
    let pause = random.f64() * 0.012;
    match random.u8(..4) {
        0 => client.batch_execute(&format!(
            "BEGIN; SELECT pg_advisory_xact_lock{shared}({key}); SELECT pg_sleep({pause}); COMMIT"
        )),
        1 => {
            client.batch_execute(&format!("SELECT pg_advisory_lock{shared}({key}, 0)"))?;
            client.batch_execute(&format!("SELECT pg_advisory_lock{shared}({key}, 1), pg_sleep({pause})"))?;
            client.batch_execute("SELECT pg_advisory_unlock_all()")
        }
        2 => client
            .batch_execute(&format!("SELECT pg_try_advisory_lock{shared}({key}); SELECT pg_advisory_unlock_all()")),
        _ => {
            client.batch_execute(&format!("SELECT pg_advisory_lock{shared}({key})"))?;
            sleep(Duration::from_secs_f64(pause));
            client.batch_execute("SELECT pg_advisory_unlock_all()")
        }
    }
}

/// Returns the contradictions within one report.
fn contradictions(rows: &[LockRow]) -> Vec<String> {
    let mut wrong = Vec::new();
    let locks: HashSet<_> = rows.iter().map(|row| (&row.database, &row.key, row.pid)).collect();
    let waiting: HashSet<_> = rows.iter().filter(|row| !row.granted).filter_map(|row| row.pid).collect();
    for row in rows {
        let mut must = |is_so: bool, what: &str| {
            if !is_so {
                wrong.push(format!("{what}: {row:?}"));
            }
        };
        must(row.granted != (row.status == "waiting"), "the verdict contradicts granted");
        must(row.granted == row.waits_for.is_none(), "only a waiting session has waits_for");
        must(row.waits_for().iter().all(|pid| Some(*pid) != row.pid), "waits for itself");
        must(row.blocks().iter().all(|pid| Some(*pid) != row.pid), "blocks itself");
        must(row.blocks().iter().all(|pid| waiting.contains(pid)), "blocks a session that does not wait");
        must(row.status != "held" || row.blocks.is_none(), "held, but it blocks sessions");
        for blocker in row.waits_for() {
            must(locks.contains(&(&row.database, &row.key, Some(*blocker))), "waits for a session that does not exist");
        }
    }
    // `waits_for` and `blocks` must agree.
    for waiter in rows.iter().filter(|row| !row.granted) {
        for blocker in
            rows.iter().filter(|row| row.granted && (&row.database, &row.key) == (&waiter.database, &waiter.key))
        {
            let is_waited_for = waiter.waits_for().iter().any(|pid| Some(*pid) == blocker.pid);
            if is_waited_for && !blocker.blocks().iter().any(|pid| Some(*pid) == waiter.pid) {
                wrong.push(format!("in waits_for, but not in blocks: {waiter:?}, {blocker:?}"));
            }
        }
    }
    wrong
}

/// Returns the contradictions of the usual pair of queries, each consistent only in itself: how
/// many of the sessions that waited at the first query are blocked by no session at the second, or
/// by one that the first did not see.
fn contradictions_of_two_queries(client: &mut Client) -> Result<usize> {
    let locks = client.query("SELECT pid, granted FROM pg_locks WHERE locktype = 'advisory'", &[])?;
    let there: HashSet<i32> = locks.iter().map(|row| row.get(0)).collect();
    let waiting: Vec<i32> = locks.iter().filter(|row| !row.get::<_, bool>(1)).map(|row| row.get(0)).collect();
    let rows = client.query("SELECT pg_blocking_pids(pid) FROM unnest($1::int[]) pid", &[&waiting])?;
    let blockers = rows.iter().map(|row| row.get::<_, Vec<i32>>(0));
    Ok(blockers.filter(|pids| pids.is_empty() || pids.iter().any(|pid| !there.contains(pid))).count())
}

#[test]
fn stress_reports_are_consistent() -> Result<()> {
    let mut world = World::new("app", &["max_connections = 60"])?;
    world.server.connect("postgres")?.batch_execute("CREATE DATABASE other")?;
    let mut load = Load::default();
    load.add(&world.server, "app", "here", 14, lock_and_unlock)?;
    load.add(&world.server, "other", "there", 6, lock_and_unlock)?;
    // Sessions that connect, acquire a lock and end.
    let mut random = Rng::with_seed(1);
    let mut naive = world.server.connect("app")?;
    let began = Instant::now();
    let (mut reports, mut rows_seen, mut waiting, mut naive_wrong) = (0, 0, 0, 0);
    while began.elapsed() < Duration::from_secs(5) {
        let mut short = world.session("short")?;
        short.run(&format!("SELECT pg_try_advisory_lock_shared({})", random.u8(0..3)))?;
        for _ in 0..20 {
            let rows = world.report()?;
            let wrong = contradictions(&rows);
            assert!(wrong.is_empty(), "{wrong:#?} in {rows:#?}");
            reports += 1;
            rows_seen += rows.len();
            waiting += rows.iter().filter(|row| !row.granted).count();
            naive_wrong += contradictions_of_two_queries(&mut naive)?;
        }
        assert!(!load.has_lost_one(), "a client has ended early");
    }
    for (kind, tally) in load.stop() {
        tally.must_be_clean(kind, &[]);
    }
    assert!(
        waiting > reports && naive_wrong > 0,
        "not enough contention: {waiting} waiting, {naive_wrong} contradictions of two queries"
    );
    report!(
        "{reports} reports of 20 busy sessions, {rows_seen} rows, {waiting} waiting: no contradiction; \
         contradictions of pg_blocking_pids with pg_locks: {naive_wrong}"
    );
    Ok(())
}

/// Several sessions end the holders at once, while those acquire locks: no call fails, and no other
/// session is ended.
#[test]
fn stress_concurrent_terminate_ends_only_holders() -> Result<()> {
    let world = World::new("app", &["max_connections = 60"])?;
    let mut load = Load::default();
    // Idle for long enough to be ended, and then replaced by a new connection.
    let path = world.server.data();
    let folder = path.parent().map(|folder| folder.to_owned()).unwrap_or_default();
    load.add(&world.server, "app", "victims", 8, move |_, random| {
        let mut config = Client::configure();
        let mut victim = config.host_path(&folder).user("postgres").dbname("app").connect(postgres::NoTls)?;
        let lock = victim.batch_execute("SET application_name = 'victim'; SELECT pg_advisory_lock_shared(7)");
        // Some end before any call can reach them, others stay long enough for a slow machine.
        let stay = if random.bool() { random.u64(0..8) } else { random.u64(0..300) };
        sleep(Duration::from_millis(stay));
        // An error is expected if the session has been ended.
        let _ = lock.and_then(|()| victim.batch_execute("SELECT pg_advisory_unlock_all()"));
        Ok(())
    })?;
    load.add(&world.server, "app", "terminators", 4, |client, _| {
        for row in lock_terminate(client, "'7', '0', false")? {
            let is_known = ["terminated", "skipped"].contains(&row.outcome.as_str());
            assert!(is_known && row.application_name.as_deref().is_none_or(|name| name == "victim"), "{row:?}");
            assert!(row.outcome == "terminated" || row.detail.is_some(), "{row:?}");
        }
        Ok(())
    })?;
    load.add(&world.server, "app", "reporters", 2, |client, _| {
        let rows = lock_report(client)?;
        let wrong = contradictions(&rows);
        assert!(wrong.is_empty(), "{wrong:#?}");
        Ok(())
    })?;
    let bystander = world.session("bystander")?.with("SELECT pg_advisory_lock(8)")?;
    let ended = || world.server.log().matches("terminating connection due to administrator command").count();
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(4) || (ended() <= 20 && began.elapsed() < Duration::from_secs(60)) {
        sleep(Duration::from_millis(200));
    }
    let tallies = load.stop();
    for kind in ["terminators", "reporters", "victims"] {
        tallies[kind].must_be_clean(kind, &[]);
    }
    let ended = ended();
    assert!(ended > 20, "only {ended} sessions were ended");
    assert!(world.is_there(bystander.pid)?);
    report!(
        "{} victims came and went, {ended} ended by {} calls of four sessions: no error, no bystander hit",
        tallies["victims"].done,
        tallies["terminators"].done
    );
    Ok(())
}

#[test]
fn fix_skips_new_holder_after_holder_ended() -> Result<()> {
    let mut world = World::new("app", &[])?;
    let holder = world.session("holder")?.with("SELECT pg_advisory_lock(1)")?;
    let waiter = world.wait(world.session("waiter")?, "SELECT pg_advisory_lock(1)")?;
    world.paste("SET pg_flightcheck.orphan_after = 0")?;
    let fix = world.row("1", holder.pid)?.fix.expect("a fix");
    drop(holder);
    let waiter = waiter.done()?;
    // The lock now belongs to another session, which is at work.
    let waiter = world.work(waiter, "SELECT pg_sleep(60)")?;
    let rows = world.reporter.simple_query(&fix).map_err(with_server_text)?;
    assert!(format!("{rows:?}").contains("it is active"), "{rows:?}");
    assert!(world.is_there(waiter.pid)?);
    waiter.cancel()?;
    world.until("SELECT 1 - count(*) FROM pg_locks WHERE locktype = 'advisory'")?;
    world.notices.take();
    world.paste(&fix)?;
    assert_eq!(world.notices.take().len(), 1);
    assert!(world.report()?.is_empty());
    Ok(())
}
