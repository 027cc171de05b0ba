//! Answers questions about types.

use crate::error::Error;
use crate::pg::barrier;
use crate::pg::settings::with_time_zone;
use crate::pg::subtransaction;
use pgrx::pg_sys::{self, BuiltinOid, Oid};
use std::ffi::CStr;

/// Whether it is a domain that has constraints, of its own or of its base types.
pub fn domain_has_constraints(oid: Oid) -> bool {
    let has_constraints = || {
        // SAFETY: looks the domain's constraints up in a cache.
        unsafe {
            #[cfg(not(since_19))]
            return pg_sys::DomainHasConstraints(oid);
            #[cfg(since_19)]
            pg_sys::DomainHasConstraints(oid, std::ptr::null_mut())
        }
    };
    // The cache simplifies the conditions, which may call functions in them: there are conditions
    // then.
    kind(oid) == pg_sys::TYPTYPE_DOMAIN && barrier::attempt(has_constraints).unwrap_or(true)
}

/// Whether values of the type may be checked by constraints: of a domain, or of domains in a
/// composite type or an array.
pub fn is_checked(oid: Oid) -> bool {
    // SAFETY: looks the type up in the system cache; 0 for a type that is not an array.
    let element = unsafe { pg_sys::get_element_type(oid) };
    match kind(oid) {
        pg_sys::TYPTYPE_DOMAIN => domain_has_constraints(oid),
        pg_sys::TYPTYPE_COMPOSITE => true,
        _ => element != Oid::INVALID && is_checked(element),
    }
}

fn kind(oid: Oid) -> u8 {
    // SAFETY: looks the type up in the system cache.
    unsafe { pg_sys::get_typtype(oid).cast_unsigned() }
}

fn is(oid: Oid, type_: BuiltinOid) -> bool {
    oid == type_.value()
}

/// Whether changing only the modifier keeps all values, by the support functions of the types'
/// length coercions (varchar_support, numeric_support, varbit_support, TemporalSimplify).
pub fn widens(oid: Oid, old: i32, new: i32) -> bool {
    if new < 0 {
        return !is(oid, BuiltinOid::BPCHAROID);
    }
    if old < 0 {
        return false;
    }
    if is(oid, BuiltinOid::VARCHAROID) || is(oid, BuiltinOid::VARBITOID) {
        return new >= old;
    }
    if is(oid, BuiltinOid::NUMERICOID) {
        let (precision, scale) =
            (|modifier: i32| ((modifier - 4) >> 16) & 0xffff, |modifier: i32| (modifier - 4) & 0x7ff);
        return scale(old) == scale(new) && precision(new) >= precision(old);
    }
    let of_time = [BuiltinOid::TIMESTAMPOID, BuiltinOid::TIMESTAMPTZOID, BuiltinOid::TIMEOID, BuiltinOid::TIMETZOID];
    of_time.into_iter().any(|type_| is(oid, type_)) && new >= old
}

/// Whether a binary-compatible conversion to a type with a modifier keeps all values.
pub fn widens_to(from: Oid, old: i32, to: Oid, new: i32) -> bool {
    is(from, BuiltinOid::VARCHAROID) && is(to, BuiltinOid::VARCHAROID) && old >= 0 && new >= old
}

/// Whether it is a conversion between timestamps with and without a time zone while TimeZone is
/// UTC, which ATColumnChangeRequiresRewrite knows to change nothing. `zone` is what TimeZone will
/// be, if not what it is; an error for one that does not exist.
pub fn is_timestamp_under_utc(from: Oid, to: Oid, zone: Option<&CStr>) -> Result<bool, Error> {
    let (plain, zoned) = (BuiltinOid::TIMESTAMPOID, BuiltinOid::TIMESTAMPTZOID);
    let is_pair = is(from, plain) && is(to, zoned) || is(from, zoned) && is(to, plain);
    if !is_pair {
        return Ok(false);
    }
    // SAFETY: a plain read of backend state.
    let is_kept = || unsafe { !pg_sys::TimestampTimestampTzRequiresRewrite() };
    match zone {
        Some(zone) => subtransaction::discard(|| Ok(with_time_zone(zone, is_kept))),
        None => Ok(is_kept()),
    }
}

/// How many characters a column of this type may have; `None` without a limit.
pub fn length_limit(oid: Oid, modifier: i32) -> Option<i32> {
    let is_text = is(oid, BuiltinOid::VARCHAROID) || is(oid, BuiltinOid::BPCHAROID);
    (is_text && modifier >= 4).then(|| modifier - 4)
}

/// Whether it is one of the types that hold characters.
pub fn is_character(oid: Oid) -> bool {
    [BuiltinOid::TEXTOID, BuiltinOid::VARCHAROID, BuiltinOid::BPCHAROID].into_iter().any(|type_| is(oid, type_))
}

/// Whether the type is that of the rows of a table or view, which has the relation's name.
pub fn is_row_type(oid: Oid) -> bool {
    // SAFETY: looks the type and its relation up in the system cache; 0 if there is none.
    unsafe {
        let relation = pg_sys::get_typ_typrelid(oid);
        relation != Oid::INVALID && pg_sys::get_rel_relkind(relation) as u8 != pg_sys::RELKIND_COMPOSITE_TYPE
    }
}

/// Whether the type is a pseudo-type.
pub fn is_pseudo(oid: Oid) -> bool {
    kind(oid) == b'p'
}

/// Whether the type is a pseudo-type, a composite type, or a domain over one.
pub fn is_pseudo_or_composite(oid: Oid) -> bool {
    // SAFETY: looks the type up in the system cache.
    let base = unsafe { pg_sys::getBaseType(oid) };
    matches!(kind(base), b'p' | b'c')
}

/// Whether values of the type may be too large for an index.
pub fn is_variable(oid: Oid) -> bool {
    // SAFETY: looks the type up in the system cache.
    unsafe { pg_sys::get_typlen(oid) == -1 }
}

/// Whether the type has a default operator class for the access method; `None` if there is no such
/// access method.
pub fn has_default_class(oid: Oid, method: &str) -> Option<bool> {
    let method = crate::pg::encoded_text::encode_c(method)?;
    // SAFETY: looks the access method and its operator classes up; 0 if they do not exist.
    unsafe {
        let method = pg_sys::get_index_am_oid(method.as_ptr(), true);
        (method != pg_sys::InvalidOid).then(|| pg_sys::GetDefaultOpClass(oid, method) != pg_sys::InvalidOid)
    }
}

/// Whether an operator class for the second type takes values of the first.
pub fn is_binary_coercible(oid: Oid, input: Oid) -> bool {
    // SAFETY: looks types and casts up in the system cache.
    unsafe { pg_sys::IsBinaryCoercible(oid, input) }
}

/// Whether a procedural language has this name.
pub fn language_exists(name: &str) -> bool {
    let Some(name) = crate::pg::encoded_text::encode_c(name) else { return false };
    // SAFETY: looks the language up in the system cache; 0 if it does not exist.
    unsafe { pg_sys::get_language_oid(name.as_ptr(), true) != pg_sys::InvalidOid }
}
