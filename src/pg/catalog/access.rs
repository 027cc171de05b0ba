//! Checks privileges, row security and whether the transaction is read-only.

use crate::error::Error;
use crate::pg::relation::Relation;
use crate::pg::{database, role, run_as};
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys;

/// Whether the role has the privilege on an object of this catalog. Until 16, each catalog has a
/// function of its own. The object is looked up in the system cache; a missing one raises an error.
macro_rules! holds {
    ($before_16:ident, $catalog:ident, $object:expr, $role:expr, $privilege:expr) => {{
        let mode = pg_sys::AclMode::from($privilege);
        // SAFETY: looks the object and the role up in the system cache.
        unsafe {
            #[cfg(not(since_16))]
            let result = pg_sys::$before_16($object, $role, mode);
            #[cfg(since_16)]
            let result = pg_sys::object_aclcheck(pg_sys::$catalog, $object, $role, mode);
            result == pg_sys::AclResult::ACLCHECK_OK
        }
    }};
}

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
    role_may_use_schema(run_as::current(), schema)
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

/// Whether the current user has the privileges of the database's owner.
pub fn owns_database() -> bool {
    let (database, user) = (database::current(), run_as::current());
    // SAFETY: looks the database up; it exists, since this session is connected to it.
    unsafe {
        #[cfg(not(since_16))]
        let owns = pg_sys::pg_database_ownercheck(database, user);
        #[cfg(since_16)]
        let owns = pg_sys::object_ownercheck(pg_sys::DatabaseRelationId, database, user);
        owns
    }
}

/// Predefined roles, with their OIDs in catalog/pg_authid.dat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PredefinedRole {
    ReadAllStats = 3375,
    SignalBackend = 4200,
}

/// Whether the current user has the privileges of the role.
pub fn has_role(role: PredefinedRole) -> bool {
    // SAFETY: looks the memberships up in the system cache.
    unsafe { pg_sys::has_privs_of_role(run_as::current(), pg_sys::Oid::from_u32(role as u32)) }
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

/// Whether the role has the privilege on the schema.
fn schema_privilege(role: pg_sys::Oid, schema: pg_sys::Oid, privilege: u32) -> bool {
    holds!(pg_namespace_aclcheck, NamespaceRelationId, schema, role, privilege)
}

/// Whether the role has USAGE on the schema.
pub fn role_may_use_schema(role: pg_sys::Oid, schema: pg_sys::Oid) -> bool {
    schema_privilege(role, schema, pg_sys::ACL_USAGE)
}

/// Whether the role has CREATE on the schema.
pub fn role_may_create_in(role: pg_sys::Oid, schema: pg_sys::Oid) -> bool {
    schema_privilege(role, schema, pg_sys::ACL_CREATE)
}

/// Whether the role may execute the function.
pub fn role_may_execute(role: pg_sys::Oid, function: pg_sys::Oid) -> bool {
    holds!(pg_proc_aclcheck, ProcedureRelationId, function, role, pg_sys::ACL_EXECUTE)
}

/// Whether the role has USAGE on the type, or on an array's element type.
pub fn role_may_use_type(role: pg_sys::Oid, type_: pg_sys::Oid) -> bool {
    holds!(pg_type_aclcheck, TypeRelationId, type_, role, pg_sys::ACL_USAGE)
}

/// Whether the role has CREATE on the current database.
pub fn role_may_create_in_database(role: pg_sys::Oid) -> bool {
    // SAFETY: a plain read of backend state.
    let database = unsafe { pg_sys::MyDatabaseId };
    holds!(pg_database_aclcheck, DatabaseRelationId, database, role, pg_sys::ACL_CREATE)
}

/// Whether the role has the privileges of the owner, as the server's ownership checks ask.
pub fn role_acts_as(role: pg_sys::Oid, owner: pg_sys::Oid) -> bool {
    // SAFETY: looks roles up in the system cache.
    unsafe { pg_sys::has_privs_of_role(role, owner) }
}

/// Whether the role is a superuser.
pub fn is_superuser(role: pg_sys::Oid) -> bool {
    // SAFETY: looks the role up in the system cache.
    unsafe { pg_sys::superuser_arg(role) }
}

/// Whether the role may SET ROLE to the other one, which is also what giving it an object requires.
pub fn role_can_become(role: pg_sys::Oid, other: pg_sys::Oid) -> bool {
    // SAFETY: looks roles up in the system cache.
    unsafe {
        #[cfg(not(since_16))]
        let can = pg_sys::is_member_of_role(role, other);
        #[cfg(since_16)]
        let can = pg_sys::member_can_set_role(role, other);
        can
    }
}

/// Whether the role is a member of the other, which it is of itself, by grants.
pub fn is_member_of(role: pg_sys::Oid, other: pg_sys::Oid) -> bool {
    // SAFETY: looks roles up in the system cache.
    unsafe { pg_sys::is_member_of_role_nosuper(role, other) }
}

/// Whether the role may grant memberships of the other one: it has the admin option, or before 16
/// CREATEROLE.
pub fn is_admin_of(role: pg_sys::Oid, other: pg_sys::Oid) -> bool {
    // SAFETY: looks roles up in the system cache.
    unsafe {
        let is_admin = role != other && pg_sys::is_admin_of_role(role, other);
        #[cfg(not(since_16))]
        let is_admin = is_admin || pg_sys::has_createrole_privilege(role);
        is_admin
    }
}

/// Whether the role has UPDATE on the sequence, or USAGE where that suffices.
pub fn role_may_advance(role: pg_sys::Oid, sequence: pg_sys::Oid, usage_suffices: bool) -> bool {
    let usage = if usage_suffices { pg_sys::ACL_USAGE } else { 0 };
    let mode = pg_sys::AclMode::from(pg_sys::ACL_UPDATE | usage);
    // SAFETY: looks the sequence up in the system cache; a missing one raises an error.
    unsafe { pg_sys::pg_class_aclcheck(sequence, role, mode) == pg_sys::AclResult::ACLCHECK_OK }
}

/// Whether the role has SELECT on the whole table.
pub fn role_may_select(role: pg_sys::Oid, table: pg_sys::Oid) -> bool {
    let mode = pg_sys::AclMode::from(pg_sys::ACL_SELECT);
    // SAFETY: looks the table up in the system cache; a missing one raises an error.
    unsafe { pg_sys::pg_class_aclcheck(table, role, mode) == pg_sys::AclResult::ACLCHECK_OK }
}

/// Whether the role has REFERENCES on the columns.
pub fn role_may_reference(role: pg_sys::Oid, table: pg_sys::Oid, columns: &[i16]) -> bool {
    let mode = pg_sys::AclMode::from(pg_sys::ACL_REFERENCES);
    // SAFETY: looks the table and its columns up in the system cache; a missing one raises an
    // error.
    unsafe {
        pg_sys::pg_class_aclcheck(table, role, mode) == pg_sys::AclResult::ACLCHECK_OK
            || columns.iter().all(|column| {
                pg_sys::pg_attribute_aclcheck(table, *column, role, mode) == pg_sys::AclResult::ACLCHECK_OK
            })
    }
}

/// Whether the role has the privilege on the table, by the bits of `AclMode`.
pub fn role_may_write(role: pg_sys::Oid, table: pg_sys::Oid, privilege: Write) -> bool {
    let bits = match privilege {
        Write::Truncate => pg_sys::ACL_TRUNCATE,
        Write::Any => pg_sys::ACL_UPDATE | pg_sys::ACL_DELETE | pg_sys::ACL_TRUNCATE,
        Write::Trigger => pg_sys::ACL_TRIGGER,
    };
    // SAFETY: looks the table up in the system cache; a missing one raises an error.
    unsafe { pg_sys::pg_class_aclcheck(table, role, pg_sys::AclMode::from(bits)) == pg_sys::AclResult::ACLCHECK_OK }
}

/// A privilege on a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// UPDATE, DELETE or TRUNCATE.
    Any,
    Truncate,
    Trigger,
}

