//! The locks and the memory of one backend, sampled from outside while it works.

use crate::Server;
use anyhow::{Context, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread::{JoinHandle, sleep};
use std::time::Duration;

/// Samples one backend from another session.
pub struct Sampler {
    stop: Arc<AtomicBool>,
    most_locks: Arc<AtomicI64>,
    most_memory: Arc<AtomicI64>,
    thread: JoinHandle<Result<u64>>,
}

impl Sampler {
    /// Samples the number of locks of the backend `pid` and its private memory until it is stopped,
    /// with a pause between samples, since the two sessions may share few processors.
    pub fn start(server: &Server, database: &str, pid: i32, pause: Duration) -> Result<Self> {
        let mut client = server.connect(database)?;
        let stop = Arc::new(AtomicBool::new(false));
        let (most_locks, most_memory) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicI64::new(0)));
        let thread = std::thread::spawn({
            let (stop, most_locks, most_memory) = (stop.clone(), most_locks.clone(), most_memory.clone());
            move || {
                let query = client.prepare("SELECT count(*) FROM pg_locks WHERE pid = $1")?;
                let mut samples = 0;
                while !stop.load(Ordering::Relaxed) {
                    most_locks.fetch_max(client.query_one(&query, &[&pid])?.get(0), Ordering::Relaxed);
                    most_memory.fetch_max(own_memory(pid)?, Ordering::Relaxed);
                    samples += 1;
                    sleep(pause);
                }
                Ok(samples)
            }
        });
        Ok(Self { stop, most_locks, most_memory, thread })
    }

    /// Returns the most memory seen so far, in kB.
    pub fn peak(&self) -> i64 {
        self.most_memory.load(Ordering::Relaxed)
    }

    /// Stops, and returns the number of samples and the most locks seen in one.
    pub fn stop(self) -> Result<(u64, i64)> {
        self.stop.store(true, Ordering::Relaxed);
        let samples = self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        Ok((samples, self.most_locks.load(Ordering::Relaxed)))
    }
}

/// Returns the private memory of a process in kB, which excludes the shared buffers it has touched.
pub fn own_memory(pid: i32) -> Result<i64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).context("no RssAnon")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
