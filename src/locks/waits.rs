//! Finds out which processes wait for which, from one reading of the lock table, so that the rows
//! of the report are consistent.

use super::key::LockKey;
use fixedbitset::FixedBitSet;
use std::collections::{BTreeMap, HashMap};

/// A lock mode. The conflicts are those of `LockConflicts` in lmgr/lock.c.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mode(u8);

const MODES: [(&str, u16); 8] = [
    ("AccessShareLock", 1 << 7),
    ("RowShareLock", 1 << 6 | 1 << 7),
    ("RowExclusiveLock", 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7),
    ("ShareUpdateExclusiveLock", 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7),
    ("ShareLock", 1 << 2 | 1 << 3 | 1 << 5 | 1 << 6 | 1 << 7),
    ("ShareRowExclusiveLock", 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7),
    ("ExclusiveLock", 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7),
    ("AccessExclusiveLock", u8::MAX as u16),
];

impl Mode {
    /// Returns the mode of that name in pg_locks; the strongest one for an unknown name.
    pub fn parse(name: &str) -> Mode {
        let index = MODES.iter().position(|(mode, _)| *mode == name).unwrap_or(MODES.len() - 1);
        Mode(index as u8)
    }

    fn conflicts(self, other: Mode) -> bool {
        MODES[usize::from(self.0)].1 & (1 << other.0) != 0
    }
}

/// A lock on a key of a database that a process holds or awaits.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    pub object: (u32, LockKey),
    pub pid: i32,
    pub mode: Mode,
    pub is_granted: bool,
    /// Since when the process has been waiting, in any unit.
    pub since: Option<i64>,
}

/// The processes that each process waits for directly.
#[derive(Debug, Default)]
pub struct Waits {
    blockers: BTreeMap<i32, Vec<i32>>,
}

impl Waits {
    /// Returns, for each waiting request, the holders that conflict with it and the conflicting
    /// requests ahead of it in the queue, which `GetBlockerStatusData` counts as well.
    pub fn of(requests: &[Request]) -> Waits {
        let mut objects: HashMap<(u32, LockKey), Vec<&Request>> = HashMap::new();
        for request in requests {
            objects.entry(request.object).or_default().push(request);
        }
        let mut waits = Waits::default();
        for queue in objects.values().filter(|queue| queue.len() > 1) {
            let (held, waiting): (Vec<&Request>, Vec<&Request>) = queue.iter().partition(|request| request.is_granted);
            let waiting = in_queue(&held, waiting);
            for (place, request) in waiting.iter().enumerate() {
                let ahead = held.iter().chain(&waiting[..place]);
                let in_its_way = ahead.filter(|other| other.pid != request.pid && request.mode.conflicts(other.mode));
                let pids: Vec<i32> = in_its_way.map(|other| other.pid).collect();
                waits.add(request.pid, &pids);
            }
        }
        waits
    }

    /// Adds processes that a process waits for.
    pub fn add(&mut self, pid: i32, blockers: &[i32]) {
        let known = self.blockers.entry(pid).or_default();
        known.extend(blockers);
        known.sort_unstable();
        known.dedup();
    }

    /// Returns the processes that the process waits for directly; 0 is a prepared transaction.
    pub fn blockers(&self, pid: i32) -> &[i32] {
        self.blockers.get(&pid).map_or(&[], Vec::as_slice)
    }

    pub fn closure(&self) -> Closure {
        Closure::of(&self.blockers)
    }
}

