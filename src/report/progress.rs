//! Reports the progress of long runs and lets them be cancelled between objects.

use std::time::{Duration, Instant};

/// Time between two notices, and before the first: short runs report nothing.
const INTERVAL: Duration = Duration::from_secs(5);

pub struct Progress {
    /// The objects that are counted, in the plural: "sequences".
    what: &'static str,
    total: usize,
    done: usize,
    last_said: Instant,
}

impl Progress {
    pub fn new(what: &'static str, total: usize) -> Self {
        Progress { what, total, done: 0, last_said: Instant::now() }
    }

    /// Checks for a cancel request and reports the progress when it is time; called before each
    /// object.
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
