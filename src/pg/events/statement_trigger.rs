//! Creates a statement trigger as CREATE TRIGGER and ALTER TABLE … ENABLE ALWAYS or DISABLE TRIGGER
//! would, but in one step: a role that creates tables waits for it.

use crate::error::Error;
use crate::pg::list::pointers;
use crate::pg::names;
use crate::pg::relation::{LockMode, Relation};
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, Oid};
use std::ffi::{CStr, CString};

/// When the trigger fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fires {
    /// In every session, including those of replication.
    Always,
    /// Only after it has been enabled.
    Never,
}

impl Fires {
    /// Returns the code in `pg_trigger.tgenabled`.
    fn code(self) -> std::ffi::c_char {
        let code = match self {
            Fires::Always => pg_sys::TRIGGER_FIRES_ALWAYS,
            Fires::Never => pg_sys::TRIGGER_DISABLED,
        };
        code as std::ffi::c_char
    }
}

const NO_OBJECT: pg_sys::ObjectAddress =
    pg_sys::ObjectAddress { classId: pg_sys::InvalidOid, objectId: pg_sys::InvalidOid, objectSubId: 0 };

/// Creates trigger `name` on `table`: AFTER INSERT OR UPDATE, FOR EACH STATEMENT, calling
/// `function`. Returns its OID.
///
/// Locks: ShareRowExclusiveLock on the table, to the end of the transaction. Privileges: ownership
/// of the table, and EXECUTE on the function. Errors: 42501, 42710 if the trigger already exists,
/// 42809 if the relation is not a table or partitioned table. Event triggers do not fire for it;
/// one that runs after the calling event trigger has the command in
/// pg_event_trigger_ddl_commands().
pub fn create(table: Oid, name: &str, function: Oid, fires: Fires) -> Result<Oid, Error> {
    refuse_not_owner(table)?;
    // The table and the function are given by their OIDs; their names in the text are never looked
    // up.
    let text = format!(
        "CREATE TRIGGER {} AFTER INSERT OR UPDATE ON t FOR EACH STATEMENT EXECUTE FUNCTION f()",
        names::quote_identifier(name)
    );
    let malformed = || Error::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, "could not read the trigger's definition");
    let text = CString::new(text).map_err(|_| malformed())?;
    // SAFETY: the parser returns a list of RawStmt, here with one CreateTrigStmt.
    // CreateTriggerFiringOn acquires the table's lock and performs the checks of CREATE TRIGGER; no
    // other argument applies to a trigger of this kind.
    unsafe {
        let parsed = pg_sys::raw_parser(text.as_ptr(), pg_sys::RawParseMode::RAW_PARSE_DEFAULT);
        let statement = pointers::<pg_sys::RawStmt>(parsed).next().ok_or_else(malformed)?.stmt;
        let none = pg_sys::InvalidOid;
        let trigger = pg_sys::CreateTriggerFiringOn(
            statement.cast(),
            text.as_ptr(),
            table,
            none,
            none,
            none,
            function,
            none,
            std::ptr::null_mut(),
            false,
            false,
            fires.code(),
        );
        pg_sys::EventTriggerCollectSimpleCommand(trigger, NO_OBJECT, statement);
        pg_sys::CommandCounterIncrement();
        Ok(trigger.objectId)
    }
}

/// Returns the names of the table's triggers that call `function`, in alphabetical order, with
/// their `pg_trigger.tgenabled`. Takes AccessShareLock and releases it.
pub fn calling(table: Oid, function: Oid) -> Vec<(String, u8)> {
    let Some(table) = Relation::try_open(table, LockMode::AccessShare) else { return Vec::new() };
    // SAFETY: an open relation; its description, if it has triggers, has `numtriggers` of them, and
    // each has a name.
    unsafe {
        let Some(description) = (*table.as_ptr()).trigdesc.as_ref() else { return Vec::new() };
        let count = usize::try_from(description.numtriggers).unwrap_or(0);
        let triggers = std::slice::from_raw_parts(description.triggers, count);
        let calling = triggers.iter().filter(|trigger| trigger.tgfoid == function && !trigger.tgisinternal);
        calling
            .map(|trigger| (CStr::from_ptr(trigger.tgname).to_string_lossy().into_owned(), trigger.tgenabled as u8))
            .collect()
    }
}

/// Enables or disables trigger `name` of `table`. This transaction must hold ShareRowExclusiveLock
/// on the table, as ALTER TABLE does. 42501 if the current user does not own the table.
pub fn set_fires(table: Oid, name: &str, fires: Fires) -> Result<(), Error> {
    refuse_not_owner(table)?;
    let name =
        CString::new(name).map_err(|error| Error::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, error.to_string()))?;
    let relation = Relation::open(table, LockMode::AccessShare);
    // SAFETY: an open, locked relation; raises an error if the trigger does not exist.
    unsafe {
        let lock = pg_sys::ShareRowExclusiveLock as pg_sys::LOCKMODE;
        #[cfg(not(since_16))]
        pg_sys::EnableDisableTriggerNew(relation.as_ptr(), name.as_ptr(), fires.code(), false, false, lock);
        #[cfg(since_16)]
        pg_sys::EnableDisableTrigger(
            relation.as_ptr(),
            name.as_ptr(),
            pg_sys::InvalidOid,
            fires.code(),
            false,
            false,
            lock,
        );
        pg_sys::CommandCounterIncrement();
    }
    Ok(())
}

/// Raises 42501 if the current user does not own the table. CREATE TRIGGER only takes the privilege
/// TRIGGER, but ENABLE ALWAYS and DISABLE take ownership.
fn refuse_not_owner(table: Oid) -> Result<(), Error> {
    // SAFETY: looks the table up in the system cache; a missing one raises an error.
    let is_owner = unsafe {
        #[cfg(not(since_16))]
        let is_owner = pg_sys::pg_class_ownercheck(table, pg_sys::GetUserId());
        #[cfg(since_16)]
        let is_owner = pg_sys::object_ownercheck(pg_sys::RelationRelationId, table, pg_sys::GetUserId());
        is_owner
    };
    if is_owner {
        return Ok(());
    }
    let name = names::relation_name(table).map(|name| name.name).unwrap_or_default();
    Err(Error::new(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE, format!("must be owner of table {name}")))
}
