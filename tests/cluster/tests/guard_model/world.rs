//! The model of a database and its sessions.

use crate::change::Change;
use crate::past_warnings::PastWarnings;
use crate::sequence::Position;
use crate::shapes::{TARGETS, UNITS};
use crate::transaction::{File, Key, Mode, Row, Transaction, Verdict};
use crate::trial::{State, Trial};
use std::collections::BTreeMap;

/// The committed state of a unit.
pub struct UnitState {
    pub rows: BTreeMap<Key, Row>,
    pub file: File,
    pub exists: bool,
    /// Distinguishes the tables from earlier ones of the same names.
    pub made: Key,
}

/// A session. It is idle without a transaction.
pub struct Session {
    pub mode: Mode,
    pub transaction: Option<Transaction>,
    /// The warnings it has received.
    pub told: PastWarnings,
}

pub struct World {
    pub committed: Vec<UnitState>,
    /// The positions of all sequences that have existed.
    pub files: Vec<Position>,
    pub sessions: Vec<Session>,
    pub prepared: BTreeMap<String, Transaction>,
    last_key: Key,
}

/// The result of a change that was tried out.
pub struct Tried {
    pub transaction: Transaction,
    pub result: Result<(), State>,
    /// The error that an exception block around it has caught.
    pub caught: Option<State>,
    files: Vec<Position>,
    last_key: Key,
}

impl World {
    pub fn new(sessions: usize) -> Self {
        let files = UNITS.iter().map(|unit| unit.rule.restarted(unit.rule.start)).collect();
        let unit = |file| UnitState { rows: BTreeMap::new(), file, exists: true, made: 0 };
        Self {
            committed: (0..UNITS.len()).map(unit).collect(),
            files,
            sessions: (0..sessions)
                .map(|_| Session { mode: Mode::Warn, transaction: None, told: PastWarnings::default() })
                .collect(),
            prepared: BTreeMap::new(),
            last_key: 0,
        }
    }

    /// Returns the session's transaction, or the implicit one of its next statement.
    pub fn transaction(&self, session: usize) -> Transaction {
        let session = &self.sessions[session];
        session.transaction.clone().unwrap_or_else(|| Transaction::new(session.mode))
    }

    pub fn trial(&self, session: usize) -> Trial<'_> {
        Trial {
            committed: &self.committed,
            transaction: self.transaction(session),
            files: self.files.clone(),
            last_key: self.last_key,
            needs: Vec::new(),
            put: Vec::new(),
            taken: Vec::new(),
        }
    }

    /// Returns the result of a change, inside an exception block or not, or None if it would wait
    /// for another transaction.
    pub fn try_out(&self, session: usize, change: &Change, block: Option<Block>) -> Option<Tried> {
        let mut trial = self.trial(session);
        let before = block.map(|_| trial.transaction.work.clone());
        let mut caught = None;
        let mut result = if trial.transaction.aborted { Err("25P02") } else { trial.apply(change) };
        if block.is_some() && matches!(change, Change::Setval { .. }) && trial.transaction.work.mode != Mode::Off {
            trial.transaction.work.has_set_some = true;
        }
        if self.waits(session, &trial) {
            return None;
        }
        let Trial { mut transaction, files, last_key, .. } = trial;
        if let (Some(before), Some(block), false) = (before, block, transaction.aborted) {
            caught = result.err().or(block.fails.then_some("P0001"));
            if caught.is_some() {
                transaction.work = before;
            }
            result = Ok(());
        }
        transaction.aborted |= result.is_err();
        Some(Tried { transaction, result, caught, files, last_key })
    }

    pub fn adopt(&mut self, session: usize, tried: Tried) {
        self.files = tried.files;
        self.last_key = tried.last_key;
        self.sessions[session].transaction = Some(tried.transaction);
    }

    fn waits(&self, session: usize, trial: &Trial) -> bool {
        let mine = |&(number, _): &(usize, &Session)| number != session;
        let open = self.sessions.iter().enumerate().filter(mine).filter_map(|(_, other)| other.transaction.as_ref());
        open.chain(self.prepared.values()).any(|other| {
            let is_locked = trial.needs.iter().any(|&(thing, hold)| other.blocks(thing, hold));
            let is_taken = |key: &Key| other.work.units.iter().any(|work| work.deleted.contains(key));
            is_locked
                || trial.taken.iter().any(is_taken)
                || trial.put.iter().any(|&put| self.has_in_progress(other, put))
        })
    }

    /// Whether `other` has inserted or deleted a row with this id and is in progress.
    fn has_in_progress(&self, other: &Transaction, (unit, part, id): (usize, usize, i64)) -> bool {
        // A rollback to a savepoint removes rows immediately.
        let work = &other.work.units[unit];
        let is_it = |row: &Row| row.part == part && row.id == id;
        let deleted = work.deleted.iter().filter_map(|key| self.committed[unit].rows.get(key));
        work.inserted.values().chain(&work.gone).chain(deleted).any(is_it)
    }

    /// Returns the rows of a unit that are visible to a transaction.
    pub fn visible<'a>(&'a self, transaction: &'a Transaction, unit: usize) -> impl Iterator<Item = Row> + 'a {
        let work = &transaction.work.units[unit];
        let others = self.committed[unit].rows.iter().filter(|(key, _)| !work.deleted.contains(key));
        others.chain(&work.inserted).map(|(_, row)| *row)
    }

    /// Returns the rows of a unit that transactions in progress have inserted.
    pub fn in_progress(&self, unit: usize) -> impl Iterator<Item = Row> + '_ {
        let open = self.sessions.iter().filter_map(|session| session.transaction.as_ref());
        open.chain(self.prepared.values()).flat_map(move |other| other.work.units[unit].inserted.values().copied())
    }

    /// Identifies which of the tables with a unit's names a transaction sees.
    pub fn made(&self, transaction: &Transaction, unit: usize) -> Key {
        transaction.work.units[unit].made.unwrap_or(self.committed[unit].made)
    }

    /// Returns the position of a unit's sequence as seen by a transaction.
    pub fn position(&self, transaction: &Transaction, unit: usize) -> Position {
        self.files[transaction.work.units[unit].file.unwrap_or(self.committed[unit].file)]
    }

    /// Returns the verdicts if `transaction` commits now.
    pub fn verdicts(&self, transaction: &Transaction) -> Vec<Verdict> {
        let position = |number: usize| self.position(transaction, TARGETS[number].unit);
        (0..TARGETS.len()).map(|number| transaction.verdict(number, position(number), self)).collect()
    }

    pub fn commit(&mut self, transaction: Transaction) {
        for (unit, work) in self.committed.iter_mut().zip(transaction.work.units) {
            unit.rows.retain(|key, _| !work.deleted.contains(key));
            unit.rows.extend(work.inserted);
            unit.file = work.file.unwrap_or(unit.file);
            unit.exists = work.exists.unwrap_or(unit.exists);
            unit.made = work.made.unwrap_or(unit.made);
        }
    }
}

/// An exception block of PL/pgSQL around a change.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    /// Whether it raises an error itself at the end.
    pub fails: bool,
}
