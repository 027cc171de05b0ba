//! Reads a tool's table, or returns why it could not be read.
//!
//! Locks: AccessShareLock on the table, only if it is available immediately; released after the
//! last row.

use super::found::Found;
use super::layout::{Column, QUERIED_TIME};
use super::tool_tables::{Row, Table};
use crate::error::Error;
use crate::pg::function_check::Calls;
use crate::pg::heap_rows::{Budget, Cell};
use crate::pg::relation::{LockMode, Relation};
use crate::pg::{heap_rows, names, settings, subtransaction, unprivileged};
use crate::report::readable::{Refusal, refusal};
use pgrx::pg_sys;
use std::ffi::CString;

/// Larger than any tool's history: such a table is not read as a whole.
const LARGEST: u64 = 32 * 1024 * 1024;
/// More rows, or more text in the columns read, than any tool's history has. If the server ran out
/// of memory, it would end all sessions.
const BUDGET: Budget = Budget { rows: 50_000, bytes: 8 * 1024 * 1024 };

/// `ATTRIBUTE_GENERATED_VIRTUAL`, since PostgreSQL 18.
const VIRTUAL: u8 = b'v';

const TOO_LARGE: &str = "not read, since it is larger than any tool's table";

/// Why a table was not read.
#[derive(Clone, Debug)]
pub enum Unread {
    /// It was dropped concurrently.
    Gone,
    /// Another session holds, or waits for, a lock that conflicts with reading.
    Locked,
    /// The current user may not read it, or it is not as the tool creates it.
    Refused(Refusal),
    Failed(Error),
}

impl From<Error> for Unread {
    fn from(error: Error) -> Unread {
        Unread::Failed(error)
    }
}

fn refused(reason: impl Into<String>) -> Unread {
    Unread::Refused(Refusal { reason: reason.into(), fix: None })
}

/// Reads the columns of the table's layout, without the planner: no expression, rule or policy of
/// the owner runs.
pub fn read(found: &Found) -> Result<Table, Unread> {
    let oid = found.relation.oid;
    let Some(table) = Relation::open_nowait(oid, LockMode::AccessShare) else {
        return Err(if names::relation_name(oid).is_none() { Unread::Gone } else { Unread::Locked });
    };
    let attributes = attributes(&table, found)?;
    if let Some(refusal) = refusal(oid, &found.name(), &attributes) {
        return Err(Unread::Refused(refusal));
    }
    // It may not have a file whose size can be taken.
    table.refuse_unreadable()?;
    let name = found.name().quoted();
    let columns: Vec<String> = attributes.iter().map(|(_, name)| names::quote_identifier(name)).collect();
    if let Some(query) = found.layout.query {
        return Ok(Table { rows: select(&query(&name), &table)?, name, columns });
    }
    if table.size() > LARGEST {
        return Err(refused(TOO_LARGE));
    }
    let numbers: Vec<i16> = attributes.iter().map(|(number, _)| *number).collect();
    let rows = heap_rows::read(&table, &numbers, BUDGET)?.ok_or_else(|| refused(TOO_LARGE))?;
    let rows = rows.into_iter().map(Row).collect();
    Ok(Table { name, columns, rows })
}

/// Returns the rows of a query on the open table. It runs without privileges, since the planner
/// evaluates expressions that the table's owner has put into indexes and statistics. Waits for no
/// lock.
fn select(query: &str, table: &Relation) -> Result<Vec<Row>, Error> {
    let rows = unprivileged::with_retries(|| {
        subtransaction::discard(|| {
            settings::with_least_lock_timeout(|| {
                settings::with_canonical_output(|| unprivileged::select(query, &[table], Calls::Any))
            })
        })
    })?;
    Ok(rows.into_iter().map(|row| Row(row.into_iter().enumerate().map(cell).collect())).collect())
}

fn cell((place, text): (usize, Option<CString>)) -> Option<Cell> {
    let text = text?.to_string_lossy().into_owned();
    match text.parse() {
        Ok(microseconds) if place == QUERIED_TIME => Some(Cell::point_in_time(microseconds)),
        _ => Some(Cell { text, moment: None }),
    }
}

/// Returns the columns to read, by number and name. Looks them up again, since the table cannot
/// change any more.
fn attributes(table: &Relation, found: &Found) -> Result<Vec<(i16, &'static str)>, Unread> {
    let form = table.form();
    match form.relkind as u8 {
        pg_sys::RELKIND_RELATION if form.relam == pg_sys::HEAP_TABLE_AM_OID => {}
        pg_sys::RELKIND_RELATION => return Err(refused("its access method is not heap")),
        kind => return Err(refused(not_a_table(kind))),
    }
    let mut columns = Vec::new();
    for number in 1..=form.relnatts {
        if let Some(attribute) = table.attribute(number).filter(|attribute| !attribute.attisdropped) {
            if attribute.attgenerated as u8 == VIRTUAL {
                return Err(refused("it has a virtual generated column, which no tool creates"));
            }
            let name = names::name_text(&attribute.attname);
            columns.push((number, Column { name, type_oid: attribute.atttypid, modifier: attribute.atttypmod }));
        }
    }
    let read = found.layout.reads.iter().map(|name| {
        let column = columns.iter().find(|(_, column)| found.layout.has(name, column));
        column.map(|(number, _)| (*number, *name)).ok_or_else(|| refused("its columns were altered concurrently"))
    });
    read.collect()
}

/// Returns what kind of relation it is that is not read.
pub fn not_a_table(kind: u8) -> &'static str {
    match kind {
        b'v' => "a view, which is not read",
        b'm' => "a materialized view",
        b'f' => "a foreign table, which is not read",
        b'p' => "a partitioned table, which no tool creates",
        _ => "not a table",
    }
}
