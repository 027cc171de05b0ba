//! Reads ids from a column: through an index if there is one, otherwise by reading the whole table;
//! through SQL only where neither is possible.
//!
//! Locks: AccessShareLock on one table and one index at a time, released at once.

use super::column::{AttrRef, Column};
use crate::error::Error;
use crate::ids::position::{Run, Span};
use crate::ids::search::{Order, Search};
use crate::pg::id_datum::IdType;
use crate::pg::index_choice::usable_index;
use crate::pg::index_probe::{self, Own};
use crate::pg::relation::{LockMode, Relation};
use crate::pg::row::required;
use crate::pg::run_as::run_as;
use crate::pg::snapshot::Visibility;
use crate::pg::{heap_scan, kept_plan, names, subtransaction};
use crate::settings;
use pgrx::pg_sys::{self, Oid, PgBuiltInOids, PgOid};
use pgrx::{PgSqlErrorCode, Spi};
use std::borrow::Cow;

const PARTITIONS: &str = include_str!("../../sql/queries/partition_columns.sql");

/// How many rows that have moved from leaf to leaf are skipped at most.
const MOST_MOVED: usize = 1000;

/// A column's values: its own, or those of the leaves of its partitioned table.
pub struct Ids<'a> {
    id_type: IdType,
    storages: Vec<Cow<'a, Column>>,
    /// The partitioned tables above the leaves, the root first.
    trees: Vec<Oid>,
    /// The table and the column's index, if the caller has them open.
    open: Option<(&'a Relation, Option<&'a Relation>)>,
}

impl<'a> Ids<'a> {
    /// Finds out where the column's values are stored. `id_type` comes from `Column::holds`.
    pub fn of(column: &'a Column, id_type: IdType) -> Result<Ids<'a>, Error> {
        if column.kind != 'p' {
            return Ok(Ids { id_type, storages: vec![Cow::Borrowed(column)], trees: Vec::new(), open: None });
        }
        let (leaves, trees): (Vec<_>, Vec<_>) = tree(column)?.into_iter().partition(|(_, is_leaf)| *is_leaf);
        let trees = trees.into_iter().map(|((relation, _), _)| relation).collect();
        Ok(Ids { trees, ..Ids::of_leaves(id_type, leaves.into_iter().map(|(attr, _)| attr)) })
    }

    /// Does the same for some leaves of a partitioned table.
    pub fn of_leaves(id_type: IdType, leaves: impl IntoIterator<Item = AttrRef>) -> Ids<'static> {
        let storages = leaves.into_iter().filter_map(Column::look_up).map(Cow::Owned).collect();
        Ids { id_type, storages, trees: Vec::new(), open: None }
    }

    /// Whether every leaf has an index that can be probed.
    pub fn are_indexed(&self) -> bool {
        self.storages.iter().all(|column| column.is_heap && column.index.is_some())
    }

    /// Whether none of the tables has a page, so that there is nothing to find.
    pub fn are_empty(&self) -> bool {
        let is_empty = |column: &Column| match Relation::try_open(column.relation, LockMode::AccessShare) {
            Some(table) => column.is_heap && table.size() == 0,
            None => true,
        };
        self.storages.iter().all(|column| is_empty(column))
    }

    /// Returns the first id, in the search's order, in a row that this transaction has inserted.
    /// Tables without an index are skipped, and so are rows that the transaction has moved from one
    /// leaf to another with their id.
    pub fn find_own(&self, search: &Search, own: Own) -> Result<Option<i64>, Error> {
        let mut search = *search;
        for _ in 0..MOST_MOVED {
            let mut found = Vec::new();
            for (table, index, attribute) in self.open_heaps() {
                found.extend(index_probe::find_own(&table, &index, attribute, &search, own)?);
            }
            let Some(id) = search.merge(found).first().copied() else { return Ok(None) };
            if self.storages.len() < 2 || !self.has_left_a_leaf(id)? {
                return Ok(Some(id));
            }
            let Some(rest) = search.beyond(id) else { return Ok(None) };
            search = rest;
        }
        Ok(None)
    }

