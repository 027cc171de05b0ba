//! The lock table may change between the read and the kill: each holder is checked again right
//! before it is ended.
//!
//! A stopped process widens the gap: it cannot end when it is told to, and advisory_lock_terminate
//! waits five seconds for it before it turns to the next. One case cannot be produced here: that
//! the process ID of the next holder has been given to another process that holds the same lock.
//! The start time of the process is compared in the same place as what is tested here.

use crate::fixtures::{Session, World};
use anyhow::{Context, Result};
use cluster::{lock_terminate, report};
use rustix::process::{Pid, Signal, kill_process};
use std::thread::spawn;

/// A process that is stopped by SIGSTOP. It continues when this is dropped.
pub struct Stopped(Pid);

impl Stopped {
    pub fn new(pid: i32) -> Result<Self> {
        let pid = Pid::from_raw(pid).context("no process id")?;
        kill_process(pid, Signal::STOP)?;
        Ok(Self(pid))
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        let _ = kill_process(self.0, Signal::CONT);
    }
}

#[test]
fn holder_changed_before_kill_is_skipped() -> Result<()> {
    let world = World::new("app", &[])?;
    let share = "SELECT pg_advisory_lock_shared(7)";
    let holders: Result<Vec<Session>> =
        (0..5).map(|number| world.session_of_own_role(&format!("holder {number}"))?.with(share)).collect();
    let mut holders = holders?;
    // They are ended in the order of their process IDs.
    holders.sort_by_key(|holder| holder.pid);
    let Ok([stopped, mut released, awakened, gone, idle]) = <[Session; 5]>::try_from(holders) else { unreachable!() };
    let (released_pid, gone_pid) = (released.pid, gone.pid);

    let stop = Stopped::new(stopped.pid)?;
    let mut caller = world.server.connect("app")?;
    let call = spawn(move || lock_terminate(&mut caller, "'7', '0', false"));
    world.until("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'BackendTermination'")?;
    released.run("SELECT pg_advisory_unlock_shared(7)")?;
    let awakened = world.work(awakened, "SELECT pg_sleep(60)")?;
    drop(gone);
    world.until(&format!("SELECT 1 - count(*) FROM pg_stat_activity WHERE pid = {gone_pid}"))?;
    let rows = call.join().expect("the call")?;

    let said: Vec<_> =
        rows.iter().map(|row| (row.pid.unwrap_or(0), row.outcome.as_str(), row.detail.as_deref())).collect();
    let given_back = Some("it has already released the lock");
    let expected = [
        (stopped.pid, "signalled", Some("it has not ended yet, but may have released the lock")),
        (released_pid, "skipped", given_back),
        (awakened.pid, "skipped", Some("it is active")),
        (gone_pid, "skipped", given_back),
        (idle.pid, "terminated", None),
    ];
    assert_eq!(said, expected);
    assert!(world.is_there(released_pid)? && world.is_there(awakened.pid)? && awakened.is_busy());
    // The first one ends as soon as it can.
    assert!(world.is_there(stopped.pid)?);
    drop(stop);
    world.until(&format!("SELECT 1 - count(*) FROM pg_stat_activity WHERE pid = {}", stopped.pid))?;
    report!("of 5 idle holders, one could not end in time, one was ended, and 3 that had changed were skipped");
    Ok(())
}
