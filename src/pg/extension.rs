//! Where the extension's functions live, so that statements it prints can be pasted under any search_path.

use super::{kept_plan, names, subtransaction};
use crate::fault::Fault;
use pgrx::{PgSqlErrorCode, Spi, pg_sys};

const SCHEMA: &str = include_str!("../../sql/queries/extension_schema.sql");

/// The extension's schema, quoted.
pub fn quoted_schema() -> Result<String, Fault> {
    let schema = subtransaction::discard(|| {
        Spi::connect(|client| Ok(kept_plan::select(client, SCHEMA, &[], &[])?.first().get_one::<String>()?))
    })?;
    let missing =
        || Fault::new(PgSqlErrorCode::ERRCODE_UNDEFINED_OBJECT, "extension \"pg_flightcheck\" is not installed");
    Ok(names::quote_identifier(&schema.ok_or_else(missing)?))
}

/// Whether the relation belongs to an extension.
pub fn has_relation(relation: pg_sys::Oid) -> bool {
    // SAFETY: looks the relation up in pg_depend; 0 if no extension has it.
    unsafe { pg_sys::getExtensionOfObject(pg_sys::RelationRelationId, relation) != pg_sys::InvalidOid }
}

/// Whether the function is still in that schema, and the extension's.
pub fn has_function(function: pg_sys::Oid, schema: pg_sys::Oid) -> bool {
    // SAFETY: looks the function up in the system cache and in pg_depend; 0 if it is gone, or if no extension has it.
    unsafe {
        let extension = pg_sys::get_extension_oid(c"pg_flightcheck".as_ptr(), true);
        pg_sys::get_func_namespace(function) == schema
            && extension != pg_sys::InvalidOid
            && pg_sys::getExtensionOfObject(pg_sys::ProcedureRelationId, function) == extension
    }
}
