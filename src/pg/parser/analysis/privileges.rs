//! Decides whether a role may access what a query accesses, as ExecCheckRTPerms does, without the
//! executor's hook.

use super::query::Access;
use pgrx::pg_sys::{self, AclMode, AclResult, Oid};

/// Returns the privilege that the role lacks; `None` if it has all.
pub fn missing_privilege(access: &Access, role: Oid) -> Option<&'static str> {
    let privileges = [
        (pg_sys::ACL_SELECT, "SELECT"),
        (pg_sys::ACL_INSERT, "INSERT"),
        (pg_sys::ACL_UPDATE, "UPDATE"),
        (pg_sys::ACL_DELETE, "DELETE"),
    ];
    let required = privileges.into_iter().filter(|(bit, _)| access.required & u64::from(*bit) != 0);
    required.filter(|(bit, _)| !has(access, role, *bit)).map(|(_, name)| name).next()
}

fn has(access: &Access, role: Oid, bit: u32) -> bool {
    let mode = AclMode::from(bit);
    // SAFETY: the relation was locked during analysis; if it has been dropped since, the look-up
    // raises an error, which ends the call.
    if unsafe { pg_sys::pg_class_aclcheck(access.relation, role, mode) } == AclResult::ACLCHECK_OK {
        return true;
    }
    let columns = match bit {
        pg_sys::ACL_SELECT => &access.selected,
        pg_sys::ACL_INSERT | pg_sys::ACL_UPDATE => &access.written,
        _ => return false,
    };
    // SAFETY: as above.
    unsafe {
        if columns.is_empty() {
            let any = pg_sys::AclMaskHow::ACLMASK_ANY;
            return pg_sys::pg_attribute_aclcheck_all(access.relation, role, mode, any) == AclResult::ACLCHECK_OK;
        }
        columns.iter().all(|column| {
            let result = match column {
                0 => pg_sys::pg_attribute_aclcheck_all(access.relation, role, mode, pg_sys::AclMaskHow::ACLMASK_ALL),
                column => pg_sys::pg_attribute_aclcheck(access.relation, *column, role, mode),
            };
            result == AclResult::ACLCHECK_OK
        })
    }
}
