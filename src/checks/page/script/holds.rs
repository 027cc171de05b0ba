//! Works out from which statement to which one a script holds its locks. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

/// How a statement concerns the script's transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Control {
    Savepoint(String),
    Release(String),
    RollbackTo(String),
    /// PREPARE TRANSACTION: its locks are held on.
    Prepare,
}

/// What a statement does, in the order of the script. Relations are told apart by `Key`.
#[derive(Clone, Debug)]
pub struct Step<Key> {
    pub number: i32,
    pub locks: Vec<(Key, Mode)>,
    pub control: Option<Control>,
    /// Whether the locks are released after it.
    pub releases: bool,
    /// How long it ran, if it did.
    pub duration: Duration,
}

/// The number of a table-level lock mode, from 1 (AccessShareLock) to 8 (AccessExclusiveLock).
pub type Mode = u8;

/// From which step to which one a mode is held, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    pub mode: Mode,
    pub from: usize,
    pub to: usize,
    pub until: Until,
}

/// What ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// The statement, which is a transaction of its own.
    Statement,
    /// The last statement of the transaction.
    Commit,
    Savepoint,
    /// The end of the script, or COMMIT PREPARED.
    End,
}

/// Returns the locks of each relation in the order in which they end. A stronger lock does not end
/// a weaker one.
pub fn holds<Key: Ord + Clone>(steps: &[Step<Key>]) -> BTreeMap<Key, Vec<Hold>> {
    let mut found: BTreeMap<Key, Vec<Hold>> = BTreeMap::new();
    // What the transaction holds, the strongest mode last.
    let mut open: BTreeMap<Key, Vec<(Mode, usize)>> = BTreeMap::new();
    let mut savepoints: Vec<(&str, usize)> = Vec::new();
    let mut close = |key: &Key, (mode, from): (Mode, usize), to: usize, until: Until| {
        found.entry(key.clone()).or_default().push(Hold { mode, from, to, until });
    };
    let last = steps.len().saturating_sub(1);
    for (index, step) in steps.iter().enumerate() {
        for (key, mode) in &step.locks {
            let held = open.entry(key.clone()).or_default();
            if held.last().is_none_or(|(strongest, _)| strongest < mode) {
                held.push((*mode, index));
            }
        }
        match &step.control {
            Some(Control::Savepoint(name)) => savepoints.push((name, index)),
            Some(Control::Release(name)) => savepoints.truncate(find(&savepoints, name).unwrap_or(savepoints.len())),
            Some(Control::RollbackTo(name)) => {
                let at = find(&savepoints, name);
                let since = at.and_then(|at| savepoints.get(at)).map_or(index, |(_, since)| *since);
                savepoints.truncate(at.map_or(savepoints.len(), |at| at + 1));
                for (key, held) in &mut open {
                    let kept = held.iter().take_while(|(_, from)| *from <= since).count();
                    held.drain(kept..).for_each(|lock| close(key, lock, index, Until::Savepoint));
                }
            }
            Some(Control::Prepare) => {
                for (key, held) in std::mem::take(&mut open) {
                    held.into_iter().for_each(|lock| close(&key, lock, last, Until::End));
                }
            }
            None => {}
        }
        if step.releases {
            savepoints.clear();
            for (key, held) in std::mem::take(&mut open) {
                let until = |from| if from == index { Until::Statement } else { Until::Commit };
                held.into_iter().for_each(|lock| close(&key, lock, index, until(lock.1)));
            }
        }
    }
    for (key, held) in open {
        held.into_iter().for_each(|lock| close(&key, lock, last, Until::End));
    }
    found
}

fn find(savepoints: &[(&str, usize)], name: &str) -> Option<usize> {
    savepoints.iter().rposition(|(known, _)| *known == name)
}