/// Whether calling the function runs only code that this role or a superuser answers for.
pub fn is_trusted_function(function: pg_sys::Oid, role: pg_sys::Oid) -> bool {
    if function.to_u32() < crate::pg::names::FIRST_USER_OID {
        return true;
    }
    let cache = pg_sys::SysCacheIdentifier::PROCOID as i32;
    // SAFETY: the tuple is released after its owner has been read.
    let owner = unsafe {
        let tuple = pg_sys::SearchSysCache1(cache, pg_sys::Datum::from(function));
        if tuple.is_null() {
            return false;
        }
        let owner = (*pg_sys::GETSTRUCT(tuple).cast::<pg_sys::FormData_pg_proc>()).proowner;
        pg_sys::ReleaseSysCache(tuple);
        owner
    };
    owner == role || is_superuser(owner)
}

/// Whether checking a value of the type runs only code that this role or a superuser answers for.
pub fn is_trusted_type(type_: pg_sys::Oid, role: pg_sys::Oid) -> bool {
    // SAFETY: the tuple is released after its owner has been read.
    let owner = unsafe {
        let tuple = pg_sys::SearchSysCache1(pg_sys::SysCacheIdentifier::TYPEOID as i32, pg_sys::Datum::from(type_));
        if tuple.is_null() {
            return false;
        }
        let owner = (*pg_sys::GETSTRUCT(tuple).cast::<pg_sys::FormData_pg_type>()).typowner;
        pg_sys::ReleaseSysCache(tuple);
        owner
    };
    owner == role || is_superuser(owner)
}

/// Returns a function's name with its arguments.
pub fn function_name(function: pg_sys::Oid) -> String {
    // SAFETY: returns a palloc'd C string, with the OID of a function that does not exist.
    let name = unsafe { std::ffi::CStr::from_ptr(pg_sys::format_procedure_qualified(function)) };
    crate::pg::encoded_text::decode(name.to_bytes())
}

/// Whether the role may grant any privilege on the table or sequence.
pub fn has_any_grant_option(role: pg_sys::Oid, relation: pg_sys::Oid) -> bool {
    let all = pg_sys::ACL_ALL_RIGHTS_RELATION | pg_sys::ACL_ALL_RIGHTS_SEQUENCE;
    // ACL_GRANT_OPTION_FOR in utils/acl.h.
    let mode = pg_sys::AclMode::from(all) << if cfg!(since_16) { 32 } else { 16 };
    // SAFETY: looks the relation up in the system cache; a missing one raises an error.
    unsafe { pg_sys::pg_class_aclmask(relation, role, mode, pg_sys::AclMaskHow::ACLMASK_ANY) != 0 }
}

/// Whether row security hides rows of the table from the role.
pub fn row_security_binds(table: pg_sys::Oid, role: pg_sys::Oid) -> bool {
    // SAFETY: as in `is_row_security_on`.
    unsafe { pg_sys::check_enable_rls(table, role, true) == pg_sys::CheckEnableRlsResult::RLS_ENABLED as i32 }
}

/// Whether the role has the attribute CREATEROLE.
pub fn may_create_roles(role: pg_sys::Oid) -> bool {
    // SAFETY: looks the role up in the system cache.
    unsafe { pg_sys::has_createrole_privilege(role) }
}

/// Whether row security does not bind the role in any table.
pub fn bypasses_row_security(role: pg_sys::Oid) -> bool {
    // SAFETY: looks the role up in the system cache.
    unsafe { pg_sys::has_bypassrls_privilege(role) }
}
