//! What the guard has found.

use super::reported::News;
use crate::error::Error;
use pgrx::pg_sys::Oid;

/// A table whose sequence will hand out ids that it has.
#[derive(Debug)]
pub struct Finding {
    /// The table at the top of its partitions.
    pub table: Oid,
    pub sequence: Oid,
    pub news: News,
    /// As it is told.
    pub error: Error,
}
