//! Clients that repeat a piece of work until they are stopped.

use crate::{Server, explain};
use anyhow::Result;
use postgres::{Client, Error};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// What the clients of one kind have done.
#[derive(Debug, Default)]
pub struct Tally {
    pub done: u64,
    pub failed: u64,
    /// For each SQLSTATE: how often it occurred, and the text of its first error.
    pub failures: BTreeMap<String, (u64, String)>,
}

impl Tally {
    /// Returns the number of failures with this SQLSTATE.
    pub fn failed_with(&self, state: &str) -> u64 {
        self.failures.get(state).map_or(0, |(count, _)| *count)
    }

    /// Checks that work was done and that only tolerated errors occurred.
    ///
    /// # Panics
    /// If nothing was done, or if anything failed with a state that is not in `tolerated`.
    #[track_caller]
    pub fn must_be_clean(&self, kind: &str, tolerated: &[&str]) {
        let others: Vec<_> = self.failures.iter().filter(|(state, _)| !tolerated.contains(&state.as_str())).collect();
        assert!(others.is_empty(), "{kind} failed: {others:#?}");
        assert!(self.done > 0, "{kind} did nothing");
    }

    fn add(&mut self, other: Self) {
        self.done += other.done;
        self.failed += other.failed;
        for (state, (count, text)) in other.failures {
            self.failures.entry(state).or_insert((0, text)).0 += count;
        }
    }

    fn count_error(&mut self, error: &Error) {
        self.failed += 1;
        let state = error.code().map_or("connection", |code| code.code()).to_owned();
        self.failures.entry(state).or_insert_with(|| (0, explain(error))).0 += 1;
    }
}

/// Running clients. They stop when this is dropped.
pub struct Load {
    stop: Arc<AtomicBool>,
    workers: Vec<(&'static str, JoinHandle<Tally>)>,
}

impl Default for Load {
    fn default() -> Self {
        Self { stop: Arc::new(AtomicBool::new(false)), workers: Vec::new() }
    }
}

impl Load {
    /// Adds `count` clients that repeat `work`, each with its own connection. A client counts an
    /// error of the server and continues; it ends when its connection is broken.
    pub fn add<W>(&mut self, server: &Server, database: &str, kind: &'static str, count: u64, work: W) -> Result<()>
    where
        W: Fn(&mut Client, &mut fastrand::Rng) -> Result<(), Error> + Clone + Send + 'static,
    {
        for _ in 0..count {
            let mut client = server.connect(database)?;
            let (stop, work) = (Arc::clone(&self.stop), work.clone());
            let mut random = fastrand::Rng::with_seed(self.workers.len() as u64);
            let worker = std::thread::spawn(move || {
                let mut tally = Tally::default();
                while !stop.load(Ordering::Relaxed) && !client.is_closed() {
                    match work(&mut client, &mut random) {
                        Ok(()) => tally.done += 1,
                        Err(error) => tally.count_error(&error),
                    }
                }
                tally
            });
            self.workers.push((kind, worker));
        }
        Ok(())
    }

    /// Whether a client has ended early, because it panicked or lost its connection.
    pub fn has_lost_one(&self) -> bool {
        self.workers.iter().any(|(_, worker)| worker.is_finished())
    }

    /// Stops the clients and returns what the clients of each kind did.
    ///
    /// # Panics
    /// If one of them panicked.
    pub fn stop(mut self) -> BTreeMap<&'static str, Tally> {
        self.stop.store(true, Ordering::Relaxed);
        let mut tallies = BTreeMap::<_, Tally>::new();
        for (kind, worker) in self.workers.drain(..) {
            let tally = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            tallies.entry(kind).or_default().add(tally);
        }
        tallies
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}