/// Returns the waiting requests in the order of the wait queue, which the server does not show. A
/// request is behind those that have waited longer, except that a process that already holds the
/// lock goes ahead of the first request that conflicts with its own lock (ProcSleep). `waitstart`
/// is still missing for a moment after a process has joined the queue, so that of two processes
/// that joined at the same time, the second may have the earlier time.
fn in_queue<'a>(held: &[&'a Request], mut waiting: Vec<&'a Request>) -> Vec<&'a Request> {
    waiting.sort_by_key(|request| (request.since.is_none(), request.since, request.pid));
    let mut queue: Vec<&Request> = Vec::with_capacity(waiting.len());
    for request in waiting {
        let own: Vec<&&Request> = held.iter().filter(|one| one.pid == request.pid).collect();
        let conflicts_with_own = |other: &&Request| own.iter().any(|one| other.mode.conflicts(one.mode));
        let place = queue.iter().position(conflicts_with_own).unwrap_or(queue.len());
        queue.insert(place, request);
    }
    for place in 0..queue.len() {
        let (ahead, behind) = queue.split_at(place);
        let Some((request, behind)) = behind.split_first() else { break };
        let blocks_it = |other: &&Request| other.pid != request.pid && request.mode.conflicts(other.mode);
        // Every waiting request conflicts with a holder or with a request ahead of it. If this one
        // does not, it belongs behind the first conflicting request that joined at the same time.
        if !held.iter().chain(ahead).any(blocks_it)
            && let Some(offset) = behind.iter().position(blocks_it)
        {
            queue[place..=place + 1 + offset].rotate_right(1);
        }
    }
    queue
}

/// The transitive closure of `Waits`.
pub struct Closure {
    pids: Vec<i32>,
    forward: Vec<FixedBitSet>,
    backward: Vec<FixedBitSet>,
}

impl Closure {
    fn of(blockers: &BTreeMap<i32, Vec<i32>>) -> Closure {
        let mut pids: Vec<i32> =
            blockers.iter().flat_map(|(pid, others)| others.iter().chain([pid])).copied().collect();
        pids.sort_unstable();
        pids.dedup();
        let empty = || vec![FixedBitSet::with_capacity(pids.len()); pids.len()];
        let (mut forward, mut backward) = (empty(), empty());
        let index = |pid: &i32| pids.binary_search(pid).ok();
        for (pid, others) in blockers {
            let Some(from) = index(pid) else { continue };
            for to in others.iter().filter_map(index) {
                forward[from].insert(to);
                backward[to].insert(from);
            }
        }
        Closure { pids, forward, backward }
    }

    /// Returns the processes that wait for `pid`, directly or through others, given those that wait
    /// for it directly.
    pub fn waiters(&self, pid: i32, direct: &[i32]) -> Vec<i32> {
        self.reach(&self.backward, pid, direct)
    }

    /// Returns the ends of the chains that begin at `pid`: the processes that do not wait
    /// themselves. Empty for a deadlock.
    pub fn roots(&self, pid: i32, direct: &[i32]) -> Vec<i32> {
        let mut reached = self.reach(&self.forward, pid, direct);
        reached.retain(|pid| self.index(*pid).is_some_and(|index| self.forward[index].is_clear()));
        reached
    }

    /// Whether `pid` waits for `other`, directly or through others.
    pub fn waits_for(&self, pid: i32, other: i32) -> bool {
        self.reach(&self.forward, pid, &[pid]).contains(&other)
    }

    fn index(&self, pid: i32) -> Option<usize> {
        self.pids.binary_search(&pid).ok()
    }

