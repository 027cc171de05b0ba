//! Looks up the extension's schema and functions. The statements that the extension prints name the
//! schema, so that they can be pasted under any search_path.

use crate::error::Error;
use crate::pg::{kept_plan, names, subtransaction};
use pgrx::{PgSqlErrorCode, Spi, pg_sys};

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
