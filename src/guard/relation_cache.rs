//! Caches what was found out about relations until they change.

use crate::error::Error;
use pgrx::pg_sys::Oid;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::thread::LocalKey;

/// Values about relations, each with the relations that it depends on.
pub struct RelationCache<T: ?Sized> {
    findings: HashMap<Oid, Rc<T>>,
    /// For each relation, the keys of the values that depend on it.
    rest_on: HashMap<Oid, Vec<Oid>>,
    /// Counts invalidations, so that a value is not cached if a relation changed while it was
    /// computed.
    forgotten: u64,
}

impl<T: ?Sized> Default for RelationCache<T> {
    fn default() -> Self {
        RelationCache { findings: HashMap::new(), rest_on: HashMap::new(), forgotten: 0 }
    }
}

/// Returns the value for `relation`, from the cache or computed now together with the relations
/// that it depends on.
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

/// Adds relations that the value for `relation` depends on.
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

/// Discards the values that depend on the relation, or all of them if it is `None`.
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
