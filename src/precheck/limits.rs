//! The settings that limit how long a statement waits or runs.

use super::effects::Effects;
use super::finding::Note;
use super::run::Run;
use super::sizes::{pretty, size};
use crate::pg::settings;

/// What a session reads or writes in a second, for an estimate: a fast disk's rate.
const BYTES_PER_SECOND: u64 = 200 << 20;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Values {
    /// Whether `lock_timeout` is set.
    pub waits_briefly: bool,
    /// `statement_timeout` in milliseconds; 0 is none.
    pub statement: i32,
}

/// The limits of now, and those to which the end of the transaction returns.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    pub now: Values,
    /// What a session has at its beginning, to which RESET returns.
    initial: Values,
    /// After COMMIT and after ROLLBACK; `None` if the transaction has set none.
    ends: Option<(Values, Values)>,
}

impl Limits {
    pub fn new(initial: Values) -> Limits {
        Limits { now: initial, initial, ends: None }
    }

    /// The limits of this session.
    pub fn of_session() -> Values {
        Values { waits_briefly: settings::has_lock_timeout(), statement: settings::statement_timeout() }
    }

    /// Sets the limit of this name to milliseconds, or resets it; leaves all others alone. Pure.
    pub fn set(&mut self, name: &str, time: Option<i32>, is_local: bool, in_transaction: bool) {
        let initial = self.initial;
        let change = |values: &mut Values| match name {
            "lock_timeout" => values.waits_briefly = time.map_or(initial.waits_briefly, |time| time != 0),
            "statement_timeout" => values.statement = time.unwrap_or(initial.statement),
            _ => {}
        };
        if in_transaction {
            let (committed, _) = self.ends.get_or_insert((self.now, self.now));
            if !is_local {
                change(committed);
            }
        }
        change(&mut self.now);
    }

    /// Returns to what the end of the transaction leaves.
    pub fn end(&mut self, commits: bool) {
        if let Some((committed, rolled_back)) = self.ends.take() {
            self.now = if commits { committed } else { rolled_back };
        }
    }
}

/// Warns of a statement that reads or writes more than it has time for.
pub fn warn(run: &mut Run, effects: &Effects) {
    let limit = u64::try_from(run.limits.now.statement).unwrap_or(0);
    if limit == 0 {
        return;
    }
    let bytes = |id: &usize| size(run.model.get(*id)).unwrap_or(0);
    let read: u64 = effects.scans.union(&effects.rewrites).map(bytes).sum();
    let written: u64 = effects.rewrites.iter().map(bytes).sum();
    let seconds = (read + written) / BYTES_PER_SECOND;
    if seconds * 1000 <= limit {
        return;
    }
    let writes = if written == 0 { String::new() } else { format!(" and writes {}", pretty(written)) };
    let detail = format!(
        "statement_timeout is {limit} ms, and the statement reads {}{writes}: at {} a second this takes about \
         {seconds} s; it would be cancelled with 57014",
        pretty(read),
        pretty(BYTES_PER_SECOND),
    );
    run.add(Note::warning("statement_timeout", detail));
}

#[cfg(test)]
mod tests {
    use super::{Limits, Values};

    #[test]
    fn limits_return_at_end_of_transaction() {
        let both = |limits: &Limits| (limits.now.waits_briefly, limits.now.statement);
        let mut limits = Limits::new(Values { waits_briefly: false, statement: 7 });
        limits.set("lock_timeout", Some(2000), true, true);
        limits.set("statement_timeout", Some(5), false, true);
        assert_eq!(both(&limits), (true, 5));
        let mut other = limits;
        limits.end(true);
        assert_eq!(both(&limits), (false, 5));
        other.end(false);
        assert_eq!(both(&other), (false, 7));
        other.set("statement_timeout", Some(0), false, false);
        other.end(false);
        assert_eq!(both(&other), (false, 0));
        other.set("statement_timeout", None, false, false);
        assert_eq!(both(&other), (false, 7));
    }
}
