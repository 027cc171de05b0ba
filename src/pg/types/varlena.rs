//! What is in values of variable length.

use pgrx::pg_sys::{self, Datum, varlena};
use pgrx::varlena::{vardata_any, varsize_any_exhdr};

/// # Safety
/// A value of variable length that is neither compressed nor elsewhere, and lives as long as what is returned is used.
pub(in crate::pg) unsafe fn content<'a>(value: *const varlena) -> &'a [u8] {
    // SAFETY: the caller's promise: a header, which tells the length, and so many bytes.
    unsafe { std::slice::from_raw_parts(vardata_any(value).cast(), varsize_any_exhdr(value)) }
}

/// As `content`, wherever and however it is stored.
///
/// # Safety
/// A value of variable length that is not null; what is returned is used in its memory context's time.
pub(in crate::pg) unsafe fn detoasted<'a>(value: Datum) -> &'a [u8] {
    // SAFETY: the caller's promise; what is not plain is copied.
    unsafe { content(pg_sys::pg_detoast_datum_packed(value.cast_mut_ptr())) }
}
