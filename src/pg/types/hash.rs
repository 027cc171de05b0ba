//! Calls the server's own hash function for texts.

use std::ffi::c_int;

unsafe extern "C" {
    // Declared in common/hashfn.h, which pgrx does not bind.
    fn hash_bytes(key: *const u8, length: c_int) -> u32;
}

/// Returns `hashtext(text)` of a text in the database's encoding, under any deterministic
/// collation.
pub fn hashtext(text: &[u8]) -> i32 {
    let length = c_int::try_from(text.len()).unwrap_or(c_int::MAX);
    // SAFETY: reads `length` bytes, which the slice has.
    unsafe { hash_bytes(text.as_ptr(), length) }.cast_signed()
}
