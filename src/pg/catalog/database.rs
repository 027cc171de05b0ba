//! Looks up databases by name and OID, and identifies their cluster and its timeline.

use crate::error::Error;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, Oid};
use std::ffi::{CStr, CString};

/// Returns the OID of the database that this session is connected to.
pub fn current() -> Oid {
    // SAFETY: a plain read of backend state.
    unsafe { pg_sys::MyDatabaseId }
}

/// Returns the OID of the database with exactly this name; 3D000 if it does not exist.
pub fn find(name: &str) -> Result<Oid, Error> {
    let missing = || {
        Error::new(PgSqlErrorCode::ERRCODE_INVALID_CATALOG_NAME, format!("database \"{name}\" does not exist"))
            .hint("Database names are case-sensitive here. List them with \\l in psql.")
    };
    let c_name = CString::new(name).map_err(|_| missing())?;
    // SAFETY: looks the name up in pg_database; `true` makes the result 0, not an error, if it is
    // missing.
    let oid = unsafe { pg_sys::get_database_oid(c_name.as_ptr(), true) };
    if oid == pg_sys::InvalidOid { Err(missing()) } else { Ok(oid) }
}

/// Returns a database's name, or `None` if the database no longer exists.
pub fn name(oid: Oid) -> Option<String> {
    // SAFETY: looks the database up in pg_database; the result is null or a palloc'd string.
    unsafe {
        let name = pg_sys::get_database_name(oid);
        (!name.is_null()).then(|| CStr::from_ptr(name).to_string_lossy().into_owned())
    }
}

/// Returns the number that initdb gave to the cluster. It is the same in every physical copy.
pub fn system_identifier() -> u64 {
    // SAFETY: a plain read of the control file's copy in memory.
    unsafe { pg_sys::GetSystemIdentifier() }
}

/// Returns the timeline that the server writes to, or, on a standby, replays.
pub fn timeline() -> u32 {
    // SAFETY: plain reads of shared memory; the second function requires that the server is not in
    // recovery, and is called only then.
    unsafe {
        if pg_sys::RecoveryInProgress() {
            let mut timeline = 0;
            pg_sys::GetXLogReplayRecPtr(&mut timeline);
            timeline
        } else {
            pg_sys::GetWALInsertionTimeLine()
        }
    }
}
