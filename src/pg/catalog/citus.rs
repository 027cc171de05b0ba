//! Recognizes tables that Citus has distributed.

use crate::error::Error;
use crate::pg::row::required;
use crate::pg::subtransaction;
use pgrx::Spi;
use pgrx::pg_sys::{self, Oid};

const DISTRIBUTED_TABLE: &str = include_str!("../../../sql/queries/citus_distributed_table.sql");

/// Whether Citus has distributed the table. Such a table is an empty shell on the coordinator, and
/// its rows are in other tables. Citus records these tables, reference tables included, in
/// `pg_catalog.pg_dist_partition`.
///
/// Locks: AccessShareLock on that catalog, released before it returns. Errors: 42501 if the current
/// user may not read it.
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

/// Returns why the rows in the table itself do not represent the table; `None` if they are all it
/// has.
///
/// Locks: as for `is_distributed`.
pub fn obstacle(relation: Oid) -> Option<String> {
    match is_distributed(relation) {
        Ok(false) => None,
        Ok(true) => Some("Citus has distributed the table: its rows are in other tables, on other nodes".to_owned()),
        Err(error) => Some(format!("could not determine whether Citus has distributed the table: {}", error.message)),
    }
}

fn is_installed() -> bool {
    let schema = Oid::from(pg_sys::PG_CATALOG_NAMESPACE);
    // SAFETY: looks the name up in the system cache; 0 if the relation does not exist.
    unsafe { pg_sys::get_relname_relid(c"pg_dist_partition".as_ptr(), schema) != pg_sys::InvalidOid }
}
