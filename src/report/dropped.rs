//! Handles objects that are dropped while a report is being made.

use crate::error::Error;
use crate::pg::subtransaction;
use pgrx::PgSqlErrorCode;

/// Runs `work` in a subtransaction, and again if an object may have been dropped after `work` had
/// looked it up: the second time, `work` no longer finds it.
pub fn look_twice<T>(work: impl Fn() -> Result<T, Error>) -> Result<T, Error> {
    match subtransaction::attempt(&work) {
        Err(error) if may_be_gone(&error) => subtransaction::attempt(&work),
        result => result,
    }
}

/// Whether this is an error that the server raises for the OID of a dropped object.
fn may_be_gone(error: &Error) -> bool {
    matches!(
        error.sqlstate,
        PgSqlErrorCode::ERRCODE_UNDEFINED_TABLE
            | PgSqlErrorCode::ERRCODE_UNDEFINED_COLUMN
            | PgSqlErrorCode::ERRCODE_UNDEFINED_OBJECT
            | PgSqlErrorCode::ERRCODE_INVALID_SCHEMA_NAME
            // "could not open relation with OID", "cache lookup failed"
            | PgSqlErrorCode::ERRCODE_INTERNAL_ERROR
    )
}
