//! Checks privileges, row security and whether the transaction is read-only.

use crate::error::Error;
use crate::pg::relation::Relation;
use crate::pg::{role, run_as};
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys;

fn has_table_privilege(oid: pg_sys::Oid, privileges: u32) -> bool {
    // SAFETY: looks the relation up in the system cache; a missing one raises an error. A superuser
    // has every privilege, and asking for that first saves the look-up.
    unsafe {
        pg_sys::superuser()
            || pg_sys::pg_class_aclcheck(oid, pg_sys::GetUserId(), pg_sys::AclMode::from(privileges))
                == pg_sys::AclResult::ACLCHECK_OK
    }
}

/// Whether the current user has USAGE on the schema, which naming a table in it requires.
pub fn may_use_schema(schema: pg_sys::Oid) -> bool {
    let usage = pg_sys::AclMode::from(pg_sys::ACL_USAGE);
    // SAFETY: looks the schema up in the system cache; a missing one raises an error.
    unsafe {
        #[cfg(not(since_16))]
        let result = pg_sys::pg_namespace_aclcheck(schema, pg_sys::GetUserId(), usage);
        #[cfg(since_16)]
        let result = pg_sys::object_aclcheck(pg_sys::NamespaceRelationId, schema, pg_sys::GetUserId(), usage);
        result == pg_sys::AclResult::ACLCHECK_OK
    }
}

/// Whether the current user may read the sequence's position. That takes USAGE or SELECT, as for
/// `pg_sequence_last_value`, or UPDATE, which allows nextval and so reveals the position.
pub fn may_read_sequence(oid: pg_sys::Oid) -> bool {
    has_table_privilege(oid, pg_sys::ACL_SELECT | pg_sys::ACL_USAGE | pg_sys::ACL_UPDATE)
}

/// Whether the current user may set the sequence, which takes UPDATE, as for `setval`.
pub fn may_update_sequence(oid: pg_sys::Oid) -> bool {
    has_table_privilege(oid, pg_sys::ACL_UPDATE)
}

/// Whether the current user may select from the table as a whole.
pub fn may_select_table(table: pg_sys::Oid) -> bool {
    has_table_privilege(table, pg_sys::ACL_SELECT)
}

/// Whether the table's owner may select from it: an owner can revoke their own privileges.
pub fn may_owner_select(table: &Relation) -> bool {
    let select = pg_sys::AclMode::from(pg_sys::ACL_SELECT);
    // SAFETY: looks the open table up in the system cache.
    let result = unsafe { pg_sys::pg_class_aclcheck(table.oid(), table.form().relowner, select) };
    result == pg_sys::AclResult::ACLCHECK_OK
}

/// Whether the current user may select the column.
pub fn may_select_column(table: pg_sys::Oid, attribute: i16) -> bool {
    may_select_table(table)
        // SAFETY: looks the column up in the system cache; a missing one raises an error.
        || unsafe {
            pg_sys::pg_attribute_aclcheck(
                table,
                attribute,
                pg_sys::GetUserId(),
                pg_sys::AclMode::from(pg_sys::ACL_SELECT),
            ) == pg_sys::AclResult::ACLCHECK_OK
        }
}

/// Whether row security hides rows of the table from the current user.
pub fn is_row_security_on(table: pg_sys::Oid) -> bool {
    // SAFETY: looks the table up in the system cache; `true` makes it return a result where it
    // would raise an error under row_security = off.
    unsafe {
        pg_sys::check_enable_rls(table, pg_sys::InvalidOid, true) == pg_sys::CheckEnableRlsResult::RLS_ENABLED as i32
    }
}

/// Raises 25006 in a read-only transaction, for a function that has no `dry_run`.
pub fn refuse_read_only_always(function: &str) -> Result<(), Error> {
    refuse_read_only(function).map_err(|error| error.hint("Run it in a writable transaction on the primary."))
}

/// Raises 25006 in a read-only transaction. On a standby every transaction is read-only.
pub fn refuse_read_only(function: &str) -> Result<(), Error> {
    // SAFETY: plain reads of backend state.
    let (read_only, standby) = unsafe { (pg_sys::XactReadOnly, pg_sys::RecoveryInProgress()) };
    if !read_only && !standby {
        return Ok(());
    }
    let detail = if standby { "This server is a standby." } else { "The transaction is read-only." };
    Err(Error::new(
        PgSqlErrorCode::ERRCODE_READ_ONLY_SQL_TRANSACTION,
        format!("cannot execute {function} in a read-only transaction"),
    )
    .detail(detail)
    .hint(format!("Run {function} with dry_run => true here, or without it in a writable transaction on the primary.")))
}

pub fn is_standby() -> bool {
    // SAFETY: a plain read of backend state.
    unsafe { pg_sys::RecoveryInProgress() }
}

/// Returns the current user's name, or its OID if the role has been dropped, which does not end its
/// sessions.
pub fn current_user() -> String {
    let user = run_as::current();
    role::name(user).unwrap_or_else(|| user.to_u32().to_string())
}
