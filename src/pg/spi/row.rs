//! Reads rows that SPI returns.

use crate::error::Error;
use pgrx::spi::SpiHeapTupleData;
use pgrx::{FromDatum, IntoDatum, PgSqlErrorCode};

/// Returns a column that is never null.
pub fn required<T: FromDatum + IntoDatum>(row: &SpiHeapTupleData, ordinal: usize) -> Result<T, Error> {
    row.get::<T>(ordinal)?.ok_or_else(|| {
        Error::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, format!("column {ordinal} of a catalog query is null"))
    })
}
