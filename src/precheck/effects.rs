//! Lock modes, and what a statement does to tables.

use super::model::Model;
use super::model::relation::{Id, Number};
use crate::pg::parser::analysis::Fallible;
use std::collections::{BTreeMap, BTreeSet};

/// A table-level lock mode, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    AccessShare = 1,
    RowShare,
    RowExclusive,
    ShareUpdateExclusive,
    Share,
    ShareRowExclusive,
    Exclusive,
    AccessExclusive,
}

const MODES: [Mode; 8] = [
    Mode::AccessShare,
    Mode::RowShare,
    Mode::RowExclusive,
    Mode::ShareUpdateExclusive,
    Mode::Share,
    Mode::ShareRowExclusive,
    Mode::Exclusive,
    Mode::AccessExclusive,
];

impl Mode {
    /// Returns the mode with this number of the server's.
    pub fn numbered(number: i32) -> Option<Mode> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        MODES.get(index).copied()
    }

    pub fn name(self) -> &'static str {
        match self {
            Mode::AccessShare => "AccessShareLock",
            Mode::RowShare => "RowShareLock",
            Mode::RowExclusive => "RowExclusiveLock",
            Mode::ShareUpdateExclusive => "ShareUpdateExclusiveLock",
            Mode::Share => "ShareLock",
            Mode::ShareRowExclusive => "ShareRowExclusiveLock",
            Mode::Exclusive => "ExclusiveLock",
            Mode::AccessExclusive => "AccessExclusiveLock",
        }
    }

    pub fn named(name: &str) -> Option<Mode> {
        MODES.into_iter().find(|mode| mode.name() == name)
    }

    /// Whether the two conflict, by LockConflicts in storage/lmgr/lock.c.
    pub fn conflicts_with(self, other: Mode) -> bool {
        use Mode::*;
        let (weak, strong) = if self <= other { (self, other) } else { (other, self) };
        match weak {
            AccessShare => strong == AccessExclusive,
            RowShare => strong >= Exclusive,
            RowExclusive => strong >= Share,
            ShareUpdateExclusive => true,
            Share => strong != Share,
            ShareRowExclusive | Exclusive | AccessExclusive => true,
        }
    }
}

/// What one statement does besides its result.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    pub locks: BTreeMap<Id, Mode>,
    /// Partitioned tables of which some partitions are locked alike.
    pub reached: BTreeSet<Id>,
    /// The names of relations before the statement renames them.
    pub names: BTreeMap<Id, String>,
    /// Indexes that are locked AccessExclusive, by name.
    pub index_locks: Vec<String>,
    pub scans: BTreeSet<Id>,
    pub rewrites: BTreeSet<Id>,
    /// Indexes that are built again.
    pub rebuilds: Vec<String>,
    /// Remarks for the statement's row.
    pub remarks: Vec<String>,
    pub safer: Vec<String>,
    /// Whether a lock affects a relation that the statement does not name.
    /// Why a query of it may fail for some rows.
    pub may_fail: Option<Fallible>,
    pub is_surprising: bool,
    /// Whether the statement changes the schema.
    pub is_definition: bool,
    /// Whether it writes or reads rows for as long as that takes.
    pub works: bool,
}

impl Effects {
    pub fn lock(&mut self, id: Id, mode: Mode) {
        let held = self.locks.entry(id).or_insert(mode);
        *held = (*held).max(mode);
    }

    /// Returns the name that a relation has when the statement begins.
    pub fn name(&self, model: &Model, id: Id) -> String {
        self.names.get(&id).cloned().unwrap_or_else(|| model.get(id).quoted())
    }

    pub fn remark(&mut self, remark: impl Into<String>) {
        let remark = remark.into();
        if !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
    }
}

/// The locks that the transaction holds so far.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub held: BTreeMap<Id, (Mode, Number)>,
    /// The last statement that took long under these locks.
    pub worked: Option<Number>,
    /// How many locks of the shared table the transaction has.
    pub count: usize,
    /// Pairs of tables that have been reported.
    pub reported: bool,
}

#[cfg(test)]
mod tests {
    use super::Mode;

    #[test]
    fn lock_modes_conflict_as_in_the_server() {
        let rows = [
            (Mode::AccessShare, "00000001"),
            (Mode::RowShare, "00000011"),
            (Mode::RowExclusive, "00001111"),
            (Mode::ShareUpdateExclusive, "00011111"),
            (Mode::Share, "00110111"),
            (Mode::ShareRowExclusive, "00111111"),
            (Mode::Exclusive, "01111111"),
            (Mode::AccessExclusive, "11111111"),
        ];
        for (mode, conflicts) in rows {
            let found: String = (1..=8)
                .filter_map(Mode::numbered)
                .map(|other| if mode.conflicts_with(other) { '1' } else { '0' })
                .collect();
            assert_eq!(found, conflicts, "{}", mode.name());
        }
    }
}
