//! Reads ids out of a column: by index probe where there is an index, through SQL where there is none.
//!
//! Locks: AccessShareLock on one table and one index at a time, given back at once.

use super::column::{Column, Numbers, Place};
use super::discover::required;
use super::search::{Order, Search};
use crate::fault::Fault;
use crate::pg::relation::{LockMode, Relation};
use crate::pg::snapshot::Visibility;
use crate::pg::{index_probe, names, subtransaction};
use crate::settings;
use pgrx::pg_sys::{self, Oid};
use pgrx::{PgSqlErrorCode, Spi};
use std::borrow::Cow;

const PARTITION_LEAVES: &str = include_str!("../../sql/queries/partition_leaves.sql");

/// A column's values: the column's own, or those of the leaves of its partitioned table.
pub struct Ids<'a> {
    numbers: Numbers,
    storages: Vec<Cow<'a, Column>>,
    /// The table, should the caller have it open anyway.
    open: Option<&'a Relation>,
}

impl<'a> Ids<'a> {
    /// Finds out where the column's values are. `numbers` as `Column::numbers` says.
    pub fn of(column: &'a Column, numbers: Numbers) -> Result<Ids<'a>, Fault> {
        let storages = if column.kind == 'p' { leaves(column)? } else { vec![Cow::Borrowed(column)] };
        Ok(Ids { numbers, storages, open: None })
    }

    /// As `of`, for a column whose table is open.
    pub fn of_open(column: &'a Column, numbers: Numbers, table: &'a Relation) -> Result<Ids<'a>, Fault> {
        let open = (column.kind != 'p').then_some(table);
        Ok(Ids { open, ..Ids::of(column, numbers)? })
    }

    /// Runs the search over all of the column's values.
    pub fn find(&self, search: &Search, visibility: Visibility) -> Result<Vec<i64>, Fault> {
        let mut found = Vec::new();
        for column in &self.storages {
            found.extend(self.find_in(column, search, visibility)?);
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
    pub fn tables(&self) -> impl Iterator<Item = Oid> + '_ {
        self.storages.iter().map(|column| column.relation)
    }

    fn find_in(&self, column: &Column, search: &Search, visibility: Visibility) -> Result<Vec<i64>, Fault> {
        let reopened = match self.open {
            Some(_) => None,
            None => Some(Relation::try_open(column.relation, LockMode::AccessShare).ok_or_else(|| {
                Fault::new(PgSqlErrorCode::ERRCODE_UNDEFINED_TABLE, format!("table {} is gone", column.table.quoted()))
            })?),
        };
        let Some(table) = self.open.or(reopened.as_ref()) else { return Ok(Vec::new()) };
        table.refuse_foreign_temp()?;
        let can_probe = column.kind == 'r' && column.is_heap && self.numbers == Numbers::Integer;
        if let Some(index) = column.index.filter(|_| can_probe)
            && let Some(index) = self.open_index(index.oid)
            && let Some(found) = index_probe::find(table, &index, column.attribute, search, visibility)?
        {
            return Ok(found);
        }
        if visibility == Visibility::InProgress {
            return Ok(Vec::new()); // SQL sees committed rows alone; the search for those follows
        }
        if column.index.is_none() {
            refuse_large(column, table)?;
        }
        drop(reopened);
        self.find_by_sql(column, search)
    }

    /// While the table has been open since the index was chosen, the index cannot be gone.
    fn open_index(&self, index: Oid) -> Option<Relation> {
        match self.open {
            Some(_) => Some(Relation::open(index, LockMode::AccessShare)),
            None => Relation::try_open(index, LockMode::AccessShare),
        }
    }

    fn find_by_sql(&self, column: &Column, search: &Search) -> Result<Vec<i64>, Fault> {
        let query = self.query(column, search);
        let phase = search.hits.unwrap_or(super::position::Run { first: 0, bound: 0, increment: 1 });
        let arguments =
            [search.within.low.into(), search.within.high.into(), phase.first.into(), phase.increment.into()];
        subtransaction::discard(|| {
            Spi::connect(|client| {
                let rows = client.select(query.as_str(), None, &arguments)?;
                rows.map(|row| required::<i64>(&row, 1)).collect()
            })
        })
    }

    /// The search as SQL. Fractions, infinities and what no bigint can hold are no ids.
    fn query(&self, column: &Column, search: &Search) -> String {
        let (column, table) = (names::quote_identifier(&column.name), column.table.quoted());
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

/// Describes the leaves one by one. The root's privileges and row security are what counts.
fn leaves(column: &Column) -> Result<Vec<Cow<'static, Column>>, Fault> {
    let arguments = [column.relation.into(), column.name.as_str().into()];
    let places: Vec<Place> = subtransaction::discard(|| {
        Spi::connect(|client| {
            let rows = client.select(PARTITION_LEAVES, None, &arguments)?;
            rows.map(|row| Ok((required(&row, 1)?, required(&row, 2)?))).collect()
        })
    })?;
    let mut leaves = Vec::with_capacity(places.len());
    for place in places {
        leaves.extend(Column::look_up(place).map(Cow::Owned));
    }
    Ok(leaves)
}

/// Refuses to read a table as a whole that is larger than `pg_flightcheck.scan_limit`.
fn refuse_large(column: &Column, table: &Relation) -> Result<(), Fault> {
    let limit = settings::scan_limit();
    let size = match column.kind {
        'f' => u64::from(column.pages.max(0).unsigned_abs()) * u64::from(pg_sys::BLCKSZ),
        _ => table.size(),
    };
    if limit > 0 && size <= limit {
        return Ok(());
    }
    let reason = if limit == 0 {
        "reading a table as a whole is off (pg_flightcheck.scan_limit = 0)".to_owned()
    } else {
        format!("the table has {}, above pg_flightcheck.scan_limit ({})", kilobytes(size), kilobytes(limit))
    };
    let message = format!("no index leads on the column of {}, and {reason}", column.table.quoted());
    Err(Fault::new(PgSqlErrorCode::ERRCODE_PROGRAM_LIMIT_EXCEEDED, message))
}

/// As settings are written.
fn kilobytes(bytes: u64) -> String {
    const MEGABYTE: u64 = 1024 * 1024;
    if bytes < 10 * MEGABYTE {
        format!("{}kB", bytes.div_ceil(1024))
    } else {
        format!("{}MB", bytes.div_ceil(MEGABYTE))
    }
}
