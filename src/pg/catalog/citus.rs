//! Tables that Citus has distributed.

use crate::error::Error;
use crate::pg::row::required;
use crate::pg::subtransaction;
use pgrx::Spi;
use pgrx::pg_sys::{self, Oid};

const DISTRIBUTED_TABLE: &str = include_str!("../../../sql/queries/citus_distributed_table.sql");

/// Whether the table is distributed: an empty shell on the coordinator, with its rows in other tables. Citus records them in
/// `pg_catalog.pg_dist_partition`, reference tables included.
///
/// Locks: AccessShareLock on that catalog, released before it returns. Errors: 42501 if the current user may not read it.
fn is_distributed(relation: Oid) -> Result<bool, Error> {
    if !is_installed() {
        return Ok(false);
    }
    subtransaction::discard(|| {
        Spi::connect(|client| {
            let mut rows = client.select(DISTRIBUTED_TABLE, None, &[relation.into()])?;
            rows.next().map_or(Ok(false), |row| required(&row, 1))
        })
    })
}

/// Why the rows that are in the table itself say nothing about the table; `None` if they are all it has.
///
/// Locks: as `is_distributed`.
pub fn obstacle(relation: Oid) -> Option<String> {
    match is_distributed(relation) {
        Ok(false) => None,
        Ok(true) => Some("Citus has distributed the table: its rows are in other tables, on other nodes".to_owned()),
        Err(error) => Some(format!("could not determine whether Citus has distributed the table: {}", error.message)),
    }
}

fn is_installed() -> bool {
    let schema = Oid::from(pg_sys::PG_CATALOG_NAMESPACE);
    // SAFETY: looks the name up in the system cache; 0 if there is no such relation.
    unsafe { pg_sys::get_relname_relid(c"pg_dist_partition".as_ptr(), schema) != pg_sys::InvalidOid }
}
