//! Reads the sets of columns that statements name.

use pgrx::pg_sys::{self, Bitmapset};

/// Whether the column is in the set, whose members are counted from
/// `FirstLowInvalidHeapAttributeNumber`. Does what `bms_is_member` does, without the cost of a
/// guarded call: it runs for every statement.
///
/// # Safety
/// `set` must be a set of the server's, or null, which is the empty set.
pub(in crate::pg) unsafe fn contains(set: *const Bitmapset, attribute: i16) -> bool {
    let member = i32::from(attribute) - pg_sys::FirstLowInvalidHeapAttributeNumber;
    // SAFETY: the caller guarantees a valid set or null; a set has `nwords` words.
    unsafe {
        let (Some(set), Ok(member)) = (set.as_ref(), u32::try_from(member)) else { return false };
        let words = std::slice::from_raw_parts(set.words.as_ptr(), usize::try_from(set.nwords).unwrap_or(0));
        let word = words.get((member / pg_sys::bitmapword::BITS) as usize);
        word.is_some_and(|word| word >> (member % pg_sys::bitmapword::BITS) & 1 == 1)
    }
}

/// Whether the set has no members. Does what `bms_is_empty` does on all major versions. Since
/// PostgreSQL 16, empty sets no longer have words.
///
/// # Safety
/// As for `contains`.
pub(in crate::pg) unsafe fn is_empty(set: *const Bitmapset) -> bool {
    // SAFETY: the caller guarantees a valid set or null; a set has `nwords` words.
    unsafe {
        let Some(set) = set.as_ref() else { return true };
        let words = std::slice::from_raw_parts(set.words.as_ptr(), usize::try_from(set.nwords).unwrap_or(0));
        words.iter().all(|word| *word == 0)
    }
}
