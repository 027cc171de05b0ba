//! Counts the rows that refer to nothing.

use super::reference::{Reference, SAMPLE_SIZE, Table};
use crate::fault::Fault;
use crate::pg::relation::{LockMode, Relation};
use crate::pg::sql_types::JsonbText;
use crate::pg::{nobody, subtransaction};
use crate::readable::{Refusal, refusal};
use pgrx::PgSqlErrorCode;

/// The rows of the child that refer to nothing.
#[derive(Clone, Debug)]
pub struct Orphans {
    pub count: i64,
    /// Some of their keys; `None` without orphans, and where the keys cannot be shown.
    pub sample: Option<JsonbText>,
}

/// So many orphans have five keys among them, or it is a few keys that matter.
const ENOUGH: i64 = 100;
/// How often a table may be changed between analyzing and planning.
const ATTEMPTS: usize = 5;

/// Why the rows may not be looked at; the first reason of several.
pub fn obstacle(reference: &Reference) -> Option<Refusal> {
    let exact = reference.child.is_exact && reference.parent.is_exact;
    if !exact {
        let reason = "a name cannot be written here in this database's encoding".to_owned();
        return Some(Refusal { reason, fix: None });
    }
    [&reference.child, &reference.parent].into_iter().find_map(table_obstacle)
}

fn table_obstacle(table: &Table) -> Option<Refusal> {
    let refusal = refusal(table.oid, &table.name, &table.numbered_columns())?;
    Some(Refusal { reason: format!("{}: {}", table.name.quoted(), refusal.reason), fix: refusal.fix })
}

/// Counts the orphans and samples their keys, in one pass where that takes no longer. Sees what is committed by now.
///
/// Locks: AccessShareLock on both tables, their partitions and indexes, given back before it returns.
pub fn orphans(reference: &Reference) -> Result<Orphans, Fault> {
    persistently(|| under_lock(reference, || look(reference)))
}

/// How many keys several rows of the parent have, for a parent without a unique key. Locks: as above, on the parent.
pub fn repeated_keys(reference: &Reference) -> Result<i64, Fault> {
    persistently(|| under_lock(reference, || Ok(counted(reference, &reference.repeated_keys_query())?.0)))
}

/// Tries again where a table was changed between analyzing and planning a query over it.
fn persistently<T>(look: impl Fn() -> Result<T, Fault>) -> Result<T, Fault> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        match subtransaction::discard(&look) {
            Err(fault) if fault.sqlstate == PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE && attempts < ATTEMPTS => {
                pgrx::check_for_interrupts!();
            }
            outcome => return outcome,
        }
    }
}

/// With both tables locked, so that what the caller may read stays as it is found.
fn under_lock<T>(reference: &Reference, look: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    let open = |table: &Table| {
        let gone = || Fault::new(PgSqlErrorCode::ERRCODE_UNDEFINED_TABLE, "it has just been dropped");
        Relation::try_open(table.oid, LockMode::AccessShare).ok_or_else(gone)
    };
    let _tables = (open(&reference.child)?, open(&reference.parent)?);
    if let Some(refusal) = obstacle(reference) {
        return Err(Fault::new(PgSqlErrorCode::ERRCODE_OBJECT_IN_USE, refusal.reason));
    }
    look()
}

fn look(reference: &Reference) -> Result<Orphans, Fault> {
    let query =
        if reference.child.is_read_from_index { reference.count_query() } else { reference.count_and_locate_query() };
    let (count, places) = counted(reference, &query)?;
    if count == 0 {
        return Ok(Orphans { count, sample: None });
    }
    // A key that has no form in JSON must not hide that there are orphans.
    let sample = subtransaction::discard(|| sample(reference, count, places.as_deref())).unwrap_or(None);
    Ok(Orphans { count, sample })
}

/// A number, and what else the query has noted.
fn counted(reference: &Reference, query: &str) -> Result<(i64, Option<String>), Fault> {
    let mut row =
        nobody::select(query, &[reference.child.oid, reference.parent.oid])?.pop().unwrap_or_default().into_iter();
    let count = row.next().flatten().and_then(|count| count.parse().ok());
    let count = count.ok_or_else(|| Fault::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, "a count is no number"))?;
    Ok((count, row.next().flatten()))
}

/// Looks once more for the first orphans only where no places are known, or where there are so few orphans that all are to be shown.
fn sample(reference: &Reference, orphans: i64, places: Option<&str>) -> Result<Option<JsonbText>, Fault> {
    if let Some(places) = places {
        let (located, keys) = counted(reference, &reference.sample_at_query(places))?;
        if located >= orphans.min(SAMPLE_SIZE) {
            return Ok(keys.map(JsonbText));
        }
    }
    let keys = counted(reference, &reference.sample_first_query(orphans.min(ENOUGH)))?.1;
    Ok(keys.map(JsonbText))
}
