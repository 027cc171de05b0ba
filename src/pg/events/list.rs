//! PostgreSQL's lists.

use pgrx::pg_sys;

/// What the list's cells point to; null ones are left out, and so is all of a null list.
///
/// # Safety
/// A list of pointers to `T`, which outlives what is made of it, or null.
pub(in crate::pg) unsafe fn pointers<'a, T: 'a>(list: *mut pg_sys::List) -> impl Iterator<Item = &'a T> {
    // SAFETY: the caller's promise; a list has `length` cells.
    unsafe {
        let count = list.as_ref().map_or(0, |list| usize::try_from(list.length).unwrap_or(0));
        (0..count).filter_map(move |index| (*(*list).elements.add(index)).ptr_value.cast::<T>().as_ref())
    }
}

/// What the cells of a list of OIDs hold; nothing of a null list.
///
/// # Safety
/// A list of OIDs, which outlives what is made of it, or null.
pub(in crate::pg) unsafe fn oids(list: *mut pg_sys::List) -> impl Iterator<Item = pg_sys::Oid> {
    // SAFETY: the caller's promise; a list has `length` cells.
    unsafe {
        let count = list.as_ref().map_or(0, |list| usize::try_from(list.length).unwrap_or(0));
        (0..count).map(move |index| (*(*list).elements.add(index)).oid_value)
    }
}
