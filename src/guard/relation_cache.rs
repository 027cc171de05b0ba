//! Caches what was found out about relations until they change.

use crate::error::Error;
use pgrx::pg_sys::Oid;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::thread::LocalKey;

/// Values about relations, each with the relations that it depends on.
pub struct RelationCache<T: ?Sized> {
    values: HashMap<Oid, Rc<T>>,
    /// For each relation, the keys of the values that depend on it.
    dependents: HashMap<Oid, Vec<Oid>>,
    /// Counts invalidations, so that a value is not cached if a relation changed while it was
    /// computed.
    invalidations: u64,
}

impl<T: ?Sized> Default for RelationCache<T> {
    fn default() -> Self {
        RelationCache { values: HashMap::new(), dependents: HashMap::new(), invalidations: 0 }
    }
}

/// Returns the value for `relation`, from the cache or computed now together with the relations
/// that it depends on.
pub fn get_or_compute<T: ?Sized>(
    cache: &'static LocalKey<RefCell<RelationCache<T>>>,
    relation: Oid,
    compute: impl FnOnce() -> Result<(Rc<T>, Vec<Oid>), Error>,
) -> Result<Rc<T>, Error> {
    if let Some(value) = cache.with_borrow(|cache| cache.values.get(&relation).cloned()) {
        return Ok(value);
    }
    let before = cache.with_borrow(|cache| cache.invalidations);
    let (value, depends_on) = compute()?;
    cache.with_borrow_mut(|cache| {
        if cache.invalidations == before {
            cache.values.insert(relation, Rc::clone(&value));
            for other in depends_on {
                cache.dependents.entry(other).or_default().push(relation);
            }
        }
    });
    Ok(value)
}

/// Adds relations that the value for `relation` depends on.
pub fn add_dependencies<T: ?Sized>(
    cache: &'static LocalKey<RefCell<RelationCache<T>>>,
    relation: Oid,
    others: Vec<Oid>,
) {
    cache.with_borrow_mut(|cache| {
        for other in others {
            let known = cache.dependents.entry(other).or_default();
            if !known.contains(&relation) {
                known.push(relation);
            }
        }
    });
}

/// Discards the values that depend on the relation, or all of them if it is `None`.
pub fn invalidate<T: ?Sized>(cache: &'static LocalKey<RefCell<RelationCache<T>>>, changed: Option<Oid>) {
    cache.with_borrow_mut(|cache| {
        cache.invalidations = cache.invalidations.wrapping_add(1);
        match changed {
            Some(relation) => {
                for outdated in cache.dependents.remove(&relation).unwrap_or_default() {
                    cache.values.remove(&outdated);
                }
            }
            None => {
                cache.values.clear();
                cache.dependents.clear();
            }
        }
    });
}
