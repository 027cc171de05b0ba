//! Decides whether a session is at work: the one rule that every function applies before it says
//! that a lock may be freed. Pure.
//!
//! A session is at work if it runs a statement that writes or changes the schema, if it waits in
//! the middle of such a statement, or if its open transaction has written. Activity that is hidden
//! or unknown never counts as safe.

use super::session_state::State;
use super::statement_effect::Effect;

/// What a session changes, by the strongest lock that it holds on a user table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// RowExclusiveLock, which writing rows acquires, or any lock on a temporary table.
    Rows,
    /// A stronger lock, as schema changes acquire.
    Schema,
}

/// What is known about a session.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub state: State,
    /// The statement that the session runs, or ran last.
    pub query: Option<&'a str>,
    /// Whether its transaction has an id, so that it has written something or locked rows.
    pub has_xid: bool,
    pub change: Option<Change>,
    /// Whether it is running VACUUM or ANALYZE, whose locks do not indicate a change.
    pub is_maintenance: bool,
}

/// What a session does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Changes the schema, or has done so in its open transaction.
    ChangesSchema,
    /// Runs a statement that writes.
    Writes,
    /// Is idle in a transaction that has written.
    HasWritten,
    /// Runs a statement, or is idle in a transaction, and has written nothing.
    Reads,
    Idle,
    /// Its transaction has failed, which has released its locks.
    Aborted,
    /// Runs a statement whose text does not say whether it writes.
    MayWrite,
    /// Its activity is hidden or unknown.
    Unknown,
}

impl Work {
    pub fn of(facts: &Facts<'_>) -> Work {
        let change = facts.change.filter(|_| !facts.is_maintenance);
        let has_written = facts.has_xid || change.is_some();
        let effect = match facts.state {
            State::Active => facts.query.map_or(Effect::Reads, Effect::of),
            _ => Effect::Reads,
        };
        if change == Some(Change::Schema) || effect == Effect::ChangesSchema {
            return Work::ChangesSchema;
        }
        match facts.state {
            State::Active if has_written || effect == Effect::Writes => Work::Writes,
            State::Active if effect == Effect::Unclear => Work::MayWrite,
            State::Active => Work::Reads,
            // After an error in a subtransaction, the writes before the savepoint are kept.
            State::IdleInTransaction | State::Aborted if has_written => Work::HasWritten,
            State::IdleInTransaction => Work::Reads,
            State::Aborted => Work::Aborted,
            State::Idle => Work::Idle,
            // pg_locks is visible to all roles.
            State::Untracked | State::Hidden if has_written => Work::Writes,
            State::Untracked | State::Hidden => Work::Unknown,
        }
    }

    pub fn is_at_work(self) -> bool {
        matches!(self, Work::ChangesSchema | Work::Writes | Work::HasWritten)
    }

    /// Whether a lock must not be freed because of the session: it is at work, or may be.
    pub fn is_in_the_way(self) -> bool {
        self.is_at_work() || matches!(self, Work::MayWrite | Work::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: Facts<'static> =
        Facts { state: State::Idle, query: None, has_xid: false, change: None, is_maintenance: false };

    fn active(query: &str) -> Facts<'_> {
        Facts { state: State::Active, query: Some(query), ..IDLE }
    }

    #[test]
    fn work_of_each_state() {
        let (rows, schema) = (Some(Change::Rows), Some(Change::Schema));
        let open = Facts { state: State::IdleInTransaction, query: Some("UPDATE t SET a = 1"), ..IDLE };
        let aborted = Facts { state: State::Aborted, ..open };
        let hidden = Facts { state: State::Hidden, ..IDLE };
        let untracked = Facts { state: State::Untracked, ..IDLE };
        let cases = [
            (IDLE, Work::Idle),
            (Facts { query: Some("DROP TABLE t"), ..IDLE }, Work::Idle),
            (active("SELECT pg_sleep(1)"), Work::Reads),
            (active("SELECT backfill()"), Work::MayWrite),
            (Facts { has_xid: true, ..active("SELECT backfill()") }, Work::Writes),
            (Facts { change: rows, ..active("SELECT backfill()") }, Work::Writes),
            (active("UPDATE t SET a = 1"), Work::Writes),
            (active("CALL backfill()"), Work::Writes),
            (active("CREATE INDEX CONCURRENTLY ON t (a)"), Work::ChangesSchema),
            (Facts { change: schema, ..active("SELECT 1") }, Work::ChangesSchema),
            (Facts { change: schema, is_maintenance: true, ..active("VACUUM t") }, Work::MayWrite),
            (open, Work::Reads),
            (Facts { has_xid: true, ..open }, Work::HasWritten),
            (Facts { change: rows, ..open }, Work::HasWritten),
            (Facts { change: schema, ..open }, Work::ChangesSchema),
            (aborted, Work::Aborted),
            (Facts { has_xid: true, ..aborted }, Work::HasWritten),
            (hidden, Work::Unknown),
            (Facts { change: rows, ..hidden }, Work::Writes),
            (Facts { has_xid: true, ..hidden }, Work::Writes),
            (untracked, Work::Unknown),
            (Facts { change: schema, ..untracked }, Work::ChangesSchema),
        ];
        for (facts, work) in cases {
            assert_eq!(Work::of(&facts), work, "{facts:?}");
        }
    }

    #[test]
    fn unknown_work_is_in_the_way() {
        use Work::{Aborted, ChangesSchema, HasWritten, Idle, MayWrite, Reads, Unknown, Writes};
        assert!([ChangesSchema, Writes, HasWritten, MayWrite, Unknown].iter().all(|work| work.is_in_the_way()));
        assert!(![Reads, Idle, Aborted].iter().any(|work| work.is_in_the_way()));
        assert!(!Unknown.is_at_work());
    }
}