    fn reach(&self, edges: &[FixedBitSet], start: i32, direct: &[i32]) -> Vec<i32> {
        let mut seen = FixedBitSet::with_capacity(self.pids.len());
        let mut open: Vec<usize> = direct.iter().filter_map(|pid| self.index(*pid)).collect();
        for &index in &open {
            seen.insert(index);
        }
        while let Some(index) = open.pop() {
            open.extend(edges[index].difference(&seen));
            seen.union_with(&edges[index]);
        }
        seen.ones().map(|index| self.pids[index]).filter(|pid| *pid != start).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SHARED: &str = "ShareLock";
    const EXCLUSIVE: &str = "ExclusiveLock";

    fn request(pid: i32, mode: &str, since: Option<i64>) -> Request {
        let object = (1, LockKey::Bigint(7));
        Request { object, pid, mode: Mode::parse(mode), is_granted: since.is_none(), since }
    }

    #[test]
    fn request_waits_for_conflicting_requests_ahead() {
        let requests = [
            request(1, SHARED, None),
            request(2, SHARED, None),
            request(3, EXCLUSIVE, Some(10)),
            request(4, SHARED, Some(20)),
            request(5, SHARED, Some(30)),
        ];
        let waits = Waits::of(&requests);
        assert_eq!(waits.blockers(3), [1, 2]);
        // It does not wait for the holders, which share the lock, but for the exclusive request
        // ahead.
        assert_eq!(waits.blockers(4), [3]);
        assert_eq!(waits.blockers(5), [3]);
        let closure = waits.closure();
        assert_eq!(closure.waiters(1, &[3]), [3, 4, 5]);
        assert_eq!(closure.roots(5, &[3]), [1, 2]);
    }

    #[test]
    fn holder_goes_ahead_of_requests_that_conflict_with_its_lock() {
        let requests = [
            request(1, SHARED, None),
            request(2, SHARED, None),
            request(3, EXCLUSIVE, Some(10)),
            request(1, EXCLUSIVE, Some(20)),
        ];
        let waits = Waits::of(&requests);
        assert_eq!(waits.blockers(1), [2]);
        assert_eq!(waits.blockers(3), [1, 2]);
    }

    #[test]
    fn first_in_queue_may_have_the_later_time() {
        let requests = [
            request(1, SHARED, None),
            request(2, SHARED, Some(10)),
            request(3, SHARED, Some(11)),
            request(4, EXCLUSIVE, Some(12)),
            request(5, EXCLUSIVE, Some(13)),
        ];
        let waits = Waits::of(&requests);
        assert_eq!(waits.blockers(4), [1]);
        assert_eq!(waits.blockers(2), [4]);
        assert_eq!(waits.blockers(3), [4]);
        assert_eq!(waits.blockers(5), [1, 2, 3, 4]);
    }

    #[test]
    fn locks_differ_by_key_and_database() {
        let mut elsewhere = request(1, EXCLUSIVE, None);
        elsewhere.object = (2, LockKey::Bigint(7));
        let mut other_kind = request(3, EXCLUSIVE, None);
        other_kind.object = (1, LockKey::Pair(0, 7));
        assert!(Waits::of(&[elsewhere, other_kind, request(2, EXCLUSIVE, Some(1))]).blockers(2).is_empty());
    }

    #[test]
    fn chain_includes_other_locks_and_is_rootless_in_a_deadlock() {
        let mut waits = Waits::of(&[request(1, EXCLUSIVE, None), request(2, EXCLUSIVE, Some(1))]);
        waits.add(1, &[9]);
        waits.add(9, &[10]);
        let closure = waits.closure();
        assert_eq!(closure.roots(2, waits.blockers(2)), [10]);
        assert_eq!(closure.waiters(10, &[9]), [1, 2, 9]);
        assert!(closure.waits_for(2, 10) && !closure.waits_for(10, 2) && !closure.waits_for(2, 77));
        waits.add(10, &[1]);
        let closure = waits.closure();
        assert!(closure.roots(2, waits.blockers(2)).is_empty());
        assert_eq!(closure.waiters(10, &[9]), [1, 2, 9]);
    }

    #[test]
    fn modes_conflict_both_ways() {
        for (one, _) in MODES {
            for (other, _) in MODES {
                let (one, other) = (Mode::parse(one), Mode::parse(other));
                assert_eq!(one.conflicts(other), other.conflicts(one), "{one:?} {other:?}");
            }
        }
        assert!(!Mode::parse(SHARED).conflicts(Mode::parse(SHARED)));
        assert!(Mode::parse(SHARED).conflicts(Mode::parse(EXCLUSIVE)));
    }

    proptest! {
        /// If a process is reached forwards, the way back exists, and no process waits for itself.
        #[test]
        fn forwards_and_backwards_agree(edges in prop::collection::vec((1_i32..12, 1_i32..12), 0..30)) {
            let mut waits = Waits::default();
            for (pid, blocker) in edges.iter().filter(|(pid, blocker)| pid != blocker) {
                waits.add(*pid, &[*blocker]);
            }
            let closure = waits.closure();
            for pid in 1..12 {
                let ahead = closure.reach(&closure.forward, pid, waits.blockers(pid));
                prop_assert!(!ahead.contains(&pid));
                for other in ahead {
                    let direct: Vec<i32> = (1..12).filter(|pid| waits.blockers(*pid).contains(&other)).collect();
                    prop_assert!(closure.waiters(other, &direct).contains(&pid));
                }
            }
        }
    }
}
