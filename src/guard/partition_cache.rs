//! Caches the leaves of a partitioned table, so that a commit looks only at those that the
//! transaction has written.

use super::relation_cache::{self, RelationCache};
use crate::error::Error;
use crate::pg::{names, table_lock};
use crate::sequences::column::{AttrRef, Column};
use crate::sequences::reading;
use pgrx::pg_sys::Oid;
use std::cell::RefCell;

thread_local! {
    static CACHE: RefCell<RelationCache<[Oid]>> = RefCell::default();
}

/// Returns the column in the leaves that this transaction may have written, which are those on
/// which it holds a writer's lock.
pub fn written(root: &Column) -> Result<Vec<AttrRef>, Error> {
    let leaves = relation_cache::get_or_compute(&CACHE, root.relation, || {
        let (leaves, trees): (Vec<_>, Vec<_>) = reading::tree(root)?.into_iter().partition(|(_, is_leaf)| *is_leaf);
        let relations =
            |tree: Vec<(AttrRef, bool)>| tree.into_iter().map(|((relation, _), _)| relation).collect::<Vec<_>>();
        Ok((relations(leaves).into(), relations(trees)))
    })?;
    let written = leaves.iter().filter(|leaf| table_lock::is_write_locked(**leaf));
    Ok(written.filter_map(|leaf| Some((*leaf, names::column_number(*leaf, &root.name)?))).collect())
}

/// Discards what depends on the relation, or everything if it is `None`.
pub fn invalidate(changed: Option<Oid>) {
    relation_cache::invalidate(&CACHE, changed);
}
