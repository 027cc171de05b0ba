//! Reads values of variable length.

use pgrx::pg_sys::{self, Datum, varlena};
use pgrx::varlena::{vardata_any, varsize_any_exhdr};

/// Returns the value without its header.
///
/// # Safety
/// `value` must be neither compressed nor toasted, and must live as long as the result.
pub(in crate::pg) unsafe fn content<'a>(value: *const varlena) -> &'a [u8] {
    // SAFETY: the caller guarantees a header, which gives the length, followed by this many bytes.
    unsafe { std::slice::from_raw_parts(vardata_any(value).cast(), varsize_any_exhdr(value)) }
}

/// Does what `content` does, for values in any form.
///
/// # Safety
/// `value` must be of variable length and not null; the result must not outlive the current memory
/// context.
pub(in crate::pg) unsafe fn detoasted<'a>(value: Datum) -> &'a [u8] {
    // SAFETY: the caller guarantees a varlena; a value that is not plain is copied.
    unsafe { content(pg_sys::pg_detoast_datum_packed(value.cast_mut_ptr())) }
}
