//! Rows that SPI returns.

use crate::fault::Fault;
use pgrx::spi::SpiHeapTupleData;
use pgrx::{FromDatum, IntoDatum, PgSqlErrorCode};

/// A column that is never null.
pub fn required<T: FromDatum + IntoDatum>(row: &SpiHeapTupleData, ordinal: usize) -> Result<T, Fault> {
    row.get::<T>(ordinal)?.ok_or_else(|| {
        Fault::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, format!("column {ordinal} of a catalog query is null"))
    })
}