/// Returns how long the holds last that are at least as strong as `least`, without counting a
/// statement twice. `ends` has the time at which each statement ends, from the script's start.
pub fn total(holds: &[Hold], least: Mode, ends: &[Duration]) -> Duration {
    let mut spans: Vec<(usize, usize)> =
        holds.iter().filter(|hold| hold.mode >= least).map(|hold| (hold.from, hold.to)).collect();
    spans.sort_unstable();
    let mut sum = Duration::ZERO;
    let mut next = 0;
    for (from, to) in spans {
        let from = from.max(next);
        if from <= to {
            sum += at(ends, to + 1).saturating_sub(at(ends, from));
            next = to + 1;
        }
    }
    sum
}

/// Returns when the statement begins.
pub fn at(ends: &[Duration], index: usize) -> Duration {
    index.checked_sub(1).and_then(|before| ends.get(before).or(ends.last())).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(locks: &[(char, Mode)], control: Option<Control>, releases: bool) -> Step<char> {
        Step { number: 0, locks: locks.to_vec(), control, releases, duration: Duration::ZERO }
    }

    fn shape(steps: &[Step<char>]) -> Vec<(char, Mode, usize, usize, Until)> {
        let found = holds(steps).into_iter();
        found
            .flat_map(|(key, holds)| holds.into_iter().map(move |it| (key, it.mode, it.from, it.to, it.until)))
            .collect()
    }

    #[test]
    fn lock_is_held_to_the_end_of_its_transaction() {
        let steps = [
            step(&[], None, false),
            step(&[('a', 5)], None, false),
            step(&[('a', 5), ('b', 8)], None, false),
            step(&[('a', 8)], None, false),
            step(&[], None, true),
            step(&[('a', 4)], None, true),
            step(&[('a', 1)], None, false),
        ];
        let expected = [
            ('a', 5, 1, 4, Until::Commit),
            ('a', 8, 3, 4, Until::Commit),
            ('a', 4, 5, 5, Until::Statement),
            ('a', 1, 6, 6, Until::End),
            ('b', 8, 2, 4, Until::Commit),
        ];
        assert_eq!(shape(&steps), expected);
    }

    #[test]
    fn rollback_to_a_savepoint_releases_what_came_after_it() {
        let name = || "s".to_owned();
        let steps = [
            step(&[('a', 3)], None, false),
            step(&[], Some(Control::Savepoint(name())), false),
            step(&[('a', 8), ('b', 5)], None, false),
            step(&[], Some(Control::RollbackTo(name())), false),
            step(&[('b', 1)], None, false),
            step(&[], Some(Control::Release(name())), false),
            step(&[('c', 1)], Some(Control::RollbackTo(name())), false),
        ];
        let expected = [
            ('a', 8, 2, 3, Until::Savepoint),
            ('a', 3, 0, 6, Until::End),
            ('b', 5, 2, 3, Until::Savepoint),
            ('b', 1, 4, 6, Until::End),
            ('c', 1, 6, 6, Until::End),
        ];
        assert_eq!(shape(&steps), expected);
    }

    #[test]
    fn prepared_transaction_holds_its_locks_on() {
        let steps =
            [step(&[('a', 8)], None, false), step(&[], Some(Control::Prepare), true), step(&[('b', 1)], None, true)];
        assert_eq!(shape(&steps), [('a', 8, 0, 2, Until::End), ('b', 1, 2, 2, Until::Statement)]);
    }

    #[test]
    fn total_counts_each_statement_once() {
        let ends: Vec<Duration> = [1, 3, 6, 10].into_iter().map(Duration::from_secs).collect();
        let hold = |mode, from, to| Hold { mode, from, to, until: Until::Commit };
        let held = [hold(3, 0, 3), hold(8, 1, 2), hold(5, 1, 1)];
        assert_eq!(total(&held, 1, &ends), Duration::from_secs(10));
        assert_eq!(total(&held, 5, &ends), Duration::from_secs(5));
        assert_eq!(total(&held, 8, &ends), Duration::from_secs(5));
        assert_eq!(total(&[hold(8, 0, 0), hold(8, 3, 3)], 8, &ends), Duration::from_secs(5));
        assert_eq!(total(&[], 1, &ends), Duration::ZERO);
    }
}
