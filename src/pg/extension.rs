//! Where the extension's functions live, so that statements it prints can be pasted under any search_path.

use super::{names, subtransaction};
use crate::fault::Fault;
use pgrx::{PgSqlErrorCode, Spi};

const SCHEMA: &str = include_str!("../../sql/queries/extension_schema.sql");

/// The extension's schema, quoted.
pub fn quoted_schema() -> Result<String, Fault> {
    let schema = subtransaction::discard(|| {
        Spi::connect(|client| Ok(client.select(SCHEMA, None, &[])?.first().get_one::<String>()?))
    })?;
    let missing =
        || Fault::new(PgSqlErrorCode::ERRCODE_UNDEFINED_OBJECT, "extension \"pg_flightcheck\" is not installed");
    Ok(names::quote_identifier(&schema.ok_or_else(missing)?))
}
