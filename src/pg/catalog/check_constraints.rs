//! Reads CHECK constraints from the relation cache.

use crate::pg::index_choice::NUMERIC_BTREE_FAMILY;
use crate::pg::relation::Relation;
use pgrx::pg_sys::{self, Oid};
use std::ffi::CStr;

/// Returns the table's enforced CHECK constraints, validated or not, as expression trees. Takes no
/// lock.
pub fn of_table(table: &Relation) -> Vec<String> {
    // SAFETY: an open relation has a tuple descriptor; its constraints are checked for null before
    // they are followed, and the array has num_check elements.
    let checks = unsafe {
        let Some(constraints) = (*(*table.as_ptr()).rd_att).constr.as_ref() else { return Vec::new() };
        if constraints.num_check == 0 {
            return Vec::new();
        }
        std::slice::from_raw_parts(constraints.check, usize::from(constraints.num_check))
    };
    checks.iter().filter(|check| is_enforced(check)).filter_map(expression).collect()
}

#[cfg(since_18)]
fn is_enforced(check: &pg_sys::ConstrCheck) -> bool {
    check.ccenforced
}

/// PostgreSQL versions before 18 do not have NOT ENFORCED.
#[cfg(not(since_18))]
fn is_enforced(_: &pg_sys::ConstrCheck) -> bool {
    true
}

fn expression(check: &pg_sys::ConstrCheck) -> Option<String> {
    if check.ccbin.is_null() {
        return None;
    }
    // SAFETY: a C string in the relation cache; it is copied.
    unsafe { CStr::from_ptr(check.ccbin) }.to_str().ok().map(str::to_owned)
}

/// Returns the strategy number of an operator that compares numbers, or 0.
pub fn number_strategy(operator: u32) -> i32 {
    // SAFETY: looks an operator up in pg_amop by its OID.
    let strategy = |family| unsafe { pg_sys::get_op_opfamily_strategy(Oid::from(operator), family) };
    match strategy(pg_sys::INTEGER_BTREE_FAM_OID) {
        0 => strategy(Oid::from(NUMERIC_BTREE_FAMILY)),
        number => number,
    }
}
