//! Translates between names and objects.

use crate::pg::list::pointers;
use pgrx::{IntoDatum, direct_function_call, pg_sys};
use std::ffi::{CStr, CString, c_char};

/// The first OID that is not the system's own: `FirstNormalObjectId` in access/transam.h.
pub const FIRST_USER_OID: u32 = 16_384;

/// Returns `name` as SQL spells it: quoted if necessary.
pub fn quote_identifier(name: &str) -> String {
    let Ok(name) = CString::new(name) else { return String::new() };
    // SAFETY: takes a C string and returns it or a palloc'd copy.
    unsafe { CStr::from_ptr(pg_sys::quote_identifier(name.as_ptr())) }.to_string_lossy().into_owned()
}

/// Calls `setval(oid, last_value, true)`, with its checks and its errors.
pub fn setval(oid: pg_sys::Oid, last_value: i64) {
    // SAFETY: the function takes (regclass, bigint, boolean), and none of the arguments is null.
    unsafe {
        direct_function_call::<i64>(
            pg_sys::setval3_oid,
            &[oid.into_datum(), last_value.into_datum(), true.into_datum()],
        )
    };
}

/// Returns the type itself, or the type underlying a domain, with the modifier that applies.
pub fn base_type(type_oid: pg_sys::Oid, modifier: i32) -> (pg_sys::Oid, i32) {
    let mut modifier = modifier;
    // SAFETY: follows pg_type rows by OID.
    let base = unsafe { pg_sys::getBaseTypeAndTypmod(type_oid, &mut modifier) };
    (base, modifier)
}

pub fn is_domain(type_oid: pg_sys::Oid) -> bool {
    // SAFETY: looks a pg_type row up by OID.
    type_oid.to_u32() >= FIRST_USER_OID && unsafe { pg_sys::get_typtype(type_oid) } as u8 == pg_sys::TYPTYPE_DOMAIN
}

/// A relation's name and its schema's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct QualifiedName {
    pub schema: String,
    pub name: String,
}

impl QualifiedName {
    /// Returns the name as SQL spells it, always with the schema.
    pub fn quoted(&self) -> String {
        format!("{}.{}", quote_identifier(&self.schema), quote_identifier(&self.name))
    }
}

/// Splits a name as `nextval('…'::text)` does (textToQualifiedNameList, without its errors); `None`
/// if the text is not a name.
pub fn split(text: &str) -> Option<Vec<String>> {
    let mut text = CString::new(text).ok()?.into_bytes_with_nul();
    let mut parts = std::ptr::null_mut();
    // SAFETY: writes into the C string, which this function owns; the list's cells are C strings in
    // it or in the current memory context.
    let parts: Vec<String> = unsafe {
        let is_name = pg_sys::SplitIdentifierString(text.as_mut_ptr().cast(), b'.' as c_char, &mut parts);
        let part = |part: &c_char| CStr::from_ptr(part).to_string_lossy().into_owned();
        is_name.then(|| pointers::<c_char>(parts).map(part).collect())?
    };
    (!parts.is_empty()).then_some(parts)
}

/// # Safety
/// `pointer` must be a palloc'd C string, or null. The function frees it.
unsafe fn take_string(pointer: *mut std::ffi::c_char) -> Option<String> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: the caller passes a palloc'd C string, and does not use it again.
    unsafe {
        let text = CStr::from_ptr(pointer).to_string_lossy().into_owned();
        pg_sys::pfree(pointer.cast());
        Some(text)
    }
}

/// Returns a schema's name, or an empty text if the schema no longer exists.
pub fn schema_name(oid: pg_sys::Oid) -> String {
    // SAFETY: looks the schema up in the system cache.
    unsafe { take_string(pg_sys::get_namespace_name(oid)) }.unwrap_or_default()
}

/// Returns a relation's schema, or `None` if the relation does not exist. Takes no lock.
pub fn relation_schema(oid: pg_sys::Oid) -> Option<pg_sys::Oid> {
    // SAFETY: looks the relation up in the system cache; 0 if it does not exist.
    let schema = unsafe { pg_sys::get_rel_namespace(oid) };
    (schema != pg_sys::InvalidOid).then_some(schema)
}

/// Returns a relation's name, or `None` if the relation does not exist. Takes no lock.
pub fn relation_name(oid: pg_sys::Oid) -> Option<QualifiedName> {
    let schema = schema_name(relation_schema(oid)?);
    // SAFETY: looks the relation up in the system cache; null if it does not exist.
    let name = unsafe { take_string(pg_sys::get_rel_name(oid)) }?;
    Some(QualifiedName { schema, name })
}

/// Returns a column's name, or `None` if the column does not exist. Takes no lock.
pub fn column_name(relation: pg_sys::Oid, attribute: i16) -> Option<String> {
    // SAFETY: looks the column up in the system cache; null if it does not exist.
    let name = unsafe { take_string(pg_sys::get_attname(relation, attribute, true)) };
    // A dropped column keeps its row, with a name that a look-up by name does not find.
    name.filter(|name| !name.starts_with("........pg.dropped.") || column_number(relation, name).is_some())
}

/// Returns the number of the column with this name, or `None` if it does not exist. Takes no lock.
pub fn column_number(relation: pg_sys::Oid, name: &str) -> Option<i16> {
    let name = CString::new(name).ok()?;
    // SAFETY: looks the column up in the system cache; 0 if it does not exist.
    let number = unsafe { pg_sys::get_attnum(relation, name.as_ptr()) };
    (number > 0).then_some(number)
}

/// Whether the relation is a partition. Takes no lock.
pub fn is_partition(relation: pg_sys::Oid) -> bool {
    // SAFETY: looks the relation up in the system cache.
    unsafe { pg_sys::get_rel_relispartition(relation) }
}

/// Whether the collation of a column of a locked table treats different texts as different.
/// `collation` is 0 for a column without one.
pub fn is_deterministic(collation: pg_sys::Oid) -> bool {
    // SAFETY: looks the collation up in the system cache; it exists for as long as the column has
    // it.
    collation == pg_sys::InvalidOid || unsafe { pg_sys::get_collation_isdeterministic(collation) }
}

/// Returns a NameData as text.
pub fn name_text(name: &pg_sys::NameData) -> String {
    // SAFETY: a NameData ends with a zero byte.
    unsafe { CStr::from_ptr(name.data.as_ptr()) }.to_string_lossy().into_owned()
}

/// Returns the kind of a relation, or `None` if the relation does not exist.
pub fn relation_kind(oid: pg_sys::Oid) -> Option<u8> {
    // SAFETY: looks the relation up in the system cache; 0 if it does not exist.
    let kind = unsafe { pg_sys::get_rel_relkind(oid) } as u8;
    (kind != 0).then_some(kind)
}
