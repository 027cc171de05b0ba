//! The leaves of a partitioned table, remembered: at each commit only those that the transaction has written are looked at.

use super::memory::{self, Memory};
use crate::fault::Fault;
use crate::pg::{lockers, names};
use crate::sequences::column::{Column, Place};
use crate::sequences::reading;
use pgrx::pg_sys::Oid;
use std::cell::RefCell;

thread_local! {
    static KNOWN: RefCell<Memory<[Oid]>> = RefCell::default();
}

/// The column in the leaves that this transaction may have written: it holds a writer's lock on each that it has.
pub fn written(root: &Column) -> Result<Vec<Place>, Fault> {
    let leaves = memory::recall(&KNOWN, root.relation, || {
        let (leaves, trees): (Vec<_>, Vec<_>) = reading::tree(root)?.into_iter().partition(|(_, is_leaf)| *is_leaf);
        let relations =
            |tree: Vec<(Place, bool)>| tree.into_iter().map(|((relation, _), _)| relation).collect::<Vec<_>>();
        Ok((relations(leaves).into(), relations(trees)))
    })?;
    let written = leaves.iter().filter(|leaf| lockers::is_write_locked(**leaf));
    Ok(written.filter_map(|leaf| Some((*leaf, names::column_number(*leaf, &root.name)?))).collect())
}

/// A relation, or with `None` any, may have changed.
pub fn forget(changed: Option<Oid>) {
    memory::forget(&KNOWN, changed);
}
