//! Keeps what each statement does to tables, for the page that draws it.

use super::effects::{Effects, Mode};
use super::model::Model;
use super::model::relation::Id;
use crate::pg::parser::tree::Transaction;

/// Tells relations apart, also if the script renames them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    Relation(usize),
    /// An index that is known by name only.
    Index(String),
}

/// A relation that exists in the catalogs, under the name that it has when the statement begins.
#[derive(Clone, Debug)]
pub struct Touched {
    pub key: Key,
    pub name: String,
    /// The planner's estimate.
    pub rows: Option<u64>,
}

/// What a piece of the script does, in the order of the pieces.
#[derive(Clone, Debug, Default)]
pub struct Traced {
    pub locks: Vec<(Touched, Mode)>,
    /// The tables whose rows are all read.
    pub scans: Vec<Touched>,
    pub rewrites: Vec<Touched>,
    /// What the statement does to the transaction.
    pub control: Option<Transaction>,
    /// Whether the locks of the transaction are released after it.
    pub releases: bool,
}

/// What the pieces so far do; nothing is kept unless that was asked for.
#[derive(Default)]
pub struct Traces {
    pieces: Option<Vec<Traced>>,
    /// Whether the transaction held locks at the end of the last piece.
    held: bool,
}

impl Traces {
    pub fn new(is_wanted: bool) -> Traces {
        Traces { pieces: is_wanted.then(Vec::new), held: false }
    }

    pub fn into_vec(self) -> Vec<Traced> {
        self.pieces.unwrap_or_default()
    }

    /// Begins the next piece. `holds`: whether the transaction holds locks.
    pub fn begin(&mut self, holds: bool) {
        if self.held && !holds {
            self.last(|trace| trace.releases = true);
        }
        self.pieces.iter_mut().for_each(|pieces| pieces.push(Traced::default()));
    }

    /// Ends it.
    pub fn end(&mut self, in_transaction: bool, holds: bool) {
        let has_released = self.held && !holds;
        self.held = holds;
        self.last(|trace| {
            let is_end = matches!(trace.control, Some(Transaction::Commit { .. } | Transaction::Rollback { .. }));
            trace.releases = !in_transaction || has_released || is_end;
        });
    }

    /// Notes what the statement does to the transaction.
    pub fn note_control(&mut self, control: &Transaction) {
        self.last(|trace| trace.control = Some(control.clone()));
    }

    /// Notes the statement's effects on relations that exist.
    pub fn note(&mut self, model: &Model, effects: &Effects) {
        self.last(|trace| {
            let touched = |id: &Id| touched(model, effects, *id);
            let locks = effects.locks.iter().filter_map(|(id, mode)| Some((touched(id)?, *mode)));
            let indexes = effects.index_locks.iter().map(|name| (index(name), Mode::AccessExclusive));
            trace.locks = locks.chain(indexes).collect();
            trace.scans = effects.scans.iter().filter_map(touched).collect();
            trace.rewrites = effects.rewrites.iter().filter_map(touched).collect();
        });
    }

    fn last(&mut self, work: impl FnOnce(&mut Traced)) {
        if let Some(trace) = self.pieces.as_mut().and_then(|pieces| pieces.last_mut()) {
            work(trace);
        }
    }
}

fn index(name: &str) -> Touched {
    Touched { key: Key::Index(name.to_owned()), name: format!("index {name}"), rows: None }
}

/// Returns the relation; `None` if the script has created it.
fn touched(model: &Model, effects: &Effects, id: Id) -> Option<Touched> {
    let relation = model.get(id);
    relation.oid?;
    let some = if effects.reached.contains(&id) { " and the partitions that it reaches" } else { "" };
    // -1 stands for a table that was never analyzed.
    let rows = (relation.rows >= 0.0 && matches!(relation.kind, b'r' | b'm')).then_some(relation.rows as u64);
    Some(Touched { key: Key::Relation(id), name: format!("{}{some}", effects.name(model, id)), rows })
}
