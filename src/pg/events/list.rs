//! Reads PostgreSQL's lists and nodes.

use pgrx::pg_sys::{self, NodeTag};

/// Returns what the list's cells point to. Null cells are skipped, and a null list is empty.
///
/// # Safety
/// `list` must be a list of pointers to `T` that outlives the result, or null.
pub(in crate::pg) unsafe fn pointers<'a, T: 'a>(list: *mut pg_sys::List) -> impl Iterator<Item = &'a T> {
    // SAFETY: the caller guarantees a valid list or null; a list has `length` cells.
    unsafe {
        let count = list.as_ref().map_or(0, |list| usize::try_from(list.length).unwrap_or(0));
        (0..count).filter_map(move |index| (*(*list).elements.add(index)).ptr_value.cast::<T>().as_ref())
    }
}

/// Returns the cells of a list of OIDs; a null list is empty.
///
/// # Safety
/// `list` must be a list of OIDs that outlives the result, or null.
pub(in crate::pg) unsafe fn oids(list: *mut pg_sys::List) -> impl Iterator<Item = pg_sys::Oid> {
    // SAFETY: the caller guarantees a valid list or null; a list has `length` cells.
    unsafe {
        let count = list.as_ref().map_or(0, |list| usize::try_from(list.length).unwrap_or(0));
        (0..count).map(move |index| (*(*list).elements.add(index)).oid_value)
    }
}

/// Returns the node if it is of this kind.
///
/// # Safety
/// `pointer` must be a node or null, and `T` the type that the tag stands for.
pub(in crate::pg) unsafe fn node<'a, T>(pointer: *const pg_sys::Node, tag: NodeTag) -> Option<&'a T> {
    // SAFETY: the caller guarantees a node, and that the tag stands for `T`.
    unsafe { pointer.as_ref().filter(|node| node.type_ == tag).map(|node| &*std::ptr::from_ref(node).cast::<T>()) }
}
