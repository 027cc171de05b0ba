//! Roles.

use pgrx::pg_sys::{self, Oid};
use std::ffi::CStr;

/// A role's name, or `None` if it is gone.
pub fn name(oid: Oid) -> Option<String> {
    // SAFETY: looks the role up in the system cache; null or a palloc'd string.
    unsafe {
        let name = pg_sys::GetUserNameFromId(oid, true);
        (!name.is_null()).then(|| CStr::from_ptr(name).to_string_lossy().into_owned())
    }
}
