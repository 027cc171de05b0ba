//! The settings that limit how long a statement waits or runs.

use crate::pg::settings;

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
