//! Judges a lock. Pure.

/// A lock's status, as in the column `status`, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    Orphan,
    /// The holder's own program waits for it.
    SelfBlocked,
    PoolerLeak,
    Prepared,
    Blocking,
    /// A migration tool's lock whose session has long been idle, while no session waits.
    IdleHolder,
    Waiting,
    Held,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Orphan => "orphan",
            Status::PoolerLeak => "pooler_leak",
            Status::Prepared => "prepared_transaction",
            Status::SelfBlocked => "self_blocked",
            Status::Blocking => "blocking",
            Status::IdleHolder => "idle_holder",
            Status::Waiting => "waiting",
            Status::Held => "held",
        }
    }

    /// Returns the status as a `detail` words it.
    pub fn label(self) -> &'static str {
        match self {
            Status::PoolerLeak => "pooler leak",
            Status::Prepared => "prepared transaction",
            Status::SelfBlocked => "self-blocked",
            Status::IdleHolder => "idle holder",
            other => other.as_str(),
        }
    }
}

/// What is known about a lock and its session.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    pub is_granted: bool,
    pub is_prepared: bool,
    /// Whether a session waits for it.
    pub is_awaited: bool,
    /// Microseconds.
    pub idle_for: Option<i64>,
    /// Microseconds: `pg_flightcheck.orphan_after`.
    pub orphan_after: i64,
    pub is_client_gone: bool,
    /// Whether another session of the same client seems to do the holder's work.
    pub is_at_work_elsewhere: bool,
    /// Whether the holder's own program waits for it.
    pub is_self_blocked: bool,
    /// Whether a migration tool serializes its runs with the lock.
    pub is_migrations: bool,
    /// Whether the tool holds the lock for as long as it runs.
    pub is_idle_on_purpose: bool,
    pub leak: Leak,
}

/// How certain it is that a connection pooler has passed on a session with a migration tool's lock
/// to other clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leak {
    No,
    /// The session's last statement wrote rows, which migrations do as well.
    Possible,
    /// The session's last statement only read.
    Likely,
    /// The session has the same application_name as sessions that do not wait for the lock, and
    /// those that wait have another one.
    Certain,
}

pub fn judge(facts: &Facts) -> Status {
    let is_idle_for_long = facts.idle_for.is_some_and(|idle| idle >= facts.orphan_after);
    match facts {
        Facts { is_granted: false, .. } => Status::Waiting,
        Facts { is_prepared: true, .. } => Status::Prepared,
        Facts { is_self_blocked: true, .. } => Status::SelfBlocked,
        Facts { leak: Leak::Certain, .. } => Status::PoolerLeak,
        Facts { is_client_gone: true, is_at_work_elsewhere: false, .. } if is_idle_for_long => Status::Orphan,
        Facts { is_awaited: true, is_at_work_elsewhere: false, is_idle_on_purpose: false, .. } if is_idle_for_long => {
            Status::Orphan
        }
        Facts { leak: Leak::Likely, .. } => Status::PoolerLeak,
        Facts { is_awaited: true, .. } => Status::Blocking,
        Facts { is_migrations: true, is_at_work_elsewhere: false, is_idle_on_purpose: false, .. }
            if is_idle_for_long =>
        {
            Status::IdleHolder
        }
        _ => Status::Held,
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
    fn status_for_each_combination_of_facts() {
        let awaited = Facts { is_awaited: true, ..HELD };
        let idle = Facts { idle_for: Some(60), ..awaited };
        let migrations = Facts { idle_for: Some(60), is_migrations: true, ..HELD };
        let cases = [
            (HELD, Status::Held),
            (Facts { idle_for: Some(600), ..HELD }, Status::Held),
            (Facts { idle_for: Some(600), is_client_gone: true, ..HELD }, Status::Orphan),
            (Facts { idle_for: Some(59), ..awaited }, Status::Blocking),
            (idle, Status::Orphan),
            (Facts { is_idle_on_purpose: true, ..idle }, Status::Blocking),
            (Facts { is_idle_on_purpose: true, is_client_gone: true, ..idle }, Status::Orphan),
            (Facts { is_at_work_elsewhere: true, ..idle }, Status::Blocking),
            (Facts { is_at_work_elsewhere: true, is_client_gone: true, ..idle }, Status::Blocking),
            (Facts { is_self_blocked: true, ..idle }, Status::SelfBlocked),
            (Facts { is_self_blocked: true, is_client_gone: true, ..HELD }, Status::SelfBlocked),
            (Facts { idle_for: None, ..awaited }, Status::Blocking),
            (Facts { is_migrations: true, ..migrations }, Status::IdleHolder),
            (Facts { is_at_work_elsewhere: true, ..migrations }, Status::Held),
            (Facts { is_idle_on_purpose: true, ..migrations }, Status::Held),
            (Facts { idle_for: Some(59), ..migrations }, Status::Held),
            (Facts { idle_for: None, ..migrations }, Status::Held),
            (Facts { is_client_gone: true, ..migrations }, Status::Orphan),
            (Facts { is_awaited: true, ..migrations }, Status::Orphan),
            (Facts { leak: Leak::Possible, ..migrations }, Status::IdleHolder),
            (Facts { leak: Leak::Likely, ..migrations }, Status::PoolerLeak),
            (Facts { leak: Leak::Certain, ..HELD }, Status::PoolerLeak),
            (Facts { leak: Leak::Certain, ..idle }, Status::PoolerLeak),
            (Facts { leak: Leak::Likely, ..HELD }, Status::PoolerLeak),
            (Facts { leak: Leak::Likely, ..idle }, Status::Orphan),
            (Facts { leak: Leak::Possible, ..HELD }, Status::Held),
            (Facts { leak: Leak::Possible, ..awaited }, Status::Blocking),
            (Facts { is_granted: false, ..idle }, Status::Waiting),
            (Facts { is_prepared: true, ..idle }, Status::Prepared),
        ];
        for (facts, status) in cases {
            assert_eq!(judge(&facts), status, "{facts:?}");
        }
    }
}
