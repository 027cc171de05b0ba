//! Reads ids out of a column: by index probe where there is an index, through SQL where there is none.
//!
//! Locks: AccessShareLock on one table and one index at a time, given back at once.

use super::discover::{character, required};
use super::links::{Column, Numbers, quote_qualified};
use super::search::{Order, Search};
use crate::fault::Fault;
use crate::pg::relation::{LockMode, Relation};
use crate::pg::snapshot::{self, Visibility};
use crate::pg::{index_probe, names, subtransaction};
use crate::settings;
use pgrx::pg_sys::{self, Oid};
use pgrx::{PgSqlErrorCode, Spi};

const PARTITION_LEAVES: &str = concat!(
    include_str!("../../sql/queries/usable_index.sql"),
    include_str!("../../sql/queries/partition_leaves.sql")
);

/// A table that holds values of a column: the column's own, or a leaf of its partitioned table.
struct Storage {
    relation: Oid,
    name: String,
    kind: char,
    access_method: Oid,
    pages: i32,
    attribute: i16,
    index: Option<Oid>,
}

/// A column together with the tables that hold its values.
pub struct Ids {
    column: String,
    numbers: Numbers,
    storages: Vec<Storage>,
}

impl Ids {
    /// Finds out where the column's values are. `numbers` as `Column::numbers` says.
    pub fn of(column: &Column, numbers: Numbers) -> Result<Ids, Fault> {
        let storages = if column.kind == 'p' { leaves(column)? } else { vec![own_storage(column)] };
        Ok(Ids { column: names::quote_identifier(&column.name), numbers, storages })
    }

    /// Runs the search over all of the column's values.
    pub fn find(&self, search: &Search, visibility: Visibility) -> Result<Vec<i64>, Fault> {
        let mut found = Vec::new();
        for storage in &self.storages {
            found.extend(self.find_in(storage, search, visibility)?);
        }
        Ok(search.merge(found))
    }

    /// What counts when a sequence is about to be moved: rows of transactions in progress, then what is committed by
    /// now. In this order, so that a row the first search misses while it is updated is seen by the second.
    pub fn find_all(&self, search: &Search) -> Result<Vec<i64>, Fault> {
        let mut found = self.find(search, Visibility::InProgress)?;
        found.extend(self.find(search, Visibility::Committed)?);
        Ok(search.merge(found))
    }

    /// The tables whose writers may be about to add ids.
    pub fn tables(&self) -> impl Iterator<Item = Oid> {
        self.storages.iter().map(|storage| storage.relation)
    }

    fn find_in(&self, storage: &Storage, search: &Search, visibility: Visibility) -> Result<Vec<i64>, Fault> {
        let heap = Relation::open(storage.relation, LockMode::AccessShare).ok_or_else(|| {
            Fault::new(PgSqlErrorCode::ERRCODE_UNDEFINED_TABLE, format!("table {} is gone", storage.name))
        })?;
        heap.refuse_foreign_temp()?;
        let is_heap = storage.kind == 'r' && storage.access_method == Oid::from(pg_sys::HEAP_TABLE_AM_OID);
        if let Some(index) = storage.index.filter(|_| is_heap && self.numbers == Numbers::Integer)
            && let Some(found) = index_probe::find(&heap, index, storage.attribute, search, visibility)?
        {
            return Ok(found);
        }
        if visibility == Visibility::InProgress {
            return Ok(Vec::new()); // SQL sees committed rows alone; the search for those follows
        }
        if storage.index.is_none() {
            refuse_large(storage, &heap)?;
        }
        drop(heap);
        self.find_by_sql(storage, search)
    }

    fn find_by_sql(&self, storage: &Storage, search: &Search) -> Result<Vec<i64>, Fault> {
        let query = self.query(storage, search);
        let phase = search.hits.unwrap_or(super::position::Run { first: 0, bound: 0, increment: 1 });
        let arguments =
            [search.within.low.into(), search.within.high.into(), phase.first.into(), phase.increment.into()];
        subtransaction::discard(|| {
            snapshot::with_latest(|| {
                Spi::connect(|client| {
                    let rows = client.select(query.as_str(), None, &arguments)?;
                    rows.map(|row| required::<i64>(&row, 1)).collect()
                })
            })
        })
    }

    /// The search as SQL. Fractions, infinities and what no bigint can hold are no ids.
    fn query(&self, storage: &Storage, search: &Search) -> String {
        let (column, table) = (&self.column, &storage.name);
        let (cast, is_whole) = match self.numbers {
            Numbers::Integer => ("pg_catalog.int8", String::new()),
            Numbers::Numeric => {
                ("pg_catalog.numeric", format!(" AND {column} OPERATOR(pg_catalog.=) pg_catalog.trunc({column})"))
            }
        };
        let phase = match search.hits {
            Some(run) if run.increment.unsigned_abs() != 1 => format!(
                " AND ({column}::pg_catalog.numeric OPERATOR(pg_catalog.-) $3::pg_catalog.numeric) \
                 OPERATOR(pg_catalog.%) $4::pg_catalog.numeric OPERATOR(pg_catalog.=) 0"
            ),
            _ => String::new(),
        };
        let group = if search.limit > 1 { format!(" GROUP BY {column}") } else { String::new() };
        let order = if search.order == Order::Descending { "DESC" } else { "ASC" };
        format!(
            "SELECT {column}::pg_catalog.int8 FROM ONLY {table} \
             WHERE {column} OPERATOR(pg_catalog.>=) $1::{cast} AND {column} OPERATOR(pg_catalog.<=) $2::{cast} \
             {is_whole}{phase}{group} ORDER BY {column} {order} LIMIT {limit}",
            limit = search.limit
        )
    }
}

fn own_storage(column: &Column) -> Storage {
    Storage {
        relation: column.relation,
        name: column.quoted_table(),
        kind: column.kind,
        access_method: column.access_method,
        pages: column.pages,
        attribute: column.attribute,
        index: column.index,
    }
}

fn leaves(column: &Column) -> Result<Vec<Storage>, Fault> {
    let arguments = [column.relation.into(), column.name.as_str().into()];
    subtransaction::discard(|| {
        Spi::connect(|client| {
            let rows = client.select(PARTITION_LEAVES, None, &arguments)?;
            rows.map(|row| {
                Ok(Storage {
                    relation: required(&row, 1)?,
                    name: quote_qualified(&required::<String>(&row, 2)?, &required::<String>(&row, 3)?),
                    kind: character(&row, 4)?,
                    access_method: required(&row, 5)?,
                    pages: required(&row, 6)?,
                    attribute: required(&row, 7)?,
                    index: row.get(8)?,
                })
            })
            .collect()
        })
    })
}

/// Refuses to read a table as a whole that is larger than `pg_flightcheck.scan_limit`.
fn refuse_large(storage: &Storage, table: &Relation) -> Result<(), Fault> {
    let limit = settings::scan_limit();
    let size = match storage.kind {
        'f' => u64::from(storage.pages.max(0).unsigned_abs()) * u64::from(pg_sys::BLCKSZ),
        _ => table.size(),
    };
    if limit > 0 && size <= limit {
        return Ok(());
    }
    let megabyte = 1024 * 1024;
    Err(Fault::new(
        PgSqlErrorCode::ERRCODE_PROGRAM_LIMIT_EXCEEDED,
        format!(
            "no index leads on the column and table {} ({} MB) is above pg_flightcheck.scan_limit ({} MB)",
            storage.name,
            size.div_ceil(megabyte),
            limit / megabyte
        ),
    ))
}
