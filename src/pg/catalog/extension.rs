//! Looks up the extension's schema and functions. The statements that the extension prints name the
//! schema, so that they can be pasted under any search_path.

use crate::error::Error;
use crate::pg::{catalog_scan, kept_plan, names, subtransaction};
use pgrx::pg_sys::{self, Oid};
use pgrx::{PgSqlErrorCode, Spi};

const SCHEMA: &str = include_str!("../../../sql/queries/extension_schema.sql");

/// Returns the extension's schema, quoted.
pub fn quoted_schema() -> Result<String, Error> {
    let schema = subtransaction::discard(|| {
        Spi::connect(|client| Ok(kept_plan::select(client, SCHEMA, &[], &[])?.first().get_one::<String>()?))
    })?;
    let missing =
        || Error::new(PgSqlErrorCode::ERRCODE_UNDEFINED_OBJECT, "extension \"pg_flightcheck\" is not installed");
    Ok(names::quote_identifier(&schema.ok_or_else(missing)?))
}

/// Returns 55000 unless the extension has the library's version in this database. They differ if
/// new files were installed and ALTER EXTENSION has not been run, or if the session loaded the
/// library before that.
pub fn check_version() -> Result<(), Error> {
    const OWN: &str = env!("CARGO_PKG_VERSION");
    match version() {
        // A script of CREATE EXTENSION or ALTER EXTENSION runs with the versions in between.
        Some(version) if version != OWN && !is_being_created() => Err(differs(&version, OWN)),
        _ => Ok(()),
    }
}

/// Returns the version in this database, as `pg_extension.extversion` has it; `None` if a superuser
/// has created the functions without the extension.
fn version() -> Option<String> {
    /// The number of the column in pg_extension.
    const EXTVERSION: i16 = 6;
    // SAFETY: looks the name up; 0 if there is no such extension.
    let extension = unsafe { pg_sys::get_extension_oid(c"pg_flightcheck".as_ptr(), true) };
    let (catalog, index) = (pg_sys::ExtensionRelationId, Oid::from(pg_sys::ExtensionOidIndexId));
    let mut versions = catalog_scan::rows(catalog, index, &[(1, extension)], |row| row.text(EXTVERSION));
    versions.pop()
}

fn differs(version: &str, own: &str) -> Error {
    let is_older = numbers(version).zip(numbers(own)).is_some_and(|(version, own)| version < own);
    let hint = if is_older {
        "Run: ALTER EXTENSION pg_flightcheck UPDATE;"
    } else {
        "Reconnect, so that the session loads the installed library. If the error remains, install the extension's \
         version on the server."
    };
    let version = version.escape_debug();
    let message = format!("extension \"pg_flightcheck\" has version {version}, but the library has version {own}");
    Error::new(PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, message).hint(hint)
}

/// Returns the parts of a version; `None` if one is not a number.
fn numbers(version: &str) -> Option<Vec<u64>> {
    version.split('.').map(|part| part.parse().ok()).collect()
}

/// Whether the running command is part of CREATE EXTENSION or ALTER EXTENSION … UPDATE.
pub fn is_being_created() -> bool {
    // SAFETY: a plain read of backend state.
    unsafe { pg_sys::creating_extension }
}

/// Whether the relation belongs to an extension.
pub fn has_relation(relation: pg_sys::Oid) -> bool {
    // SAFETY: looks the relation up in pg_depend; 0 if it does not belong to an extension.
    unsafe { pg_sys::getExtensionOfObject(pg_sys::RelationRelationId, relation) != pg_sys::InvalidOid }
}

/// Whether the function belongs to this extension.
pub fn has_function(function: pg_sys::Oid) -> bool {
    // SAFETY: looks the function up in pg_depend; 0 if it does not belong to an extension.
    unsafe {
        let extension = pg_sys::get_extension_oid(c"pg_flightcheck".as_ptr(), true);
        extension != pg_sys::InvalidOid
            && pg_sys::getExtensionOfObject(pg_sys::ProcedureRelationId, function) == extension
    }
}

/// Whether the functions are still in that schema, and the first of them still belongs to the
/// extension.
pub fn has_functions(functions: &[pg_sys::Oid], schema: pg_sys::Oid) -> bool {
    // SAFETY: looks the functions up in the system cache, and the first one in pg_depend as well; 0
    // if it no longer exists or does not belong to an extension.
    unsafe {
        let extension = pg_sys::get_extension_oid(c"pg_flightcheck".as_ptr(), true);
        let owner = |function: &pg_sys::Oid| pg_sys::getExtensionOfObject(pg_sys::ProcedureRelationId, *function);
        extension != pg_sys::InvalidOid
            && functions.iter().all(|function| pg_sys::get_func_namespace(*function) == schema)
            && functions.first().is_some_and(|function| owner(function) == extension)
    }
}
