//! Defines what the guard can find.

use super::throttle::Extent;
use crate::error::Error;
use pgrx::pg_sys::Oid;

/// A table that holds ids which its sequence has yet to generate.
#[derive(Debug)]
pub struct Finding {
    /// The topmost table, if the ids are in a partition.
    pub table: Oid,
    pub sequence: Oid,
    pub extent: Extent,
    /// The warning or error that reports the finding.
    pub error: Error,
}
