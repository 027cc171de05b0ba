//! Parses the state of a session in pg_stat_activity. Pure.

/// `pg_stat_activity.state`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Idle,
    IdleInTransaction,
    /// Idle in a transaction that has failed.
    Aborted,
    Active,
    /// track_activities is off.
    Untracked,
    /// The current user may not see the state.
    Hidden,
}

impl State {
    pub fn parse(text: Option<&str>) -> State {
        match text {
            Some("idle") => State::Idle,
            Some("idle in transaction") => State::IdleInTransaction,
            Some("idle in transaction (aborted)") => State::Aborted,
            Some("disabled") => State::Untracked,
            Some(_) => State::Active,
            None => State::Hidden,
        }
    }

    pub fn is_idle(self) -> bool {
        matches!(self, State::Idle | State::IdleInTransaction | State::Aborted)
    }
}
