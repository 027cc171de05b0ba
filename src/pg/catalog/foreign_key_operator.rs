//! Finds operators and names for a new foreign key in the same way as PostgreSQL.

use pgrx::pg_sys::{self, Oid};
use std::ffi::{CStr, CString};

/// Returns the operator that would compare a child's column of type `child` with the parent's of
/// type `parent`, where `class` is the operator class of the parent's unique index; `None` if the
/// foreign key is impossible. Follows ATAddForeignKeyConstraint (commands/tablecmds.c).
pub fn equality(class: Oid, parent: Oid, child: Oid) -> Option<Oid> {
    // SAFETY: looks OIDs up in the system caches; the arrays have two elements each, as the call
    // says.
    unsafe {
        let (family, input) = (pg_sys::get_opclass_family(class), pg_sys::get_opclass_input_type(class));
        let equal = |left, right| {
            let operator = pg_sys::get_opfamily_member(family, left, right, pg_sys::BTEqualStrategyNumber as i16);
            (operator != pg_sys::InvalidOid).then_some(operator)
        };
        let base = pg_sys::getBaseType(child);
        if let (Some(operator), Some(_)) = (equal(input, base), equal(base, base)) {
            return Some(operator);
        }
        let (given, wanted) = ([parent, child], [input, input]);
        let implicit = pg_sys::CoercionContext::COERCION_IMPLICIT;
        pg_sys::can_coerce_type(2, given.as_ptr(), wanted.as_ptr(), implicit).then(|| equal(input, input)).flatten()
    }
}

/// Returns the operator class that an index on a column of this type would have.
pub fn default_class(type_oid: Oid) -> Option<Oid> {
    // SAFETY: looks the type up in the system catalogs; 0 if it has no such class.
    let class = unsafe { pg_sys::GetDefaultOpClass(type_oid, pg_sys::BTREE_AM_OID) };
    (class != pg_sys::InvalidOid).then_some(class)
}

/// Whether PostgreSQL refuses a foreign key between columns of these collations. Since version 18
/// it does if they differ and one of them is nondeterministic.
pub fn collations_conflict(parent: Oid, child: Oid) -> bool {
    let both = parent != pg_sys::InvalidOid && child != pg_sys::InvalidOid;
    // SAFETY: looks collations up by OID.
    cfg!(since_18)
        && both
        && parent != child
        && unsafe { !pg_sys::get_collation_isdeterministic(parent) || !pg_sys::get_collation_isdeterministic(child) }
}

/// Returns `first_second_label`, with the first two parts truncated so that it fits into a name.
pub fn object_name(first: &str, second: &str, label: &str) -> String {
    let (Ok(first), Ok(second), Ok(label)) = (CString::new(first), CString::new(second), CString::new(label)) else {
        return String::new();
    };
    // SAFETY: takes C strings and returns a palloc'd one.
    unsafe { CStr::from_ptr(pg_sys::makeObjectName(first.as_ptr(), second.as_ptr(), label.as_ptr())) }
        .to_string_lossy()
        .into_owned()
}
