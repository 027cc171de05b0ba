//! Checksums of tables: what they must not depend on, and what they must detect.
//!
//! `FLIGHTCHECK_CHECKSUM_CHANGES` sets the number of random changes and `FLIGHTCHECK_CHECKSUM_SEED`
//! the seed.

mod changes;
mod encodings;
mod golden;
mod memory;
mod order;
mod overloaded_function;
mod snapshot;

use postgres::{Client, Error};

/// The settings under which db_snapshot() formats values.
const CANONICAL: &str =
    "SET DateStyle = 'ISO, YMD'; SET TimeZone = 'UTC'; SET IntervalStyle = postgres; SET extra_float_digits = 1;
    SET bytea_output = hex; SET lc_monetary = 'C'; SET quote_all_identifiers = off";

/// Returns the sum of the rows' hashes; `columns` are the arguments.
fn checksum(client: &mut Client, columns: &str, table: &str) -> Result<String, Error> {
    text(client, &format!("SELECT coalesce(sum(db_row_hash({columns})), 0)::text FROM {table}"))
}

/// Returns the only value of a query, as text.
fn text(client: &mut Client, query: &str) -> Result<String, Error> {
    Ok(client.query_one(query, &[])?.get(0))
}
