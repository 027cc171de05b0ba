//! Reads number columns without a default, and the evidence that a sequence's values go into them.

use super::column::AttrRef;
use crate::error::Error;
use crate::pg::lossy_text::RawText;
use crate::pg::row::required;
use pgrx::pg_sys::Oid;
use pgrx::spi::SpiClient;
use std::collections::{HashMap, HashSet};

const BARE_COLUMNS: &str = include_str!("../../sql/queries/number_columns_without_default.sql");

#[derive(Clone, Debug)]
pub struct BareColumn {
    pub attribute: i16,
    pub name: String,
    is_not_null: bool,
    /// Whether it is part of the primary key.
    is_key: bool,
    /// Whether a unique index is on only this column.
    is_unique: bool,
    /// Whether it is part of a foreign key: then its values come from the referenced table.
    refers: bool,
}

impl BareColumn {
    /// Whether the column may hold ids.
    pub fn is_plausible(&self) -> bool {
        (self.is_not_null || self.is_unique || self.is_key) && !self.refers
    }
}

/// The columns without a default of some tables.
#[derive(Default)]
pub struct BareColumns(HashMap<Oid, Vec<BareColumn>>);

impl BareColumns {
    /// Reads the columns of these tables that nothing is known to feed.
    pub fn read(client: &SpiClient<'_>, tables: Vec<Oid>, fed: &HashSet<AttrRef>) -> Result<BareColumns, Error> {
        let mut columns = BareColumns::default();
        if tables.is_empty() {
            return Ok(columns);
        }
        for row in client.select(BARE_COLUMNS, None, &[tables.into()])? {
            let (table, attribute) = (required(&row, 1)?, required(&row, 2)?);
            if fed.contains(&(table, attribute)) {
                continue;
            }
            columns.0.entry(table).or_default().push(BareColumn {
                attribute,
                name: required::<RawText>(&row, 3)?.text,
                is_not_null: required(&row, 4)?,
                is_key: required(&row, 5)?,
                is_unique: required(&row, 6)?,
                refers: required(&row, 7)?,
            });
        }
        Ok(columns)
    }

    pub fn of(&self, table: Oid) -> &[BareColumn] {
        self.0.get(&table).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns the column that holds the table's ids: the only column of the primary key that
    /// references no other table, or otherwise the only one that is unique and not null.
    pub fn key(&self, table: Oid) -> Option<&BareColumn> {
        let only = |is_wanted: &dyn Fn(&BareColumn) -> bool| {
            let mut wanted = self.of(table).iter().filter(|column| is_wanted(column) && !column.refers);
            wanted.next().filter(|_| wanted.next().is_none())
        };
        if self.of(table).iter().any(|column| column.is_key) {
            return only(&|column| column.is_key);
        }
        only(&|column| column.is_unique && column.is_not_null)
    }
}
