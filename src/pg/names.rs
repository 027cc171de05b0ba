//! Calls into the server that turn names into objects and back.

use pgrx::{IntoDatum, direct_function_call, pg_sys};
use std::ffi::{CStr, CString};

/// `name` as SQL has to spell it: quoted if it needs to be.
pub fn quote_identifier(name: &str) -> String {
    let Ok(name) = CString::new(name) else { return String::new() };
    // SAFETY: takes a C string and returns it or a palloc'd copy.
    unsafe { CStr::from_ptr(pg_sys::quote_identifier(name.as_ptr())) }.to_string_lossy().into_owned()
}

/// `text` as a string literal, whatever `standard_conforming_strings` says.
pub fn quote_literal(text: &str) -> String {
    let Ok(text) = CString::new(text) else { return String::new() };
    // SAFETY: takes a C string and returns a palloc'd one.
    unsafe { CStr::from_ptr(pg_sys::quote_literal_cstr(text.as_ptr())) }.to_string_lossy().into_owned()
}

/// `setval(oid, last_value, true)`, with its checks and its errors.
pub fn setval(oid: pg_sys::Oid, last_value: i64) {
    // SAFETY: the function takes (regclass, bigint, boolean) and none of them is null.
    unsafe { direct_function_call::<i64>(pg_sys::setval3_oid, &[oid.into_datum(), last_value.into_datum(), true.into_datum()]) };
}

/// A type that is no domain: the type itself, or what the domain is built on, with the modifier that applies.
pub fn base_type(type_oid: pg_sys::Oid, modifier: i32) -> (pg_sys::Oid, i32) {
    let mut modifier = modifier;
    // SAFETY: follows pg_type rows by OID.
    let base = unsafe { pg_sys::getBaseTypeAndTypmod(type_oid, &mut modifier) };
    (base, modifier)
}

/// The kind and name of a relation, or `None` if there is none of that OID.
pub fn relation_kind(oid: pg_sys::Oid) -> Option<u8> {
    // SAFETY: looks the relation up in the system cache; 0 if it is not there.
    let kind = unsafe { pg_sys::get_rel_relkind(oid) } as u8;
    (kind != 0).then_some(kind)
}
