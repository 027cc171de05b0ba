//! Roles.

use crate::error::Error;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, Oid};
use std::ffi::{CStr, CString};

/// A role's OID by its exact name; 42704 if there is none.
pub fn find(name: &str) -> Result<Oid, Error> {
    let missing = || {
        Error::new(PgSqlErrorCode::ERRCODE_UNDEFINED_OBJECT, format!("role \"{name}\" does not exist"))
            .hint("Role names are case-sensitive here. List them with \\du in psql.")
    };
    let c_name = CString::new(name).map_err(|_| missing())?;
    // SAFETY: looks the name up in the system cache; `true` makes a missing one 0 instead of an error.
    let oid = unsafe { pg_sys::get_role_oid(c_name.as_ptr(), true) };
    if oid == pg_sys::InvalidOid { Err(missing()) } else { Ok(oid) }
}

/// A role's name, or `None` if it is gone.
pub fn name(oid: Oid) -> Option<String> {
    // SAFETY: looks the role up in the system cache; null or a palloc'd string.
    unsafe {
        let name = pg_sys::GetUserNameFromId(oid, true);
        (!name.is_null()).then(|| CStr::from_ptr(name).to_string_lossy().into_owned())
    }
}
