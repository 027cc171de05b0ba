//! Runs catalog queries and reads their rows. The names in them may be in another encoding than the
//! database's.

use crate::error::Error;
use crate::pg::lossy_text::RawText;
use crate::pg::names::{QualifiedName, quote_identifier};
use crate::pg::row::required;
use crate::pg::{kept_plan, memory, settings, subtransaction};
use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::PgOid;
use pgrx::spi::{SpiClient, SpiHeapTupleData, SpiTupleTable};
use pgrx::{FromDatum, IntoDatum, Spi};
use std::cell::Cell;

/// A row, which records whether all text read from it so far can be written in this database as it
/// is.
pub struct CatalogRow<'a, 'b> {
    row: &'a SpiHeapTupleData<'b>,
    is_exact: Cell<bool>,
}

/// Returns the rows of a query, converted by `make`. Takes AccessShareLock on catalogs, and
/// releases it before it returns. Names in the server's expressions have their schemas, except for
/// pg_catalog, whatever the caller's search_path.
pub fn read<T>(
    query: &str,
    arguments: &[DatumWithOid<'_>],
    make: impl Fn(&CatalogRow<'_, '_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    read_with(|client| Ok(client.select(query, None, arguments)?), make)
}

/// Does what `read` does, and keeps the query's plan for the session: for a query that one call
/// runs many times.
pub fn read_often<T>(
    query: &str,
    types: &[PgOid],
    arguments: &[DatumWithOid<'_>],
    make: impl Fn(&CatalogRow<'_, '_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    read_with(|client| kept_plan::select(client, query, types, arguments), make)
}

/// Returns the rows that `select` selects, converted by `make`.
fn read_with<T>(
    select: impl for<'a> FnOnce(&SpiClient<'a>) -> Result<SpiTupleTable<'a>, Error>,
    make: impl Fn(&CatalogRow<'_, '_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    subtransaction::discard(|| {
        settings::with_pinned_search_path(|| {
            Spi::connect(|client| {
                let rows = select(client)?;
                rows.map(|row| {
                    memory::require(0)?;
                    make(&CatalogRow { row: &row, is_exact: Cell::new(true) })
                })
                .collect()
            })
        })
    })
}

impl CatalogRow<'_, '_> {
    pub fn get<T: FromDatum + IntoDatum>(&self, ordinal: usize) -> Result<T, Error> {
        required(self.row, ordinal)
    }

    pub fn optional<T: FromDatum + IntoDatum>(&self, ordinal: usize) -> Result<Option<T>, Error> {
        Ok(self.row.get(ordinal)?)
    }

    /// Returns text that is never null.
    pub fn text(&self, ordinal: usize) -> Result<String, Error> {
        Ok(self.note(self.get(ordinal)?))
    }

    pub fn optional_text(&self, ordinal: usize) -> Result<Option<String>, Error> {
        Ok(self.optional::<RawText>(ordinal)?.map(|raw| self.note(raw)))
    }

    fn note(&self, raw: RawText) -> String {
        if !raw.is_exact {
            self.is_exact.set(false);
        }
        raw.text
    }

    /// Returns a name as SQL spells it.
    pub fn identifier(&self, ordinal: usize) -> Result<String, Error> {
        Ok(quote_identifier(&self.text(ordinal)?))
    }

    /// Returns a schema and, from the column after it, the name of an object in it.
    pub fn qualified_name(&self, schema: usize) -> Result<QualifiedName, Error> {
        Ok(QualifiedName { schema: self.text(schema)?, name: self.text(schema + 1)? })
    }

    /// Returns the qualified name as SQL spells it.
    pub fn qualified(&self, schema: usize) -> Result<String, Error> {
        Ok(self.qualified_name(schema)?.quoted())
    }

    /// Returns the names of objects: an array of schemas and, in the column after it, an array of
    /// the names in them. NULL is an empty array.
    pub fn qualified_names(&self, schemas: usize) -> Result<Vec<QualifiedName>, Error> {
        let (schemas, names) = (self.texts(schemas)?, self.texts(schemas + 1)?);
        Ok(schemas.into_iter().zip(names).map(|(schema, name)| QualifiedName { schema, name }).collect())
    }

    /// Returns an array of text; NULL is empty.
    pub fn texts(&self, ordinal: usize) -> Result<Vec<String>, Error> {
        let texts = self.optional::<Vec<RawText>>(ordinal)?.unwrap_or_default();
        Ok(texts.into_iter().map(|raw| self.note(raw)).collect())
    }

    /// Returns an array of text with nulls in it; NULL is empty.
    pub fn optional_texts(&self, ordinal: usize) -> Result<Vec<Option<String>>, Error> {
        let texts = self.optional::<Vec<Option<RawText>>>(ordinal)?.unwrap_or_default();
        Ok(texts.into_iter().map(|raw| raw.map(|raw| self.note(raw))).collect())
    }

    /// Whether all text read so far can be written in this database as it is.
    pub fn is_exact(&self) -> bool {
        self.is_exact.get()
    }

    /// Returns a statement that contains the names read so far; `None` if one of them cannot be
    /// written in this database.
    pub fn fix(&self, statement: impl Into<String>) -> Option<String> {
        self.is_exact().then(|| statement.into())
    }
}
