//! What to think of a lock: pure.

/// As in the column `verdict`, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Orphan,
    /// The holder's own program waits for it.
    SelfBlocked,
    PoolerLeak,
    Prepared,
    Blocking,
    /// A migration tool's, idle for long; no session waits.
    IdleHolder,
    Waiting,
    Held,
}

impl Verdict {
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Orphan => "orphan",
            Verdict::PoolerLeak => "pooler leak",
            Verdict::Prepared => "prepared transaction",
            Verdict::SelfBlocked => "self-blocked",
            Verdict::Blocking => "blocking",
            Verdict::IdleHolder => "idle holder",
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
    /// Microseconds.
    pub idle_for: Option<i64>,
    /// Microseconds: `pg_flightcheck.orphan_after`.
    pub orphan_after: i64,
    pub is_client_gone: bool,
    /// Another session of the same client seems to do the holder's work.
    pub is_at_work_elsewhere: bool,
    /// The holder's own program waits for it.
    pub is_self_blocked: bool,
    /// It keeps a migration tool's other runs out.
    pub is_migrations: bool,
    /// The tool holds the lock for as long as it runs.
    pub is_idle_on_purpose: bool,
    pub leak: Leak,
}

/// Whether a pooler has handed the session on to other clients, with a migration tool's lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leak {
    No,
    /// The session has written rows last, as migrations do as well.
    Possible,
    /// It has only read last.
    Likely,
    /// It bears the name that other sessions bear, and those who wait for the lock do not.
    Certain,
}

pub fn judge(facts: &Facts) -> Verdict {
    let is_idle_for_long = facts.idle_for.is_some_and(|idle| idle >= facts.orphan_after);
    match facts {
        Facts { is_granted: false, .. } => Verdict::Waiting,
        Facts { is_prepared: true, .. } => Verdict::Prepared,
        Facts { is_self_blocked: true, .. } => Verdict::SelfBlocked,
        Facts { leak: Leak::Certain, .. } => Verdict::PoolerLeak,
        Facts { is_client_gone: true, is_at_work_elsewhere: false, .. } if is_idle_for_long => Verdict::Orphan,
        Facts { is_awaited: true, is_at_work_elsewhere: false, is_idle_on_purpose: false, .. } if is_idle_for_long => {
            Verdict::Orphan
        }
        Facts { leak: Leak::Likely, .. } => Verdict::PoolerLeak,
        Facts { is_awaited: true, .. } => Verdict::Blocking,
        Facts { is_migrations: true, is_at_work_elsewhere: false, is_idle_on_purpose: false, .. }
            if is_idle_for_long =>
        {
            Verdict::IdleHolder
        }
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
        idle_for: Some(0),
        orphan_after: 60,
        is_client_gone: false,
        is_at_work_elsewhere: false,
        is_self_blocked: false,
        is_migrations: false,
        is_idle_on_purpose: false,
        leak: Leak::No,
    };

    #[test]
    fn each_verdict_has_its_reason() {
        let awaited = Facts { is_awaited: true, ..HELD };
        let idle = Facts { idle_for: Some(60), ..awaited };
        let migrations = Facts { idle_for: Some(60), is_migrations: true, ..HELD };
        let cases = [
            (HELD, Verdict::Held),
            (Facts { idle_for: Some(600), ..HELD }, Verdict::Held),
            (Facts { idle_for: Some(600), is_client_gone: true, ..HELD }, Verdict::Orphan),
            (Facts { idle_for: Some(59), ..awaited }, Verdict::Blocking),
            (idle, Verdict::Orphan),
            (Facts { is_idle_on_purpose: true, ..idle }, Verdict::Blocking),
            (Facts { is_idle_on_purpose: true, is_client_gone: true, ..idle }, Verdict::Orphan),
            (Facts { is_at_work_elsewhere: true, ..idle }, Verdict::Blocking),
            (Facts { is_at_work_elsewhere: true, is_client_gone: true, ..idle }, Verdict::Blocking),
            (Facts { is_self_blocked: true, ..idle }, Verdict::SelfBlocked),
            (Facts { is_self_blocked: true, is_client_gone: true, ..HELD }, Verdict::SelfBlocked),
            (Facts { idle_for: None, ..awaited }, Verdict::Blocking),
            (Facts { is_migrations: true, ..migrations }, Verdict::IdleHolder),
            (Facts { is_at_work_elsewhere: true, ..migrations }, Verdict::Held),
            (Facts { is_idle_on_purpose: true, ..migrations }, Verdict::Held),
            (Facts { idle_for: Some(59), ..migrations }, Verdict::Held),
            (Facts { idle_for: None, ..migrations }, Verdict::Held),
            (Facts { is_client_gone: true, ..migrations }, Verdict::Orphan),
            (Facts { is_awaited: true, ..migrations }, Verdict::Orphan),
            (Facts { leak: Leak::Possible, ..migrations }, Verdict::IdleHolder),
            (Facts { leak: Leak::Likely, ..migrations }, Verdict::PoolerLeak),
            (Facts { leak: Leak::Certain, ..HELD }, Verdict::PoolerLeak),
            (Facts { leak: Leak::Certain, ..idle }, Verdict::PoolerLeak),
            (Facts { leak: Leak::Likely, ..HELD }, Verdict::PoolerLeak),
            (Facts { leak: Leak::Likely, ..idle }, Verdict::Orphan),
            (Facts { leak: Leak::Possible, ..HELD }, Verdict::Held),
            (Facts { leak: Leak::Possible, ..awaited }, Verdict::Blocking),
            (Facts { is_granted: false, ..idle }, Verdict::Waiting),
            (Facts { is_prepared: true, ..idle }, Verdict::Prepared),
        ];
        for (facts, verdict) in cases {
            assert_eq!(judge(&facts), verdict, "{facts:?}");
        }
    }
}
