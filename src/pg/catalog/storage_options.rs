//! Options of relations, such as `fillfactor`.

use crate::error::Error;
use crate::pg::parser::tree::Raw;
use crate::pg::parser::tree::build;
use crate::pg::subtransaction;
use pgrx::pg_sys::{self, Datum};
use std::ffi::c_char;

/// Returns the error that ALTER TABLE … SET or RESET of these options raises for a relation of this
/// kind, which is as in pg_class.relkind. Changes nothing.
pub fn refusal(kind: u8, options: Raw<'_>, is_reset: bool) -> Option<Error> {
    subtransaction::refusal(|| check(kind, options, is_reset))
}

fn check(kind: u8, options: Raw<'_>, is_reset: bool) {
    // As HEAP_RELOPT_NAMESPACES in access/reloptions.h.
    let mut namespaces: [*mut c_char; 2] = [c"toast".as_ptr().cast_mut(), std::ptr::null_mut()];
    // SAFETY: a copy of a list of options in a raw parse tree, which the server's own functions
    // read; the namespaces end with a null pointer.
    unsafe {
        let list = build::copy(options).cast::<pg_sys::List>();
        let valid = namespaces.as_mut_ptr();
        #[cfg(since_18)]
        let valid = valid.cast_const().cast::<*const c_char>();
        let datum = pg_sys::transformRelOptions(Datum::from(0), list, std::ptr::null(), valid, false, is_reset);
        match kind {
            b'r' | b'm' => pg_sys::heap_reloptions(kind as c_char, datum, true),
            b'p' => pg_sys::partitioned_table_reloptions(datum, true),
            b'v' => pg_sys::view_reloptions(datum, true),
            _ => std::ptr::null_mut(),
        };
    }
}
