//! Which sessions advisory_lock_terminate ends, and which it never ends.

use crate::fixtures::World;
use anyhow::Result;
use cluster::{TerminateRow, report};

fn outcome(rows: &[TerminateRow], pid: i32) -> (&str, &str) {
    let mut found = rows.iter().filter(|row| row.pid == Some(pid));
    let row = found.next().unwrap_or_else(|| panic!("no row of {pid}: {rows:#?}"));
    assert!(found.next().is_none(), "more than one row of {pid}: {rows:#?}");
    (&row.outcome, row.detail())
}

#[test]
fn terminate_ends_only_idle_holders() -> Result<()> {
    let world = World::new("app", &[])?;
    world.run_cases(&[
        dry_run_ends_no_session,
        each_holder_is_checked_and_other_sessions_stay,
        bigint_and_pair_with_same_bits_are_different_locks,
        key_without_holder_gets_notice,
    ])
}

fn dry_run_ends_no_session(world: &mut World) -> Result<()> {
    let holder = world.session("idle")?.with("SELECT pg_advisory_lock(1)")?;
    for arguments in ["'1', '0'", "'1', '0', true", "lock_key => ' 1 ', min_idle => '0'", "'0:1:1', '0'"] {
        let rows = world.terminate(arguments)?;
        assert_eq!(outcome(&rows, holder.pid), ("would_terminate", ""));
        assert_eq!((rows[0].application_name.as_deref(), rows[0].role.as_deref()), (Some("idle"), Some("postgres")));
        assert!(rows[0].idle_for.is_some_and(|seconds| (0.0..60.0).contains(&seconds)), "{rows:?}");
        assert!(world.is_there(holder.pid)?);
    }
    // By default a session must have been idle for a minute.
    let (said, why) = (world.terminate("'1', dry_run => false")?, "it has been idle for");
    assert!(outcome(&said, holder.pid).0 == "skipped" && said[0].detail().starts_with(why), "{said:?}");
    assert!(world.is_there(holder.pid)?);
    let rows = world.terminate("'1', '0', false")?;
    assert_eq!(outcome(&rows, holder.pid), ("terminated", ""));
    assert!(!world.is_there(holder.pid)?);
    Ok(())
}

/// A common query for the same purpose, which also finds sessions that must not be ended.
const BY_NUMBER: &str = "SELECT DISTINCT pid FROM pg_locks
    WHERE locktype = 'advisory' AND classid = 0 AND objid = 7 AND pid IS NOT NULL";

fn each_holder_is_checked_and_other_sessions_stay(world: &mut World) -> Result<()> {
    world.server.connect("postgres")?.batch_execute("CREATE DATABASE other")?;
    let share = "SELECT pg_advisory_lock_shared(7)";
    let idle = world.session("idle")?.with(share)?;
    let open = world.session("open")?.with("BEGIN")?.with("SELECT pg_advisory_xact_lock_shared(7)")?;
    let mut aborted = world.session_of_own_role("aborted")?.with(share)?.with("BEGIN")?;
    world.fail_transaction(&mut aborted)?;
    let twice = world.session("twice")?.with(share)?.with(share)?;
    let mut untracked = world.session_of_own_role("untracked")?.with(share)?;
    untracked.run("SET track_activities = off")?;
    let working = world.work(world.session_of_own_role("working")?.with(share)?, "SELECT pg_sleep(60)")?;
    world.paste(share)?;
    let own: i32 = world.reporter.query_one("SELECT pg_backend_pid()", &[])?.get(0);
    // A session that waits for the lock, and sessions that hold similar keys.
    let waiter = world.wait(world.session("waiting")?, "SELECT pg_advisory_lock(7)")?;
    let pair = world.session("a pair")?.with("SELECT pg_advisory_lock(0, 7)")?;
    let other = world.session_in("other", "another database")?.with("SELECT pg_advisory_lock(7)")?;
    let bystander = world.session("another key")?.with("SELECT pg_advisory_lock(8)")?;

    let naive = world.pids(BY_NUMBER)?;
    for innocent in [waiter.pid, pair.pid, other.pid, working.pid, own] {
        assert!(naive.contains(&innocent), "the naive query does not find it");
    }
    let dry = world.terminate("'7', '0'")?;
    let rows = world.terminate("'7', '0', false")?;
    assert_eq!((dry.len(), rows.len()), (7, 7), "{dry:#?} {rows:#?}");
    for pid in [idle.pid, open.pid, aborted.pid, twice.pid] {
        assert_eq!([outcome(&dry, pid), outcome(&rows, pid)], [("would_terminate", ""), ("terminated", "")]);
        assert!(!world.is_there(pid)?);
    }
    for (pid, why) in [
        (working.pid, "it is active"),
        (untracked.pid, "track_activities is off"),
        (own, "it is the calling session; run SELECT pg_advisory_unlock"),
    ] {
        for rows in [&dry, &rows] {
            let (said, detail) = outcome(rows, pid);
            assert!(said == "skipped" && detail.starts_with(why), "{rows:#?}");
        }
    }
    for pid in [working.pid, untracked.pid, own, waiter.pid, pair.pid, other.pid, bystander.pid] {
        assert!(world.is_there(pid)?, "process {pid} has been ended: {rows:#?}");
    }
    assert!(working.is_busy() && waiter.is_busy());
    report!(
        "7 holders of one lock: 4 idle ones ended, 3 skipped, and none of the {} other sessions with that number",
        naive.len() - 7
    );
    Ok(())
}

