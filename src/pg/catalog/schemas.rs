//! Looks up schemas by name, lists those that do not belong to the system, and recognizes temporary
//! ones.

use crate::error::Error;
use crate::pg::encoded_text;
use crate::pg::lossy_text::RawText;
use crate::pg::row::required;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, Oid};
use pgrx::spi::SpiClient;
use std::ffi::CString;

const USER_SCHEMAS: &str = include_str!("../../../sql/queries/user_schemas.sql");

/// Returns the schemas that do not belong to the system. Queries take them as an array, so that
/// only user_schemas.sql has to recognize the system's schemas.
///
/// Locks: AccessShareLock on catalogs, held by the caller's transaction or subtransaction.
pub fn of_users(client: &SpiClient<'_>) -> Result<Vec<(Oid, RawText)>, Error> {
    client.select(USER_SCHEMAS, None, &[])?.map(|row| Ok((required(&row, 1)?, required(&row, 2)?))).collect()
}

/// Returns the schema with exactly this name, `pg_temp` for this session's temporary one; 3F000 if
/// it does not exist.
pub fn find(name: &str) -> Result<Oid, Error> {
    let c_name = CString::new(name).map_err(|_| missing(name))?;
    // SAFETY: looks the name up in the system cache; `true` makes the result 0, not an error, if
    // the schema is missing. Only the first function accepts pg_temp. Only the second works without
    // USAGE on the schema, and any role may read the names in pg_namespace.
    let oid = unsafe {
        match name {
            "pg_temp" => pg_sys::LookupExplicitNamespace(c_name.as_ptr(), true),
            _ => pg_sys::get_namespace_oid(c_name.as_ptr(), true),
        }
    };
    if oid == pg_sys::InvalidOid {
        return Err(missing(name));
    }
    Ok(oid)
}

/// Does what `find` does, except for `pg_temp`, for a name that `encoded_text` read.
pub fn find_text(name: &str) -> Result<Oid, Error> {
    // SAFETY: looks the name up in the system cache; `true` makes the result 0, not an error, if
    // the schema is missing.
    let find = |name: CString| unsafe { pg_sys::get_namespace_oid(name.as_ptr(), true) };
    let oid = encoded_text::encode_c(name).map_or(pg_sys::InvalidOid, find);
    if oid == pg_sys::InvalidOid { Err(missing(name)) } else { Ok(oid) }
}

/// Whether the schema has no relation with this name. Never for `pg_temp`, which is another schema
/// in each session. Takes no lock.
pub fn lacks_relation(schema: &str, name: &str) -> bool {
    let (Some(encoded), Some(name)) = (encoded_text::encode_c(schema), encoded_text::encode_c(name)) else {
        return false;
    };
    // SAFETY: looks both up in the system cache; 0 if one does not exist.
    unsafe {
        let oid = pg_sys::get_namespace_oid(encoded.as_ptr(), true);
        let is_there = || pg_sys::get_relname_relid(name.as_ptr(), oid) != pg_sys::InvalidOid;
        schema != "pg_temp" && (oid == pg_sys::InvalidOid || !is_there())
    }
}

/// Returns the relation with this name in the schema, both as `encoded_text` read them; `None` if
/// one of them does not exist. Never for `pg_temp`. Takes no lock.
pub fn find_relation(schema: &str, name: &str) -> Option<Oid> {
    let schema = find_text(schema).ok()?;
    let name = encoded_text::encode_c(name)?;
    // SAFETY: looks the name up in the system cache; 0 if it does not exist.
    let oid = unsafe { pg_sys::get_relname_relid(name.as_ptr(), schema) };
    (oid != pg_sys::InvalidOid).then_some(oid)
}

fn missing(name: &str) -> Error {
    Error::new(PgSqlErrorCode::ERRCODE_INVALID_SCHEMA_NAME, format!("schema \"{name}\" does not exist"))
        .hint("Schema names are case-sensitive here. List them with \\dn in psql.")
}

/// Whether the schema holds another session's temporary tables.
pub fn is_other_temp(schema: Oid) -> bool {
    // SAFETY: looks the schema's name up in the system cache.
    unsafe { pg_sys::isOtherTempNamespace(schema) }
}

/// Whether the relation is in a temporary schema, of this session or another. A relation that does
/// not exist is not.
pub fn is_temporary(relation: Oid) -> bool {
    // SAFETY: looks the relation and its schema's name up in the system cache; a missing schema is
    // not temporary.
    unsafe { pg_sys::isAnyTempNamespace(pg_sys::get_rel_namespace(relation)) }
}
