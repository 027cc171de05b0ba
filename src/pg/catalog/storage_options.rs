//! Options of relations, such as `fillfactor`, and what they are stored in.

use crate::error::Error;
use crate::pg::encoded_text::encode_c;
use crate::pg::parser::tree::Raw;
use crate::pg::parser::tree::build;
use crate::pg::subtransaction;
use pgrx::pg_sys::{self, Datum, Oid};
use std::ffi::{CStr, c_char};

/// Returns the error that ALTER TABLE … SET or RESET of these options raises for a relation of this
/// kind, which is as in pg_class.relkind. Changes nothing.
pub fn refusal(kind: u8, options: Raw<'_>, is_reset: bool) -> Option<Error> {
    subtransaction::refusal(|| check(kind, transformed(options, None, false, is_reset)))
}

/// Returns the error that CREATE TABLE or VIEW raises for these options. Changes nothing.
pub fn creation_refusal(kind: u8, options: Raw<'_>) -> Option<Error> {
    subtransaction::refusal(|| {
        check(kind, transformed(options, None, true, false));
        if matches!(kind, b'r' | b'm') {
            check(pg_sys::RELKIND_TOASTVALUE, transformed(options, Some(c"toast"), true, false));
        }
    })
}

fn check(kind: u8, datum: Datum) {
    // SAFETY: options as the server has transformed them.
    unsafe {
        match kind {
            b'r' | b'm' | pg_sys::RELKIND_TOASTVALUE => pg_sys::heap_reloptions(kind as c_char, datum, true),
            b'p' => pg_sys::partitioned_table_reloptions(datum, true),
            b'v' => pg_sys::view_reloptions(datum, true),
            _ => std::ptr::null_mut(),
        };
    }
}

/// Returns the error that CREATE INDEX raises for these options. Changes nothing.
pub fn index_refusal(method: &str, options: Raw<'_>) -> Option<Error> {
    let method = encode_c(method)?;
    subtransaction::refusal(|| {
        let datum = transformed(options, None, false, false);
        // SAFETY: looks the access method up, whose routine is palloc'd; options as the server has
        // transformed them.
        unsafe {
            if let Some(routine) = routine(&method) {
                pg_sys::index_reloptions(routine.amoptions, datum, true);
            }
        }
    })
}

/// Returns the options of a namespace in the form that pg_class has; raises the server's error for
/// one that is given in a wrong form. `allows_oids_off`: whether `oids = false` is passed over.
fn transformed(options: Raw<'_>, namespace: Option<&CStr>, allows_oids_off: bool, is_reset: bool) -> Datum {
    // As HEAP_RELOPT_NAMESPACES in access/reloptions.h.
    let mut namespaces: [*mut c_char; 2] = [c"toast".as_ptr().cast_mut(), std::ptr::null_mut()];
    // SAFETY: a copy of a list of options in a raw parse tree, which the server's own function
    // reads; the namespaces end with a null pointer.
    unsafe {
        let list = build::copy(options).cast::<pg_sys::List>();
        let valid = namespaces.as_mut_ptr();
        #[cfg(since_18)]
        let valid = valid.cast_const().cast::<*const c_char>();
        let namespace = namespace.map_or(std::ptr::null(), CStr::as_ptr);
        pg_sys::transformRelOptions(Datum::from(0), list, namespace, valid, allows_oids_off, is_reset)
    }
}

/// What an index access method can do.
#[derive(Clone, Copy, Debug)]
pub struct Method {
    pub can_be_unique: bool,
    pub can_include: bool,
    pub can_have_columns: bool,
    pub can_order: bool,
}

impl Method {
    /// Returns what the method can do; `None` if there is none of this name.
    pub fn of_index(name: &str) -> Option<Method> {
        let name = encode_c(name)?;
        // SAFETY: looks the access method up, whose routine is palloc'd.
        let routine = unsafe { routine(&name) }?;
        Some(Method {
            can_be_unique: routine.amcanunique,
            can_include: routine.amcaninclude,
            can_have_columns: routine.amcanmulticol,
            can_order: routine.amcanorder,
        })
    }
}

/// # Safety
/// The result is valid until the current memory context is reset.
unsafe fn routine<'a>(method: &CStr) -> Option<&'a pg_sys::IndexAmRoutine> {
    // SAFETY: looks the access method up in the system cache; 0 if it does not exist.
    unsafe {
        let oid = pg_sys::get_index_am_oid(method.as_ptr(), true);
        (oid != Oid::INVALID).then(|| pg_sys::GetIndexAmRoutineByAmId(oid, true).as_ref())?
    }
}

fn exists(name: &str, find: unsafe fn(*const c_char, bool) -> Oid) -> bool {
    let Some(name) = encode_c(name) else { return false };
    // SAFETY: looks the name up in the system cache; 0 if it does not exist.
    unsafe { find(name.as_ptr(), true) != Oid::INVALID }
}

pub fn tablespace_exists(name: &str) -> bool {
    exists(name, pg_sys::get_tablespace_oid)
}

pub fn table_method_exists(name: &str) -> bool {
    exists(name, pg_sys::get_table_am_oid)
}

pub fn server_exists(name: &str) -> bool {
    exists(name, pg_sys::get_foreign_server_oid)
}
