//! Tells on long runs how far they are, and lets them be cancelled at any moment.

use std::time::{Duration, Instant};

/// Between two notices, and before the first: short runs say nothing.
const INTERVAL: Duration = Duration::from_secs(5);

pub struct Progress {
    /// What is counted, in the plural: "sequences".
    what: &'static str,
    total: usize,
    done: usize,
    last_said: Instant,
}

impl Progress {
    pub fn new(what: &'static str, total: usize) -> Self {
        Progress { what, total, done: 0, last_said: Instant::now() }
    }

    /// Call before each object: checks for a cancel request and says how far the run is.
    pub fn step(&mut self) {
        crate::pg::memory::step();
        if self.last_said.elapsed() >= INTERVAL {
            self.last_said = Instant::now();
            let (done, total, what) = (self.done, self.total, self.what);
            pgrx::notice!("{done} of {total} {what} done");
        }
        self.done += 1;
    }
}