    fn has_left_a_leaf(&self, id: i64) -> Result<bool, Error> {
        for (table, index, attribute) in self.open_heaps() {
            if index_probe::has_moved_away(&table, &index, attribute, id)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn open_heaps(&self) -> impl Iterator<Item = (Relation, Relation, i16)> + '_ {
        self.storages.iter().filter(|column| column.is_heap).filter_map(|column| {
            let table = Relation::try_open(column.relation, LockMode::AccessShare)?;
            let index = Relation::try_open(column.index?.oid, LockMode::AccessShare)?;
            Some((table, index, column.attribute))
        })
    }

    /// Does the same as `of` for a column whose table and index are open.
    pub fn of_open(
        column: &'a Column,
        id_type: IdType,
        table: &'a Relation,
        index: Option<&'a Relation>,
    ) -> Result<Ids<'a>, Error> {
        let open = (column.kind != 'p').then_some((table, index));
        Ok(Ids { open, ..Ids::of(column, id_type)? })
    }

    /// Runs the search over all of the column's values.
    pub fn find(&self, search: &Search, visibility: Visibility) -> Result<Vec<i64>, Error> {
        let mut found = Vec::new();
        for column in &self.storages {
            found.extend(self.find_in(column, search, visibility)?);
        }
        Ok(search.merge(found))
    }

    /// Returns the first of the column's values in the search's order, and the table that holds it.
    pub fn find_first(&self, search: &Search, visibility: Visibility) -> Result<Option<(i64, Oid)>, Error> {
        let mut first: Option<(i64, Oid)> = None;
        for column in &self.storages {
            let Some(id) = self.find_in(column, search, visibility)?.first().copied() else { continue };
            let is_before =
                first.is_none_or(|(known, _)| known != id && search.merge(vec![known, id]).first() == Some(&id));
            first = if is_before { Some((id, column.relation)) } else { first };
        }
        Ok(first)
    }

    /// Finds the ids that count when a sequence is about to be moved: first those of transactions
    /// in progress, then those committed by now. In this order, the second search sees a row that
    /// the first misses because it is being updated.
    pub fn find_all(&self, search: &Search) -> Result<Vec<i64>, Error> {
        let mut found = self.find(search, Visibility::InProgress)?;
        found.extend(self.find(search, Visibility::Committed)?);
        Ok(search.merge(found))
    }

