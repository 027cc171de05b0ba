//! What to think of a lock: pure.

use super::session::State;

/// As in the column `verdict`, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Orphan,
    PoolerLeak,
    Prepared,
    Blocking,
    Waiting,
    Held,
}

impl Verdict {
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Orphan => "orphan",
            Verdict::PoolerLeak => "pooler leak",
            Verdict::Prepared => "prepared transaction",
            Verdict::Blocking => "blocking",
            Verdict::Waiting => "waiting",
            Verdict::Held => "held",
        }
    }
}

/// What is known of a lock and its session.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    pub is_granted: bool,
    pub is_prepared: bool,
    /// Somebody waits for it.
    pub is_awaited: bool,
    pub state: State,
    /// Microseconds.
    pub idle_for: Option<i64>,
    /// Microseconds: `pg_flightcheck.orphan_after`.
    pub orphan_after: i64,
    pub is_client_gone: bool,
    /// Another session of the same client seems to do the holder's work.
    pub is_at_work_elsewhere: bool,
    /// The holder runs no transaction, so the session holds it.
    pub is_outside_transaction: bool,
    /// A migration tool's key, in a session whose last statement is another client's.
    pub is_used_by_another: bool,
}

pub fn judge(facts: &Facts) -> Verdict {
    let is_idle_for_long = facts.idle_for.is_some_and(|idle| idle >= facts.orphan_after);
    match facts {
        Facts { is_granted: false, .. } => Verdict::Waiting,
        Facts { is_prepared: true, .. } => Verdict::Prepared,
        Facts { is_outside_transaction: true, is_used_by_another: true, state: State::Idle, .. } => Verdict::PoolerLeak,
        Facts { is_at_work_elsewhere: false, .. } if is_idle_for_long && (facts.is_awaited || facts.is_client_gone) => {
            Verdict::Orphan
        }
        Facts { is_awaited: true, .. } => Verdict::Blocking,
        _ => Verdict::Held,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELD: Facts = Facts {
        is_granted: true,
        is_prepared: false,
        is_awaited: false,
        state: State::Idle,
        idle_for: Some(0),
        orphan_after: 60,
        is_client_gone: false,
        is_at_work_elsewhere: false,
        is_outside_transaction: true,
        is_used_by_another: false,
    };

    #[test]
    fn each_verdict_has_its_reason() {
        let awaited = Facts { is_awaited: true, ..HELD };
        let idle = Facts { idle_for: Some(60), ..awaited };
        let cases = [
            (HELD, Verdict::Held),
            (Facts { idle_for: Some(600), ..HELD }, Verdict::Held),
            (Facts { idle_for: Some(600), is_client_gone: true, ..HELD }, Verdict::Orphan),
            (Facts { idle_for: Some(59), ..awaited }, Verdict::Blocking),
            (idle, Verdict::Orphan),
            (Facts { state: State::IdleInTransaction, is_outside_transaction: false, ..idle }, Verdict::Orphan),
            (Facts { is_at_work_elsewhere: true, ..idle }, Verdict::Blocking),
            (Facts { state: State::Active, idle_for: None, ..awaited }, Verdict::Blocking),
            (Facts { state: State::Hidden, idle_for: None, ..awaited }, Verdict::Blocking),
            (Facts { is_used_by_another: true, ..HELD }, Verdict::PoolerLeak),
            (Facts { is_used_by_another: true, ..idle }, Verdict::PoolerLeak),
            (Facts { is_used_by_another: true, is_outside_transaction: false, ..HELD }, Verdict::Held),
            (Facts { is_used_by_another: true, state: State::Active, idle_for: None, ..HELD }, Verdict::Held),
            (Facts { is_granted: false, ..idle }, Verdict::Waiting),
            (Facts { is_prepared: true, ..idle }, Verdict::Prepared),
        ];
        for (facts, verdict) in cases {
            assert_eq!(judge(&facts), verdict, "{facts:?}");
        }
    }
}
