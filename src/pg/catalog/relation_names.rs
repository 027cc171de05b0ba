//! Finds relations by name, and names for new ones.

use crate::pg::encoded_text::{decode, encode_c};
use pgrx::pg_sys::{self, Oid};
use std::ffi::CStr;

/// Returns the relation with this name in the schema. Takes no lock.
pub fn relation_named(schema: Oid, name: &str) -> Option<Oid> {
    let name = encode_c(name)?;
    // SAFETY: looks the name up in the system cache; 0 if it does not exist.
    let oid = unsafe { pg_sys::get_relname_relid(name.as_ptr(), schema) };
    (oid != pg_sys::InvalidOid).then_some(oid)
}

/// Returns the name that the server makes of these parts (makeObjectName in commands/indexcmds.c),
/// which are shortened so that it has at most 63 bytes.
pub fn object_name(first: &str, second: Option<&str>, label: &str) -> String {
    let [first, label] = [first, label].map(|part| encode_c(part).unwrap_or_default());
    let second = second.map(|part| encode_c(part).unwrap_or_default());
    let second = second.as_ref().map_or(std::ptr::null(), |part| part.as_ptr());
    // SAFETY: takes C strings, of which the second may be null, and returns a palloc'd one.
    unsafe {
        let name = pg_sys::makeObjectName(first.as_ptr(), second, label.as_ptr());
        let text = decode(CStr::from_ptr(name).to_bytes());
        pg_sys::pfree(name.cast());
        text
    }
}
