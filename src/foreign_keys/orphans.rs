//! Counts the rows that have no matching row in the parent.

use super::reference::{KeyTable, Reference, SAMPLE_SIZE};
use crate::error::Error;
use crate::pg::catalog_query;
use crate::pg::function_check::Calls;
use crate::pg::lock_budget::with_lock_timeout;
use crate::pg::relation::{LockMode, Relation};
use crate::pg::sql_types::JsonbText;
use crate::pg::{subtransaction, unprivileged};
use crate::report::readable::{Refusal, refusal};
use crate::report::statements::Statements;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys;
use std::ffi::CString;

/// The rows of the child that have no matching row in the parent.
#[derive(Clone, Debug)]
pub struct Orphans {
    pub count: i64,
    /// Some of their keys; `None` without orphans, and if the keys cannot be shown.
    pub sample: Option<JsonbText>,
    /// The other tables that a DELETE of them changes, e.g. `public.items (CASCADE)`.
    pub dependents: Vec<String>,
    /// The call that has to follow an INSERT of the missing parents if a sequence may number them.
    pub resync: Option<String>,
    /// The child's defaults, if they are a key without a parent row.
    pub orphaned_default: Option<Vec<String>>,
}

const DEPENDENTS: &str = include_str!("../../sql/queries/foreign_key_delete_actions.sql");
const CONSTANT_DEFAULTS: &str = include_str!("../../sql/queries/constant_defaults.sql");

/// How many orphans are sampled: these have five different keys, or only a few keys matter.
const ENOUGH: i64 = 100;

/// Bytes of both tables up to which a second pass over them takes less than a millisecond.
const SMALL: u64 = 1024 * 1024;

/// Returns why the rows may not be read.
pub fn obstacle(reference: &Reference) -> Option<Refusal> {
    if let Some(reason) = reference.unreadable() {
        return Some(Refusal { reason: reason.to_owned(), fix: None });
    }
    let refusals: Vec<Refusal> = [&reference.child, &reference.parent].into_iter().filter_map(table_obstacle).collect();
    let fixes: Vec<&str> = refusals.iter().filter_map(|refusal| refusal.fix.as_deref()).collect();
    let fix = (!fixes.is_empty()).then(|| fixes.join(" "));
    let reasons: Vec<&str> = refusals.iter().map(|refusal| refusal.reason.as_str()).collect();
    (!reasons.is_empty()).then(|| Refusal { reason: reasons.join("; "), fix })
}

fn table_obstacle(table: &KeyTable) -> Option<Refusal> {
    let refusal = refusal(table.oid, &table.name, &table.numbered_columns())?;
    Some(Refusal { reason: format!("{}: {}", table.name.quoted(), refusal.reason), fix: refusal.fix })
}

/// Counts the orphans and samples their keys, in one pass where that is not slower. Sees what has
/// been committed so far.
///
/// Locks: AccessShareLock on both tables, their partitions and indexes, released before it returns;
/// waits for them for five seconds at most, or for lock_timeout.
pub fn orphans(reference: &Reference) -> Result<Orphans, Error> {
    with_locked_tables(reference, |tables| tables.orphans())
}

/// Returns how many keys of a parent without a unique key occur more than once. Locks: as above.
pub fn repeated_keys(reference: &Reference) -> Result<i64, Error> {
    with_locked_tables(reference, |tables| Ok(tables.counts(&tables.reference.repeated_keys_query())?.0.rows))
}

fn with_locked_tables<T>(
    reference: &Reference,
    work: impl Fn(&LockedTables<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    unprivileged::with_retries(|| {
        subtransaction::discard(|| with_lock_timeout(|| work(&LockedTables::begin(reference)?)))
    })
}

/// Both tables, locked so that the caller's privileges on them do not change meanwhile.
struct LockedTables<'a> {
    reference: &'a Reference,
    child: Relation,
    parent: Relation,
}

