//! A transaction as the model has it: what it did, and what has to be said of that when it commits.

use crate::sequence::Position;
use crate::shapes::{TARGETS, UNITS};
use std::collections::{BTreeMap, BTreeSet};

pub type Key = u64;
/// The place of a position in [`crate::world::World::files`]. ALTER SEQUENCE and TRUNCATE put another in its place.
pub type File = usize;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Supplied,
    Drawn,
    /// Somebody else's row that was updated.
    Touched,
}

#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub part: usize,
    pub id: i64,
    pub origin: Origin,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    Tables(usize),
    Sequence(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hold {
    Shared,
    Exclusive,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Warn,
    Error,
    Off,
}

/// What a transaction did to a unit.
#[derive(Clone, Default)]
pub struct UnitWork {
    pub inserted: BTreeMap<Key, Row>,
    /// Own rows that are there no longer. Until the end, others wait for what becomes of them.
    pub gone: Vec<Row>,
    pub deleted: BTreeSet<Key>,
    pub file: Option<File>,
    pub exists: Option<bool>,
}

/// What its statements did to a target.
#[derive(Clone, Copy, Default)]
pub struct Named {
    /// One put rows there, or set ids.
    pub touched: bool,
    /// One named the id and supplied it.
    pub supplied: bool,
    /// One named the id, whether it supplied any or not.
    pub named: bool,
    /// One supplied ids while the guard was off.
    pub unguarded: bool,
}

/// What a rollback to a savepoint takes back.
#[derive(Clone)]
pub struct Work {
    pub units: Vec<UnitWork>,
    pub named: Vec<Named>,
    pub locks: BTreeMap<Thing, Hold>,
    pub mode: Mode,
}

#[derive(Clone)]
pub struct Transaction {
    pub work: Work,
    pub savepoints: Vec<Work>,
    pub aborted: bool,
    /// Sequences that were drawn from: these locks stay until the end.
    pub drawn: BTreeSet<Thing>,
    /// Targets that a statement supplied ids to, taken back or not.
    pub once_supplied: BTreeSet<usize>,
}

/// What has to be said of a target at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Warn,
    Silent,
    Undefined,
}

impl Transaction {
    pub fn new(mode: Mode) -> Self {
        let work = Work {
            units: vec![UnitWork::default(); UNITS.len()],
            named: vec![Named::default(); TARGETS.len()],
            locks: BTreeMap::new(),
            mode,
        };
        Self { work, savepoints: Vec::new(), aborted: false, drawn: BTreeSet::new(), once_supplied: BTreeSet::new() }
    }

    pub fn rollback_to(&mut self, savepoint: usize) {
        self.work = self.savepoints[savepoint].clone();
        self.savepoints.truncate(savepoint + 1);
        self.aborted = false;
    }

    /// Whether somebody who needs `thing` like this has to wait for this transaction.
    pub fn blocks(&self, thing: Thing, hold: Hold) -> bool {
        let drawn = self.drawn.contains(&thing).then_some(Hold::Shared);
        let held = self.work.locks.get(&thing).copied().max(drawn);
        held.is_some_and(|held| held == Hold::Exclusive || hold == Hold::Exclusive)
    }

    /// This transaction's rows in a target whose ids the sequence, being at `position`, will hand out.
    pub fn in_the_way(&self, target: usize, position: Position) -> Vec<Row> {
        let target = &TARGETS[target];
        let rows = self.work.units[target.unit].inserted.values();
        rows.filter(|row| target.has(row.part) && UNITS[target.unit].rule.will_hand_out(position, row.id))
            .copied()
            .collect()
    }

    /// What has to be said of a target if the transaction commits while its sequence is at `position`.
    pub fn verdict(&self, target: usize, position: Position) -> Verdict {
        let named = self.work.named[target];
        if self.work.mode == Mode::Off || !named.touched || !UNITS[TARGETS[target].unit].is_indexed {
            return Verdict::Silent;
        }
        let rows = self.in_the_way(target, position);
        if rows.is_empty() {
            return Verdict::Silent;
        }
        let are_touched = rows.iter().all(|row| row.origin == Origin::Touched);
        if named.unguarded {
            Verdict::Undefined
        } else if named.supplied {
            Verdict::Warn
        } else if are_touched && !named.named && !self.once_supplied.contains(&target) {
            // Rows that were there: this transaction did not bring them.
            Verdict::Silent
        } else {
            // A sequence that was set back behind what it had numbered, rows that came in by a partition's own
            // name, or ids that were supplied and taken back beside rows that were updated.
            Verdict::Undefined
        }
    }
}
