//! A transaction in the model: what it did, and which warnings its commit requires.

use crate::sequence::Position;
use crate::shapes::{TARGETS, Target, UNITS};
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};

pub type Key = u64;
/// The index of a position in [`crate::world::World::files`]. ALTER SEQUENCE and TRUNCATE assign
/// another one.
pub type File = usize;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Supplied,
    Drawn,
    /// A row of another transaction that was updated.
    Touched,
}

#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub part: usize,
    pub id: i64,
    pub origin: Origin,
    /// Whether this transaction has updated it.
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
    /// Its own rows that no longer exist. Until its end, other transactions wait for their fate.
    pub gone: Vec<Row>,
    pub deleted: BTreeSet<Key>,
    pub file: Option<File>,
    pub exists: Option<bool>,
    /// Set if it was recreated: the names now refer to other tables.
    pub made: Option<Key>,
    /// Whether its sequence was set while the guard was on.
    pub is_set: bool,
}

/// What the statements did to a target.
#[derive(Clone, Copy, Default)]
pub struct Named {
    /// Whether one inserted rows or changed ids.
    pub touched: bool,
    /// Whether one named the id column and supplied ids.
    pub supplied: bool,
    /// Whether one that did so was not a trigger's.
    pub directly: bool,
    /// Whether one supplied ids while the guard was off.
    pub unguarded: bool,
}

/// What a rollback to a savepoint undoes.
#[derive(Clone)]
pub struct Work {
    pub units: Vec<UnitWork>,
    pub named: Vec<Named>,
    pub locks: BTreeMap<Thing, Hold>,
    pub mode: Mode,
    /// Whether a sequence was set without the guard knowing which one: it then checks all sequences
    /// that were used.
    pub has_set_some: bool,
}

#[derive(Clone)]
pub struct Transaction {
    pub work: Work,
    pub savepoints: Vec<Work>,
    pub aborted: bool,
    /// Sequences that were used: these locks are held until the end.
    pub drawn: BTreeSet<Thing>,
    /// Targets that a statement supplied ids to, even if it was rolled back.
    pub once_supplied: BTreeSet<usize>,
}

/// What the end of a transaction requires for a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It has supplied ids: a warning, or an error in mode `error`.
    Warn,
    /// A warning in either mode.
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

    /// Whether another session that needs a lock on `thing` must wait for this transaction.
    pub fn blocks(&self, thing: Thing, hold: Hold) -> bool {
        let drawn = self.drawn.contains(&thing).then_some(Hold::Shared);
        let held = self.work.locks.get(&thing).copied().max(drawn);
        held.is_some_and(|held| held == Hold::Exclusive || hold == Hold::Exclusive)
    }

    /// Returns this transaction's rows in a target whose ids the sequence at `position` will
    /// generate, and whether the guard must detect each. Excludes rows that existed before and kept
    /// their ids.
    pub fn colliding(&self, target: usize, position: Position, world: &World) -> Vec<(Row, bool)> {
        let Target { unit, .. } = TARGETS[target];
        let work = &self.work.units[unit];
        // Another transaction's row with this id was deleted: an update may have given the id to
        // another row.
        let had = |row: &Row| {
            let gone = work.deleted.iter().filter_map(|key| world.committed[unit].rows.get(key));
            gone.into_iter().any(|other| other.part == row.part && other.id == row.id)
        };
        let rows = work.inserted.values().filter(|row| row.origin != Origin::Touched && TARGETS[target].has(row.part));
        rows.filter(|row| UNITS[unit].rule.will_hand_out(position, row.id))
            .map(|row| (*row, !(row.is_updated && had(row))))
            .collect()
    }

    /// Returns the verdict on a target if the transaction commits while its sequence is at
    /// `position`.
    pub fn verdict(&self, target: usize, position: Position, world: &World) -> Verdict {
        if self.work.mode == Mode::Off || !UNITS[TARGETS[target].unit].is_indexed {
            return Verdict::Silent;
        }
        match (self.verdict_on_inserted(target, position, world), self.verdict_on_set(target, position, world)) {
            (Verdict::Warn, _) => Verdict::Warn,
            (_, Verdict::Tell) | (Verdict::Tell, _) => Verdict::Tell,
            (Verdict::Silent, on_set) => on_set,
            (on_inserted, _) => on_inserted,
        }
    }

    fn verdict_on_inserted(&self, target: usize, position: Position, world: &World) -> Verdict {
        let named = self.work.named[target];
        let rows = self.colliding(target, position, world);
        if !named.touched || rows.is_empty() {
            return Verdict::Silent;
        }
        let is_certain = rows.iter().any(|(_, is_certain)| *is_certain);
        match (named.supplied && !named.unguarded && is_certain, named.directly) {
            (true, true) => Verdict::Warn,
            (true, false) => Verdict::Tell,
            // The sequence was set back behind ids it had generated, or rows were inserted into a
            // partition by its own name.
            (false, _) => Verdict::Undefined,
        }
    }

    /// If the sequence was set, all rows count, including those of other transactions.
    fn verdict_on_set(&self, target: usize, position: Position, world: &World) -> Verdict {
        let Target { unit, .. } = TARGETS[target];
        let may_be_set = self.work.has_set_some && self.drawn.contains(&Thing::Sequence(unit));
        if !self.work.units[unit].is_set && !may_be_set {
            return Verdict::Silent;
        }
        let is_colliding =
            |row: &Row| TARGETS[target].has(row.part) && UNITS[unit].rule.will_hand_out(position, row.id);
        if world.visible(self, unit).any(|row| is_colliding(&row)) {
            return if self.work.units[unit].is_set { Verdict::Tell } else { Verdict::Undefined };
        }
        match world.in_progress(unit).any(|row| is_colliding(&row)) {
            true => Verdict::Undefined,
            false => Verdict::Silent,
        }
    }
}