    /// Returns the tables whose writers may be about to add ids. A session that writes through a
    /// partitioned table locks that first, and perhaps no leaf yet.
    pub fn tables(&self) -> impl Iterator<Item = Oid> + '_ {
        self.trees.iter().copied().chain(self.storages.iter().map(|column| column.relation))
    }

    fn find_in(&self, column: &Column, search: &Search, visibility: Visibility) -> Result<Vec<i64>, Error> {
        if let Some((table, index)) = self.open {
            return self.find_in_open(column, (table, index), search, visibility);
        }
        // A dropped table holds no ids.
        let Some(table) = Relation::try_open(column.relation, LockMode::AccessShare) else { return Ok(Vec::new()) };
        let index = column.index.and_then(|index| {
            // REINDEX CONCURRENTLY replaces the index with another one.
            let another = || usable_index(&table, column.attribute).map(|(_, index)| index);
            Relation::try_open(index.oid, LockMode::AccessShare).or_else(another)
        });
        self.find_in_open(column, (&table, index.as_ref()), search, visibility)
    }

    fn find_in_open(
        &self,
        column: &Column,
        (table, index): (&Relation, Option<&Relation>),
        search: &Search,
        visibility: Visibility,
    ) -> Result<Vec<i64>, Error> {
        table.refuse_unreadable()?;
        let is_heap = column.kind == 'r' && column.is_heap;
        if let Some(index) = index.filter(|_| is_heap)
            && let Some(found) = index_probe::find(table, index, column.attribute, search, visibility)?
        {
            return Ok(found);
        }
        refuse_large(column, table)?;
        match visibility {
            _ if is_heap => heap_scan::find(table, column.attribute, self.id_type, search, visibility),
            // SQL sees only committed rows; the search for those follows.
            Visibility::InProgress => Ok(Vec::new()),
            Visibility::Committed => self.find_by_sql(column, search),
        }
    }

    /// Searches foreign tables and tables with an access method other than heap.
    fn find_by_sql(&self, column: &Column, search: &Search) -> Result<Vec<i64>, Error> {
        if matches!(self.id_type, IdType::Text | IdType::TrailingDigits) {
            let message =
                format!("the ids of {} are texts, which are read only from heap tables", column.table.quoted());
            return Err(Error::new(PgSqlErrorCode::ERRCODE_FEATURE_NOT_SUPPORTED, message));
        }
        let query = self.query(column, search);
        let phase = search.hits.unwrap_or(Run { first: 0, bound: 0, increment: 1, span: Span::SINGLE });
        let arguments =
            [search.within.low.into(), search.within.high.into(), phase.first.into(), phase.increment.into()];
        subtransaction::discard(|| {
            run_as(column.owner, || {
                Spi::connect(|client| {
                    let rows = client.select(query.as_str(), None, &arguments)?;
                    rows.map(|row| required::<i64>(&row, 1)).collect()
                })
            })
        })
    }

    /// Returns the search as SQL. Fractions, infinities and numbers that do not fit bigint are not
    /// ids.
    fn query(&self, column: &Column, search: &Search) -> String {
        let (column, table) = (names::quote_identifier(&column.name), column.table.quoted());
        let (cast, is_whole) = match self.id_type {
            IdType::Numeric => {
                ("pg_catalog.numeric", format!(" AND {column} OPERATOR(pg_catalog.=) pg_catalog.trunc({column})"))
            }
            _ => ("pg_catalog.int8", String::new()),
        };
        let phase = match search.hits {
            Some(run) if !run.has_no_gaps() => format!(
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

/// Returns the tables of a partitioned table's tree, each with the column's number there and
/// whether it is a leaf, the root first. As for SQL that names the root, the root's privileges and
/// row security count.
pub fn tree(column: &Column) -> Result<Vec<(AttrRef, bool)>, Error> {
    const TYPES: [PgOid; 2] = [PgOid::BuiltIn(PgBuiltInOids::OIDOID), PgOid::BuiltIn(PgBuiltInOids::TEXTOID)];
    let arguments = [column.relation.into(), column.name.as_str().into()];
    subtransaction::discard(|| {
        Spi::connect(|client| {
            let rows = kept_plan::select(client, PARTITIONS, &TYPES, &arguments)?;
            rows.map(|row| Ok(((required(&row, 1)?, required(&row, 2)?), required(&row, 3)?))).collect()
        })
    })
}

/// Refuses to read a table as a whole that is larger than `pg_flightcheck.scan_limit`.
fn refuse_large(column: &Column, table: &Relation) -> Result<(), Error> {
    let limit = settings::scan_limit();
    let size = match column.kind {
        'f' => column.pages.map(|pages| u64::from(pages) * u64::from(pg_sys::BLCKSZ)),
        _ => Some(table.size()),
    };
    if limit > 0 && size.is_some_and(|size| size <= limit) {
        return Ok(());
    }
    let reason = match size {
        _ if limit == 0 => "reading a table as a whole is off (pg_flightcheck.scan_limit = 0)".to_owned(),
        None => format!("it was never analyzed, so its size is unknown; run ANALYZE {};", column.table.quoted()),
        Some(size) => {
            format!("the table has {}, above pg_flightcheck.scan_limit ({})", kilobytes(size), kilobytes(limit))
        }
    };
    let message = format!("no index of {} starts with the column, and {reason}", column.table.quoted());
    Err(Error::new(PgSqlErrorCode::ERRCODE_PROGRAM_LIMIT_EXCEEDED, message))
}

/// Formats a size as settings are written.
fn kilobytes(bytes: u64) -> String {
    const MEGABYTE: u64 = 1024 * 1024;
    if bytes < 10 * MEGABYTE {
        format!("{}kB", bytes.div_ceil(1024))
    } else {
        format!("{}MB", bytes.div_ceil(MEGABYTE))
    }
}
