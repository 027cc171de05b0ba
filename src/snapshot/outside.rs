//! Reports tables outside a snapshot of one schema whose rows a query of its tables returns as
//! well.

use super::catalog::{self, text};
use crate::error::Error;
use crate::pg::names::QualifiedName;
use crate::report::wording::list;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::Oid;

const OUTSIDE: &str = include_str!("../../sql/queries/snapshot_outside.sql");

/// Returns the warning that partitions or inheriting tables lie in other schemas; `None` if none
/// do.
pub fn warning(schema: Oid) -> Result<Option<Error>, Error> {
    let outside = catalog::read(OUTSIDE, &[schema.into()], |row| {
        Ok(QualifiedName { schema: text(row, 1)?, name: text(row, 2)? }.quoted())
    })?;
    let names: Vec<&str> = outside.iter().map(String::as_str).collect();
    Ok((!names.is_empty()).then(|| {
        let message = "the snapshot lacks partitions or inheriting tables in other schemas";
        Error::new(PgSqlErrorCode::ERRCODE_WARNING, message)
            .detail(format!("{}.", list("It does not contain", &names)))
            .hint("Run db_snapshot() without a schema to include them.")
    }))
}
