//! Arranges the locks of a script by relation.

use super::content::{Lane, TimeLine};
use super::holds::{Control, Step, holds};
use crate::pg::parser::tree::Transaction;
use crate::precheck::Mode;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What one statement does. A relation has a key, and the name that it has there.
pub struct Effects<'a, Key> {
    pub number: i32,
    pub locks: Vec<((Key, String), Mode)>,
    pub reads: Vec<((Key, String), Option<u64>)>,
    pub rewrites: Vec<(Key, String)>,
    pub control: Option<&'a Transaction>,
    /// Whether the locks are released after it.
    pub releases: bool,
    pub duration: Duration,
}

/// What the statements so far do.
pub struct Builder<Key> {
    steps: Vec<Step<Key>>,
    relations: BTreeMap<Key, Relation>,
    /// Statements that may lock relations which are not known.
    pub unknown: BTreeSet<i32>,
    /// Statements that lock less in the real run.
    pub differing: BTreeSet<i32>,
}

struct Relation {
    /// The name at the first statement.
    name: String,
    reads: Vec<(i32, Option<u64>)>,
    rewrites: Vec<i32>,
}

impl<Key> Default for Builder<Key> {
    fn default() -> Builder<Key> {
        Builder { steps: Vec::new(), relations: BTreeMap::new(), unknown: BTreeSet::new(), differing: BTreeSet::new() }
    }
}

impl<Key: Ord + Clone> Builder<Key> {
    /// Adds the next statement.
    pub fn add(&mut self, effects: Effects<'_, Key>) {
        let Effects { number, locks, reads, rewrites, control, releases, duration } = effects;
        for (relation, rows) in reads {
            self.relation(relation).reads.push((number, rows));
        }
        for relation in rewrites {
            self.relation(relation).rewrites.push(number);
        }
        let mut modes = Vec::with_capacity(locks.len());
        for ((key, name), mode) in locks {
            modes.push((key.clone(), mode as u8));
            self.relation((key, name));
        }
        let control = control.and_then(of_savepoints);
        self.steps.push(Step { number, locks: modes, control, releases, duration });
    }

    fn relation(&mut self, (key, name): (Key, String)) -> &mut Relation {
        let new = || Relation { name, reads: Vec::new(), rewrites: Vec::new() };
        self.relations.entry(key).or_insert_with(new)
    }

    pub fn finish(self, is_measured: bool) -> TimeLine {
        let mut held = holds(&self.steps);
        let mut lanes: Vec<Lane> = Vec::with_capacity(self.relations.len());
        for (key, Relation { name, reads, rewrites }) in self.relations {
            lanes.push(Lane { name, holds: held.remove(&key).unwrap_or_default(), reads, rewrites });
        }
        lanes.sort_by_cached_key(|lane| {
            let strongest = lane.holds.iter().map(|hold| hold.mode).max();
            let first = lane.holds.iter().map(|hold| hold.from).min();
            (Reverse(strongest), first, lane.name.clone())
        });
        let mut end = Duration::ZERO;
        let ends = self.steps.iter().map(|step| {
            end += if is_measured { step.duration } else { Duration::from_secs(1) };
            end
        });
        TimeLine {
            ends: ends.collect(),
            numbers: self.steps.iter().map(|step| step.number).collect(),
            is_measured,
            lanes,
            unknown: self.unknown.into_iter().collect(),
            differing: self.differing.into_iter().collect(),
        }
    }
}

fn of_savepoints(control: &Transaction) -> Option<Control> {
    match control {
        Transaction::Savepoint(name) => Some(Control::Savepoint(name.clone())),
        Transaction::Release(name) => Some(Control::Release(name.clone())),
        Transaction::RollbackTo(name) => Some(Control::RollbackTo(name.clone())),
        Transaction::Prepare => Some(Control::Prepare),
        Transaction::Begin(_)
        | Transaction::Commit { .. }
        | Transaction::Rollback { .. }
        | Transaction::CommitPrepared => None,
    }
}