/// A bigint key is a different lock from the pair of its upper and lower half.
fn bigint_and_pair_with_same_bits_are_different_locks(world: &mut World) -> Result<()> {
    for (bigint, pair) in [("4316442132425", "1004,-55"), ("-1", "-1,-1"), ("4294967296", "1,0"), ("7", "0,7")] {
        let of_pair = world.session("pair")?.with(&format!("SELECT pg_advisory_lock({pair})"))?;
        let of_bigint = world.session("bigint")?.with(&format!("SELECT pg_advisory_lock({bigint})"))?;
        let rows = world.terminate(&format!("'{bigint}', '0', false"))?;
        assert_eq!((rows.len(), outcome(&rows, of_bigint.pid).0), (1, "terminated"));
        assert!(world.is_there(of_pair.pid)?);
        let again = world.session("bigint")?.with(&format!("SELECT pg_advisory_lock({bigint})"))?;
        let rows = world.terminate(&format!("'{pair}', '0', false"))?;
        assert_eq!((rows.len(), outcome(&rows, of_pair.pid).0), (1, "terminated"));
        assert!(world.is_there(again.pid)?);
        // All four have the same numbers in pg_locks.
        let numbers = "SELECT count(DISTINCT (classid, objid)) FROM pg_locks WHERE locktype = 'advisory' AND pid IN";
        let third = world.session("pair")?.with(&format!("SELECT pg_advisory_lock({pair})"))?;
        assert_eq!(world.number(&format!("{numbers} ({}, {})", again.pid, third.pid))?, 1, "{bigint} is not {pair}");
    }
    Ok(())
}

/// Returns how many rows there were, and the notice.
fn terminate_with_notice(world: &mut World, arguments: &str) -> Result<(usize, String)> {
    world.notices.take();
    let rows = world.terminate(arguments)?.len();
    let said = world.notices.take();
    assert_eq!(said.len(), 1, "{arguments}: {said:?}");
    assert_eq!(said[0].severity(), "NOTICE");
    let parts = [Some(said[0].message()), said[0].detail(), said[0].hint()];
    Ok((rows, parts.into_iter().flatten().collect::<Vec<_>>().join("|")))
}

fn key_without_holder_gets_notice(world: &mut World) -> Result<()> {
    world.server.connect("postgres")?.batch_execute(r#"CREATE DATABASE "Other one""#)?;
    let no_holder = "no session holds advisory lock 7 in this database";
    assert_eq!(terminate_with_notice(world, "'7', '0', false")?, (0, no_holder.to_owned()));
    let elsewhere = world.session_in("Other one", "elsewhere")?.with("SELECT pg_advisory_lock(7)")?;
    let expected =
        format!("{no_holder}|It is held in database \"Other one\".|Use '7@Other one' as the key to refer to it.");
    // The current database can be named as well.
    for key in ["7", "7@app"] {
        assert_eq!(terminate_with_notice(world, &format!("'{key}', '0', false"))?, (0, expected.clone()));
    }
    assert!(world.is_there(elsewhere.pid)?);
    let rows = world.terminate("'7@Other one', '0', false")?;
    assert_eq!(outcome(&rows, elsewhere.pid).0, "terminated");
    let gone = terminate_with_notice(world, "'7@Other one', '0', false")?;
    assert_eq!(gone, (0, "no session holds advisory lock 7 in database \"Other one\"".to_owned()));
    Ok(())
}
