//! Objects that are dropped between two looks at them.

use crate::error::Error;
use crate::pg::subtransaction;
use pgrx::PgSqlErrorCode;

/// Runs `work` in a subtransaction, and once more if an object may have been dropped since `work`
/// had looked it up: the second time, `work` does not find it any more.
pub fn look_twice<T>(work: impl Fn() -> Result<T, Error>) -> Result<T, Error> {
    match subtransaction::attempt(&work) {
        Err(error) if may_be_gone(&error) => subtransaction::attempt(&work),
        result => result,
    }
}

/// Whether an error is one that the server raises for an OID that is of no use any more.
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
