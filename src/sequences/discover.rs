//! Reads from the catalogs which column draws from which sequence.
//!
//! Locks: AccessShareLock on catalogs, given back before it returns. No user table is touched.

use super::default_tree::is_plain_nextval;
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
const SEQUENCE_LINKS: &str = include_str!("../../sql/queries/sequence_links.sql");
const LINKED_COLUMNS: &str = concat!(
    include_str!("../../sql/queries/usable_index.sql"),
    include_str!("../../sql/queries/linked_columns.sql")
);

/// A column of a table.
type Place = (Oid, i16);

/// All links of the database, whatever the schema: sequences may be shared across schemas.
pub fn discover() -> Result<Links, Fault> {
    subtransaction::discard(|| {
        let sequences = sequences()?;
        let rows = link_rows()?;
        let columns = columns(&rows)?;
        let owned: HashSet<(Oid, Place)> = rows.iter().filter(|row| row.source == 'a').filter_map(Row::key).collect();
        let drawn: HashSet<(Oid, Place)> = rows.iter().filter(|row| row.source != 'a').filter_map(Row::key).collect();
        let links = rows
            .into_iter()
            .filter(|row| row.source != 'a' || row.key().is_none_or(|key| !drawn.contains(&key)))
            .filter_map(|row| {
                let (column, identity) = columns.get(&row.place)?;
                Some(row.into_link(column.clone(), *identity, &owned, &sequences))
            })
            .collect();
        Ok(Links { links, sequences })
    })
}

/// One row of sequence_links.sql.
struct Row {
    sequence: Option<Oid>,
    place: Place,
    source: char,
    is_plain: bool,
    by_name: Option<String>,
}

impl Row {
    fn key(&self) -> Option<(Oid, Place)> {
        self.sequence.map(|sequence| (sequence, self.place))
    }

    fn into_link(
        self,
        column: Column,
        identity: char,
        owned: &HashSet<(Oid, Place)>,
        sequences: &HashMap<Oid, Sequence>,
    ) -> Link {
        let kind = match self.source {
            'a' => Kind::Owned,
            'i' | 'p' if identity == 'a' => Kind::IdentityAlways,
            'i' | 'p' => Kind::IdentityByDefault,
            't' => Kind::DomainDefault,
            _ if self.sequence.is_none() => Kind::DefaultByName,
            _ if self.key().is_some_and(|key| owned.contains(&key)) => Kind::Serial,
            _ => Kind::Default,
        };
        let source = match (self.sequence, self.by_name) {
            (Some(oid), _) => Source::Known(oid),
            (None, Some(text)) => Links::resolve(sequences, &text.replace("''", "'")),
            (None, None) => Source::Unresolved("the default works out the sequence's name as it runs".to_owned()),
        };
        Link { column, source, kind, is_plain: self.is_plain }
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
    Ok(Row {
        sequence: row.get(1)?,
        place: (required(row, 2)?, required(row, 3)?),
        source: character(row, 4)?,
        // Without an expression the column owns the sequence: what identity draws goes in as it is.
        is_plain: row.get::<&str>(5)?.is_none_or(is_plain_nextval),
        by_name: row.get(6)?,
    })
}

/// The columns the links are about, each with `pg_attribute.attidentity`.
fn columns(rows: &[Row]) -> Result<HashMap<Place, (Column, char)>, Fault> {
    let places: HashSet<Place> = rows.iter().map(|row| row.place).collect();
    let (relations, attributes): (Vec<Oid>, Vec<i16>) = places.into_iter().unzip();
    let domain_defaults: HashSet<Place> = rows.iter().filter(|row| row.source == 't').map(|row| row.place).collect();
    Spi::connect(|client| {
        let arguments = [relations.into(), attributes.into()];
        client
            .select(LINKED_COLUMNS, None, &arguments)?
            .map(|row| {
                let mut column = column(&row)?;
                let place = (column.relation, column.attribute);
                column.has_default |= domain_defaults.contains(&place);
                Ok((place, (column, character(&row, 14)?)))
            })
            .collect()
    })
}

fn column(row: &SpiHeapTupleData) -> Result<Column, Fault> {
    Ok(Column {
        relation: required(row, 1)?,
        schema: required(row, 2)?,
        table: required(row, 3)?,
        namespace: required(row, 4)?,
        kind: character(row, 5)?,
        persistence: character(row, 6)?,
        access_method: required(row, 7)?,
        pages: required(row, 8)?,
        root: row.get(9)?,
        attribute: required(row, 10)?,
        name: required(row, 11)?,
        type_oid: required(row, 12)?,
        type_modifier: required(row, 13)?,
        has_default: required(row, 15)?,
        index: row.get(16)?,
        is_unique: required(row, 17)?,
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
