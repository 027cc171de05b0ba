//! What the session remembers of relations until they change.

use crate::error::Error;
use pgrx::pg_sys::Oid;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::thread::LocalKey;

/// Findings about relations, each with the relations it rests on.
pub struct RelationCache<T: ?Sized> {
    findings: HashMap<Oid, Rc<T>>,
    /// For each relation, whose findings rest on it.
    rest_on: HashMap<Oid, Vec<Oid>>,
    /// Counts what has been forgotten, so that nothing is remembered that was outdated before it was complete.
    forgotten: u64,
}

impl<T: ?Sized> Default for RelationCache<T> {
    fn default() -> Self {
        RelationCache { findings: HashMap::new(), rest_on: HashMap::new(), forgotten: 0 }
    }
}

/// The finding about `relation`, remembered or found out now, together with the relations that it rests on.
pub fn get_or_compute<T: ?Sized>(
    memory: &'static LocalKey<RefCell<RelationCache<T>>>,
    relation: Oid,
    find_out: impl FnOnce() -> Result<(Rc<T>, Vec<Oid>), Error>,
) -> Result<Rc<T>, Error> {
    if let Some(finding) = memory.with_borrow(|memory| memory.findings.get(&relation).cloned()) {
        return Ok(finding);
    }
    let before = memory.with_borrow(|memory| memory.forgotten);
    let (finding, rests_on) = find_out()?;
    memory.with_borrow_mut(|memory| {
        if memory.forgotten == before {
            memory.findings.insert(relation, Rc::clone(&finding));
            for other in rests_on {
                memory.rest_on.entry(other).or_default().push(relation);
            }
        }
    });
    Ok(finding)
}

/// What is remembered of `relation` rests on `others` as well.
pub fn rest_also<T: ?Sized>(memory: &'static LocalKey<RefCell<RelationCache<T>>>, relation: Oid, others: Vec<Oid>) {
    memory.with_borrow_mut(|memory| {
        for other in others {
            let resting = memory.rest_on.entry(other).or_default();
            if !resting.contains(&relation) {
                resting.push(relation);
            }
        }
    });
}

/// A relation, or with `None` any, may have changed.
pub fn invalidate<T: ?Sized>(memory: &'static LocalKey<RefCell<RelationCache<T>>>, changed: Option<Oid>) {
    memory.with_borrow_mut(|memory| {
        memory.forgotten = memory.forgotten.wrapping_add(1);
        match changed {
            Some(relation) => {
                for outdated in memory.rest_on.remove(&relation).unwrap_or_default() {
                    memory.findings.remove(&outdated);
                }
            }
            None => {
                memory.findings.clear();
                memory.rest_on.clear();
            }
        }
    });
}
