//! Looks up databases by name and OID, and identifies their cluster and its timeline.

use crate::error::Error;
use crate::pg::names::quote_identifier;
use crate::pg::settings;
use pgrx::pg_sys::{self, Oid};
use pgrx::{PgSqlErrorCode, Spi};
use std::ffi::{CStr, CString};
use std::time::Duration;

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

/// Returns the current database's name, quoted if SQL needs it.
pub fn quoted_name() -> String {
    quote_identifier(&name(current()).unwrap_or_default())
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

/// Runs ALTER DATABASE on the current database, with its privileges and its errors. `change` is in
/// ASCII: the database's name may be in another encoding, and is passed on as it is.
pub fn alter(change: &str) -> Result<(), Error> {
    let failed = || Error::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, "could not alter the database");
    // SAFETY: the name is null or a palloc'd C string, and so is its quoted form.
    let name = unsafe {
        let name = pg_sys::get_database_name(current());
        (!name.is_null()).then(|| CStr::from_ptr(pg_sys::quote_identifier(name)).to_bytes().to_vec())
    };
    let statement = [b"ALTER DATABASE ", name.ok_or_else(failed)?.as_slice(), b" ", change.as_bytes()].concat();
    let statement = CString::new(statement).map_err(|_| failed())?;
    Spi::connect_mut(|_| {
        // SAFETY: connected to SPI; runs a C string.
        match unsafe { pg_sys::SPI_execute(statement.as_ptr(), false, 0) } {
            result if result < 0 => Err(failed()),
            _ => Ok(()),
        }
    })
}

/// Waits until every session that is starting in the current database has read its settings and is
/// visible in pg_stat_activity. Such a session holds RowExclusiveLock on the database from before
/// it reads the settings until it is visible (InitPostgres in utils/init/postinit.c). One that
/// starts later reads what is committed by now.
pub fn wait_for_starting_sessions() {
    /// The longest that `lock_timeout` allows, about 24 days: the wait is as short as a session's
    /// start.
    const PATIENCE: Duration = Duration::from_millis(i32::MAX as u64);
    let (mode, database) = (pg_sys::ShareLock as pg_sys::LOCKMODE, current());
    settings::with_lock_timeout_of(PATIENCE, || {
        // SAFETY: locks the database that this session is connected to, and releases the lock; an
        // error releases it with the transaction.
        unsafe {
            pg_sys::LockSharedObject(pg_sys::DatabaseRelationId, database, 0, mode);
            pg_sys::UnlockSharedObject(pg_sys::DatabaseRelationId, database, 0, mode);
        }
    });
}

/// Acquires a lock of the current database that no other code uses, to the end of the transaction,
/// unless another session holds it. Returns whether it was acquired.
pub fn claim(class: u32) -> bool {
    let tag = pg_sys::LOCKTAG {
        locktag_field1: current().to_u32(),
        locktag_field2: class,
        locktag_field3: 0,
        locktag_field4: 0,
        locktag_type: pg_sys::LockTagType::LOCKTAG_USERLOCK as u8,
        locktag_lockmethodid: pg_sys::DEFAULT_LOCKMETHOD as u8,
    };
    let mode = pg_sys::ExclusiveLock as pg_sys::LOCKMODE;
    // SAFETY: a well-formed tag; does not wait, and the transaction releases the lock.
    let result = unsafe { pg_sys::LockAcquire(&tag, mode, false, true) };
    result != pg_sys::LockAcquireResult::LOCKACQUIRE_NOT_AVAIL
}
