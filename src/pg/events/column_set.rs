//! The sets of columns that statements name.

use pgrx::pg_sys::{self, Bitmapset};

/// Whether the column is in the set, in which numbers begin at `FirstLowInvalidHeapAttributeNumber`. As `bms_is_member`, without
/// the cost of a guarded call: it runs for every statement.
///
/// # Safety
/// A set of the server's, or null, which is the empty one.
pub(in crate::pg) unsafe fn contains(set: *const Bitmapset, attribute: i16) -> bool {
    let member = i32::from(attribute) - pg_sys::FirstLowInvalidHeapAttributeNumber;
    // SAFETY: the caller's promise; a set has `nwords` words.
    unsafe {
        let (Some(set), Ok(member)) = (set.as_ref(), u32::try_from(member)) else { return false };
        let words = std::slice::from_raw_parts(set.words.as_ptr(), usize::try_from(set.nwords).unwrap_or(0));
        let word = words.get((member / pg_sys::bitmapword::BITS) as usize);
        word.is_some_and(|word| word >> (member % pg_sys::bitmapword::BITS) & 1 == 1)
    }
}

/// Whether the set has no members. As `bms_is_empty` of all releases, which no longer keep an empty
/// set's words from 16 on.
///
/// # Safety
/// As `contains`.
pub(in crate::pg) unsafe fn is_empty(set: *const Bitmapset) -> bool {
    // SAFETY: the caller's promise; a set has `nwords` words.
    unsafe {
        let Some(set) = set.as_ref() else { return true };
        let words = std::slice::from_raw_parts(set.words.as_ptr(), usize::try_from(set.nwords).unwrap_or(0));
        words.iter().all(|word| *word == 0)
    }
}
