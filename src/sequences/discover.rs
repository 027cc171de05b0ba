//! Reads from the catalogs which column draws from which sequence.
//!
//! Locks: AccessShareLock on catalogs, given back before it returns. No user table is touched.

use super::links::{Column, Kind, Link, Links, Sequence, Source};
use super::position::Definition;
use crate::fault::Fault;
use crate::pg::subtransaction;
use pgrx::pg_sys::Oid;
use pgrx::spi::{Spi, SpiHeapTupleData};
use pgrx::{FromDatum, IntoDatum};
use std::collections::{HashMap, HashSet};

const SPECIAL_LINKS: &str = include_str!("../../sql/queries/special_links.sql");
const SEQUENCES: &str = include_str!("../../sql/queries/sequences.sql");
const SEQUENCE_LINKS: &str = concat!(
    include_str!("../../sql/queries/usable_index.sql"),
    include_str!("../../sql/queries/sequence_links.sql")
);

/// All links of the database, whatever the schema: sequences may be shared across schemas.
pub fn discover() -> Result<Links, Fault> {
    subtransaction::discard(|| {
        let sequences = sequences()?;
        let rows = link_rows()?;
        let owners: HashSet<(Oid, Oid, i16)> = rows.iter().filter(|row| row.source == 'a').filter_map(Row::key).collect();
        let drawn: HashSet<(Oid, Oid, i16)> = rows.iter().filter(|row| row.source != 'a').filter_map(Row::key).collect();
        let links = rows
            .into_iter()
            .filter(|row| row.source != 'a' || row.key().is_none_or(|key| !drawn.contains(&key)))
            .map(|row| row.into_link(&owners, &sequences))
            .collect();
        Ok(Links { links, sequences })
    })
}

/// One row of sequence_links.sql.
struct Row {
    sequence: Option<Oid>,
    by_name: Option<String>,
    source: char,
    is_plain: bool,
    identity: char,
    column: Column,
}

impl Row {
    fn key(&self) -> Option<(Oid, Oid, i16)> {
        self.sequence.map(|sequence| (sequence, self.column.relation, self.column.attribute))
    }

    fn into_link(self, owners: &HashSet<(Oid, Oid, i16)>, sequences: &HashMap<Oid, Sequence>) -> Link {
        let kind = match self.source {
            'a' => Kind::Owned,
            'i' | 'p' if self.identity == 'a' => Kind::IdentityAlways,
            'i' | 'p' => Kind::IdentityByDefault,
            't' => Kind::DomainDefault,
            _ if self.sequence.is_none() => Kind::DefaultByName,
            _ if self.key().is_some_and(|key| owners.contains(&key)) => Kind::Serial,
            _ => Kind::Default,
        };
        let source = match (self.sequence, self.by_name) {
            (Some(oid), _) => Source::Known(oid),
            (None, Some(text)) => Links::resolve(sequences, &text.replace("''", "'")),
            (None, None) => Source::Unresolved("the default works out the sequence's name as it runs".to_owned()),
        };
        Link { column: self.column, source, kind, is_plain: self.is_plain }
    }
}

fn sequences() -> Result<HashMap<Oid, Sequence>, Fault> {
    Spi::connect(|client| {
        let table = client.select(SEQUENCES, None, &[])?;
        let mut sequences = HashMap::with_capacity(table.len());
        for row in table {
            let oid: Oid = required(&row, 1)?;
            let definition = Definition {
                increment: required(&row, 7)?,
                min: required(&row, 8)?,
                max: required(&row, 9)?,
                cache: required(&row, 10)?,
                cycle: required(&row, 11)?,
            };
            let sequence = Sequence {
                oid,
                schema: required(&row, 2)?,
                name: required(&row, 3)?,
                persistence: character(&row, 4)?,
                namespace: required(&row, 5)?,
                data_type: required(&row, 6)?,
                definition,
            };
            sequences.insert(oid, sequence);
        }
        Ok(sequences)
    })
}

fn link_rows() -> Result<Vec<Row>, Fault> {
    Spi::connect(|client| {
        let special = client.select(SPECIAL_LINKS, None, &[])?.first();
        let (domain_defaults, identity_partitions) = special.get_two::<bool, bool>()?;
        let arguments = [domain_defaults.unwrap_or(true).into(), identity_partitions.unwrap_or(true).into()];
        client.select(SEQUENCE_LINKS, None, &arguments)?.map(|row| link_row(&row)).collect()
    })
}

fn link_row(row: &SpiHeapTupleData) -> Result<Row, Fault> {
    let column = Column {
        relation: required(row, 5)?,
        schema: required(row, 6)?,
        table: required(row, 7)?,
        kind: character(row, 8)?,
        persistence: character(row, 9)?,
        root: row.get(22)?,
        namespace: required(row, 11)?,
        access_method: required(row, 12)?,
        pages: required(row, 13)?,
        attribute: required(row, 14)?,
        name: required(row, 15)?,
        type_oid: required(row, 16)?,
        type_modifier: required(row, 17)?,
        has_default: required(row, 19)?,
        index: row.get(20)?,
        is_unique: required(row, 21)?,
    };
    Ok(Row {
        sequence: row.get(1)?,
        by_name: row.get(2)?,
        source: character(row, 3)?,
        is_plain: required(row, 4)?,
        identity: character(row, 18)?,
        column,
    })
}

/// A column that the query never leaves NULL.
pub(super) fn required<T: FromDatum + IntoDatum>(row: &SpiHeapTupleData, ordinal: usize) -> Result<T, Fault> {
    row.get::<T>(ordinal)?.ok_or_else(|| {
        Fault::new(pgrx::PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, format!("column {ordinal} of a catalog query is null"))
    })
}

/// A `"char"` that the query casts to text; a space where it is empty.
pub(super) fn character(row: &SpiHeapTupleData, ordinal: usize) -> Result<char, Fault> {
    Ok(required::<String>(row, ordinal)?.chars().next().unwrap_or(' '))
}