impl<'a> LockedTables<'a> {
    fn begin(reference: &'a Reference) -> Result<LockedTables<'a>, Error> {
        let open = |table: &KeyTable| {
            let gone = || Error::new(PgSqlErrorCode::ERRCODE_UNDEFINED_TABLE, "it has just been dropped");
            Relation::try_open(table.oid, LockMode::AccessShare).ok_or_else(gone)
        };
        let (child, parent) = (open(&reference.child)?, open(&reference.parent)?);
        match obstacle(reference) {
            Some(refusal) => Err(Error::new(PgSqlErrorCode::ERRCODE_OBJECT_IN_USE, refusal.reason)),
            None => Ok(LockedTables { reference, child, parent }),
        }
    }

    fn orphans(&self) -> Result<Orphans, Error> {
        let reference = self.reference;
        let (count, sample) = self.count_and_sample()?;
        let orphaned_default = self.orphaned_default();
        if count == 0 {
            return Ok(Orphans { count, sample: None, dependents: Vec::new(), resync: None, orphaned_default });
        }
        let dependents = catalog_query::read(DEPENDENTS, &[reference.child.oid.into()], |row| {
            Ok(format!("{} ({})", row.qualified(1)?, row.text(3)?))
        })?;
        let is_numbered = reference.parent.columns.iter().any(|column| column.has_default);
        let parent = || Ok::<_, Error>(Statements::new()?.resync_table(&reference.parent.name.quoted()));
        let resync = is_numbered.then(parent).transpose()?;
        Ok(Orphans { count, sample, dependents, resync, orphaned_default })
    }

    /// Returns the child's defaults if they are a key without a parent row. Defaults that cannot be
    /// compared are not reported.
    fn orphaned_default(&self) -> Option<Vec<String>> {
        let child = &self.reference.child;
        if !child.columns.iter().all(|column| column.has_default) {
            return None;
        }
        let numbers: Vec<i16> = child.columns.iter().map(|column| column.number).collect();
        let defaults = catalog_query::read(CONSTANT_DEFAULTS, &[child.oid.into(), numbers.into()], |row| {
            let defaults = row.optional_texts(1)?;
            Ok(if row.is_exact() { defaults } else { Vec::new() })
        });
        let defaults: Vec<String> = defaults.ok()?.pop()?.into_iter().collect::<Option<_>>()?;
        let tables = [&self.child, &self.parent];
        let query = self.reference.default_query(&defaults);
        let select = || subtransaction::discard(|| unprivileged::select(&query, &tables, Calls::Any));
        let found = unprivileged::with_retries(select).ok()?;
        (!defaults.is_empty() && !found.is_empty()).then_some(defaults)
    }

    fn count_and_sample(&self) -> Result<(i64, Option<JsonbText>), Error> {
        // Planning the query that does both takes many times as long as reading a small table
        // twice.
        let count = if self.is_small() { self.count()? } else { return self.count_and_sample_at_once() };
        Ok((count, self.sample(count)))
    }

    fn count_and_sample_at_once(&self) -> Result<(i64, Option<JsonbText>), Error> {
        // A key that cannot be hashed or converted to JSON must not hide that there are orphans.
        let at_once = subtransaction::discard(|| self.counts(&self.reference.count_and_sample_query()));
        let count = match at_once {
            Ok((counts, sample)) if counts.is_complete() => return Ok((counts.rows, sample)),
            Ok((counts, _)) => counts.rows,
            Err(error) if error.sqlstate == PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE => return Err(error),
            Err(error) if error.sqlstate == PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE => return Err(error),
            Err(_) => self.count()?,
        };
        Ok((count, self.sample(count)))
    }

    fn count(&self) -> Result<i64, Error> {
        Ok(self.counts(&self.reference.count_query())?.0.rows)
    }

    /// Returns some keys of the orphans, of which there are `count`.
    fn sample(&self, count: i64) -> Option<JsonbText> {
        if count == 0 {
            return None;
        }
        let query = self.reference.sample_query(count.min(ENOUGH));
        // Concurrent DDL on a table must not cost the sample.
        unprivileged::with_retries(|| subtransaction::discard(|| Ok(self.counts(&query)?.1))).unwrap_or(None)
    }

    /// Whether both tables are small enough to be read twice.
    fn is_small(&self) -> bool {
        let tables = [&self.child, &self.parent];
        let is_plain = tables.iter().all(|table| table.kind() == pg_sys::RELKIND_RELATION);
        is_plain && tables.iter().map(|table| table.size()).sum::<u64>() <= SMALL
    }

    /// Runs a query; returns its counts, and the sample that its second column holds.
    fn counts(&self, query: &str) -> Result<(Counts, Option<JsonbText>), Error> {
        let rows = unprivileged::select(query, &[&self.child, &self.parent], Calls::Any)?;
        let mut row = rows.into_iter().next().unwrap_or_default();
        let number = |value: Option<&Option<CString>>| value?.as_ref()?.to_str().ok()?.parse::<i64>().ok();
        let not_a_number = || Error::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, "a count is not a number");
        let rows = number(row.first()).ok_or_else(not_a_number)?;
        let counts = Counts { rows, keys: number(row.get(2)).unwrap_or(0), buckets: number(row.get(3)).unwrap_or(0) };
        let sample = if row.len() > 1 { row.swap_remove(1) } else { None };
        Ok((counts, sample.map(JsonbText)))
    }
}

struct Counts {
    /// Rows, or keys, that were counted.
    rows: i64,
    /// Keys in the sample.
    keys: i64,
    /// Hash buckets, each of which has one or two keys in the sample.
    buckets: i64,
}

impl Counts {
    /// Whether a second pass would not improve the sample: it is full, or no bucket has two keys
    /// (and so perhaps more), or there are too many orphans for all of their keys to be shown.
    fn is_complete(&self) -> bool {
        self.keys >= SAMPLE_SIZE || self.keys == self.buckets || self.keys == self.rows || self.rows > SAMPLE_SIZE
    }
}
