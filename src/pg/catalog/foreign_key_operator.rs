//! How core finds the operators of a new foreign key, and names it.

use pgrx::pg_sys::{self, Oid};
use std::ffi::{CStr, CString};

/// The operator by which a child's column of type `child` would be compared with the parent's of type `parent`, whose unique index
/// has operator class `class`; `None` where the foreign key cannot be. As in ATAddForeignKeyConstraint (commands/tablecmds.c).
pub fn equality(class: Oid, parent: Oid, child: Oid) -> Option<Oid> {
    // SAFETY: look-ups in the system caches by OID; the arrays have as many elements as they are said to have.
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

/// The operator class that an index on a column of this type would have.
pub fn default_class(type_oid: Oid) -> Option<Oid> {
    // SAFETY: a look-up in the system catalogs; 0 if there is none.
    let class = unsafe { pg_sys::GetDefaultOpClass(type_oid, pg_sys::BTREE_AM_OID) };
    (class != pg_sys::InvalidOid).then_some(class)
}

/// Whether core refuses columns of these collations: since 18, where they differ and one is not deterministic.
pub fn collations_conflict(parent: Oid, child: Oid) -> bool {
    let both = parent != pg_sys::InvalidOid && child != pg_sys::InvalidOid;
    // SAFETY: looks collations up by OID.
    cfg!(feature = "pg18")
        && both
        && parent != child
        && unsafe { !pg_sys::get_collation_isdeterministic(parent) || !pg_sys::get_collation_isdeterministic(child) }
}

/// `first_second_label`, with the first two cut so that it fits into a name.
pub fn object_name(first: &str, second: &str, label: &str) -> String {
    let (Ok(first), Ok(second), Ok(label)) = (CString::new(first), CString::new(second), CString::new(label)) else {
        return String::new();
    };
    // SAFETY: takes C strings and returns a palloc'd one.
    unsafe { CStr::from_ptr(pg_sys::makeObjectName(first.as_ptr(), second.as_ptr(), label.as_ptr())) }
        .to_string_lossy()
        .into_owned()
}
