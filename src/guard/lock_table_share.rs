//! Keeps half of the server's lock table free for other sessions, which would fail with 53200 if it
//! were full.

use crate::pg::lock_table_usage;

/// How many locks a call may still take before it has to check again how full the lock table is.
#[derive(Default)]
pub struct LockShare {
    granted: usize,
}

impl LockShare {
    /// Takes `locks` from the share. Returns whether they leave half of the table free, counting
    /// the locks of all sessions.
    pub fn take(&mut self, locks: usize) -> bool {
        if self.granted < locks {
            self.granted = grant(lock_table_usage::slots() / 2, lock_table_usage::used());
        }
        let fits = self.granted >= locks;
        self.granted -= if fits { locks } else { 0 };
        fits
    }
}

/// The fewest and the most locks to take without another check: other sessions take locks in the
/// meantime, and a check is not free.
const LEAST: usize = 8;
const MOST: usize = 256;

/// Returns how many locks may be taken before the next check.
fn grant(limit: usize, used: usize) -> usize {
    let free = limit.saturating_sub(used);
    (free / 4).clamp(LEAST, MOST).min(free)
}

#[cfg(test)]
mod tests {
    use super::grant;

    #[test]
    fn lock_room_ends_at_the_limit() {
        for limit in [0, 1, 7, 8, 100, 3904, 100_000] {
            let mut used = limit / 10;
            let mut looks = 0;
            loop {
                let granted = grant(limit, used);
                looks += 1;
                if granted == 0 {
                    break;
                }
                used += granted;
            }
            assert_eq!(used, limit);
            assert!(looks <= 30 + limit / 256, "{looks} looks for {limit}");
        }
        assert_eq!(grant(100, 101), 0);
    }
}
