//! Looks up roles by name and OID.

use crate::error::Error;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, Oid};
use std::ffi::{CStr, CString};

/// Returns the OID of the role with exactly this name; 42704 if it does not exist.
pub fn find(name: &str) -> Result<Oid, Error> {
    let missing = || {
        Error::new(PgSqlErrorCode::ERRCODE_UNDEFINED_OBJECT, format!("role \"{name}\" does not exist"))
            .hint("Role names are case-sensitive here. List them with \\du in psql.")
    };
    let c_name = CString::new(name).map_err(|_| missing())?;
    // SAFETY: looks the name up in the system cache; `true` makes the result 0, not an error, if it
    // is missing.
    let oid = unsafe { pg_sys::get_role_oid(c_name.as_ptr(), true) };
    if oid == pg_sys::InvalidOid { Err(missing()) } else { Ok(oid) }
}

/// Returns a role's name, or `None` if the role no longer exists.
pub fn name(oid: Oid) -> Option<String> {
    // SAFETY: looks the role up in the system cache; the result is null or a palloc'd string.
    unsafe {
        let name = pg_sys::GetUserNameFromId(oid, true);
        (!name.is_null()).then(|| CStr::from_ptr(name).to_string_lossy().into_owned())
    }
}
