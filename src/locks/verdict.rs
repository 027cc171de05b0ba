//! What to think of a lock: pure.

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
    /// Microseconds.
    pub idle_for: Option<i64>,
    /// Microseconds: `pg_flightcheck.orphan_after`.
    pub orphan_after: i64,
    pub is_client_gone: bool,
    /// Another session of the same client seems to do the holder's work.
    pub is_at_work_elsewhere: bool,
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
        Facts { leak: Leak::Certain, .. } => Verdict::PoolerLeak,
        Facts { is_client_gone: true, .. } if is_idle_for_long => Verdict::Orphan,
        Facts { is_awaited: true, is_at_work_elsewhere: false, is_idle_on_purpose: false, .. } if is_idle_for_long => {
            Verdict::Orphan
        }
        Facts { leak: Leak::Likely, .. } => Verdict::PoolerLeak,
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
        idle_for: Some(0),
        orphan_after: 60,
        is_client_gone: false,
        is_at_work_elsewhere: false,
        is_idle_on_purpose: false,
        leak: Leak::No,
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
            (Facts { is_idle_on_purpose: true, ..idle }, Verdict::Blocking),
            (Facts { is_idle_on_purpose: true, is_client_gone: true, ..idle }, Verdict::Orphan),
            (Facts { is_at_work_elsewhere: true, ..idle }, Verdict::Blocking),
            (Facts { idle_for: None, ..awaited }, Verdict::Blocking),
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
