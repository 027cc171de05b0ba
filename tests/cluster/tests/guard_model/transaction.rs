//! A transaction as the model has it: what it did, and what has to be said of that when it commits.

use crate::sequence::Position;
use crate::shapes::{TARGETS, Target, UNITS};
use crate::world::World;
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
    /// This transaction has updated it.
    pub is_updated: bool,
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
    /// Made anew: other tables than before, by the same names.
    pub made: Option<Key>,
    /// Its sequence has been set while the guard was on.
    pub is_set: bool,
}

/// What its statements did to a target.
#[derive(Clone, Copy, Default)]
pub struct Named {
    /// One put rows there, or set ids.
    pub touched: bool,
    /// One named the id and supplied it.
    pub supplied: bool,
    /// One that did so was no trigger's.
    pub directly: bool,
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
    /// A sequence has been set of which the guard cannot tell which one it is: it looks at all that were drawn from.
    pub has_set_some: bool,
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
    /// It has brought ids: a warning, or an error where that is asked for.
    Warn,
    /// A warning in any case.
    Tell,
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
            has_set_some: false,
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

    /// This transaction's rows in a target whose ids the sequence, being at `position`, will hand out: those it has brought, and
    /// whether that is certain. Not rows that were there and have kept their ids.
    pub fn in_the_way(&self, target: usize, position: Position, world: &World) -> Vec<(Row, bool)> {
        let Target { unit, .. } = TARGETS[target];
        let work = &self.work.units[unit];
        // A row of others that had the id is gone: an update may have brought the id to another one.
        let had = |row: &Row| {
            let gone = work.deleted.iter().filter_map(|key| world.committed[unit].rows.get(key));
            gone.into_iter().any(|other| other.part == row.part && other.id == row.id)
        };
        let rows = work.inserted.values().filter(|row| row.origin != Origin::Touched && TARGETS[target].has(row.part));
        rows.filter(|row| UNITS[unit].rule.will_hand_out(position, row.id))
            .map(|row| (*row, !(row.is_updated && had(row))))
            .collect()
    }

    /// What has to be said of a target if the transaction commits while its sequence is at `position`.
    pub fn verdict(&self, target: usize, position: Position, world: &World) -> Verdict {
        if self.work.mode == Mode::Off || !UNITS[TARGETS[target].unit].is_indexed {
            return Verdict::Silent;
        }
        match (self.verdict_on_brought(target, position, world), self.verdict_on_set(target, position, world)) {
            (Verdict::Warn, _) => Verdict::Warn,
            (_, Verdict::Tell) | (Verdict::Tell, _) => Verdict::Tell,
            (Verdict::Silent, on_set) => on_set,
            (on_brought, _) => on_brought,
        }
    }

    fn verdict_on_brought(&self, target: usize, position: Position, world: &World) -> Verdict {
        let named = self.work.named[target];
        let rows = self.in_the_way(target, position, world);
        if !named.touched || rows.is_empty() {
            return Verdict::Silent;
        }
        let is_certain = rows.iter().any(|(_, is_certain)| *is_certain);
        match (named.supplied && !named.unguarded && is_certain, named.directly) {
            (true, true) => Verdict::Warn,
            (true, false) => Verdict::Tell,
            // A sequence that was set back behind what it had numbered, or rows that came in by a partition's own name.
            (false, _) => Verdict::Undefined,
        }
    }

    /// All rows count if the sequence was set, whoever brought them.
    fn verdict_on_set(&self, target: usize, position: Position, world: &World) -> Verdict {
        let Target { unit, .. } = TARGETS[target];
        let may_be_set = self.work.has_set_some && self.drawn.contains(&Thing::Sequence(unit));
        if !self.work.units[unit].is_set && !may_be_set {
            return Verdict::Silent;
        }
        let is_in_the_way =
            |row: &Row| TARGETS[target].has(row.part) && UNITS[unit].rule.will_hand_out(position, row.id);
        if world.visible(self, unit).any(|row| is_in_the_way(&row)) {
            return if self.work.units[unit].is_set { Verdict::Tell } else { Verdict::Undefined };
        }
        match world.in_progress(unit).any(|row| is_in_the_way(&row)) {
            true => Verdict::Undefined,
            false => Verdict::Silent,
        }
    }
}
