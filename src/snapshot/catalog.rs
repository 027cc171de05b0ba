//! Reads the catalogs as of the calling statement.
//!
//! Locks: AccessShareLock on catalogs, released before each function returns. No user table is
//! read.

use super::model::{RelationName, Schema};
use crate::error::Error;
use crate::pg::encoded_text::ServerText;
use crate::pg::row::required;
use crate::pg::{memory, schemas, settings, subtransaction};
use pgrx::Spi;
use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::Oid;
use pgrx::spi::SpiHeapTupleData;
use std::collections::HashMap;

const SCHEMAS: &str = include_str!("../../sql/queries/snapshot_schemas.sql");

/// Returns the rows of a query, each as `read_object` reads it. The server prints expressions and
/// names in them with every schema except pg_catalog, and independent of the session's settings.
pub fn read<T>(
    query: &str,
    arguments: &[DatumWithOid<'_>],
    read_object: impl Fn(&SpiHeapTupleData<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    subtransaction::discard_with_statement_snapshot(|| {
        settings::with_canonical_output(|| {
            settings::without_jit(|| {
                Spi::connect(|client| {
                    let rows = client.select(query, None, arguments)?;
                    rows.map(|row| memory::require(0).and_then(|()| read_object(&row))).collect()
                })
            })
        })
    })
}

/// Returns a text that is never null.
pub fn text(row: &SpiHeapTupleData<'_>, ordinal: usize) -> Result<String, Error> {
    Ok(required::<ServerText>(row, ordinal)?.0)
}

/// Returns a text, or `None` if it is null.
pub fn optional_text(row: &SpiHeapTupleData<'_>, ordinal: usize) -> Result<Option<String>, Error> {
    Ok(row.get::<ServerText>(ordinal)?.map(|text| text.0))
}

/// Returns a schema and, from the column after it, the name of a relation in it; `None` if it is
/// null.
pub fn relation_name(row: &SpiHeapTupleData<'_>, schema: usize) -> Result<Option<RelationName>, Error> {
    let (schema, name) = (optional_text(row, schema)?, optional_text(row, schema + 1)?);
    Ok(schema.zip(name).map(|(schema, name)| RelationName { schema, name }))
}

/// Returns an array of text; NULL becomes an empty one.
pub fn texts(row: &SpiHeapTupleData<'_>, ordinal: usize) -> Result<Vec<String>, Error> {
    let texts = row.get::<Vec<ServerText>>(ordinal)?.unwrap_or_default();
    Ok(texts.into_iter().map(|text| text.0).collect())
}

/// Returns a `"char"`.
pub fn letter(row: &SpiHeapTupleData<'_>, ordinal: usize) -> Result<u8, Error> {
    required::<i8>(row, ordinal).map(i8::cast_unsigned)
}

/// Returns schema `named`, or all, by OID, with their names and nothing in them yet. System schemas
/// are left out, and so is, unless it is named, a schema that an extension created and only
/// extensions use.
pub fn schemas(named: Option<Oid>) -> Result<HashMap<Oid, (String, Schema)>, Error> {
    let users = subtransaction::discard_with_statement_snapshot(|| Spi::connect(schemas::of_users))?;
    let users = users.into_iter().map(|(oid, _)| oid).filter(|oid| named.is_none_or(|named| *oid == named));
    let rows = read(SCHEMAS, &[users.collect::<Vec<Oid>>().into(), named.is_some().into()], |row| {
        Ok((required(row, 1)?, (text(row, 2)?, Schema { owner: text(row, 3)?, ..Schema::default() })))
    })?;
    Ok(rows.into_iter().collect())
}
