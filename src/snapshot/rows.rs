//! Reads the rows of one table: their number, first and last key, and checksum.
//!
//! Locks: AccessShareLock on the table, released before it returns.

use super::model::{Checksum, Generated, KeyRange, Rows, Scope, TableKind};
use super::tables::CatalogTable;
use super::unread::{Obstacle, Unread};
use crate::error::Error;
use crate::pg::function_check::Calls;
use crate::pg::lock_budget::with_lock_timeout;
use crate::pg::names::{QualifiedName, quote_identifier};
use crate::pg::relation::{LockMode, Relation};
use crate::pg::settings::{with_canonical_output, without_jit};
use crate::pg::{access, citus, extension, subtransaction, unprivileged};
use crate::report::readable::{Refusal, refusal};
use crate::row_hash::ALGORITHM;
use pgrx::{PgSqlErrorCode, pg_sys};

/// The maximum number of arguments of a function: `FUNC_MAX_ARGS` in pg_config_manual.h.
const MOST_ARGUMENTS: usize = 100;

/// Reads tables' rows.
pub struct Reader<'a> {
    scope: &'a Scope,
    /// The function's name, quoted and qualified.
    hash_function: String,
}

impl Reader<'_> {
    pub fn new(scope: &Scope) -> Result<Reader<'_>, Error> {
        Ok(Reader { scope, hash_function: format!("{}.db_row_hash", extension::quoted_schema()?) })
    }

    /// Adds to the table what the scope requests, or why it could not be read.
    pub fn read_into(&self, table: &mut CatalogTable, schema: &str) {
        if !matches!(table.table.kind, TableKind::Table | TableKind::MaterializedView) {
            return;
        }
        if let Some(reason) = &table.table.undescribed {
            table.table.unread = Some(reason.clone());
            return;
        }
        if !table.is_populated {
            table.table.rows = Some(Rows { count: 0, exact: true });
            return;
        }
        let name = QualifiedName { schema: schema.to_owned(), name: table.name.clone() };
        let outcome = match self.scope.exact || self.scope.checksum {
            true => self.read(table, &name),
            false => estimate(table),
        };
        match outcome {
            Ok(found) => found.store_in(table),
            Err(error) => RowsRead::unread(Unread::from(&error)).store_in(table),
        }
    }

    /// Reads the table, without the checksum if that fails.
    fn read(&self, table: &CatalogTable, name: &QualifiedName) -> Result<RowsRead, Error> {
        let read = |with_checksum| {
            unprivileged::with_retries(|| {
                subtransaction::discard_with_statement_snapshot(|| {
                    with_lock_timeout(|| Reading { reader: self, table, name, with_checksum }.read())
                })
            })
        };
        match read(self.scope.checksum) {
            Err(error) if self.scope.checksum && error.sqlstate != PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE => {
                let found = read(false)?;
                Ok(RowsRead { unread: Some(no_checksum(Unread::from(&error))), ..found })
            }
            outcome => outcome,
        }
    }
}

/// Estimates the rows from the density at the last VACUUM or ANALYZE and the present size of the
/// file; `None` if neither has run yet. Does not wait for locks.
fn estimate(table: &CatalogTable) -> Result<RowsRead, Error> {
    if let Some(reason) = citus::obstacle(table.oid) {
        return Ok(RowsRead::unread(Unread { reason, obstacle: Obstacle::Other }));
    }
    let rows = estimated_rows(table)?;
    Ok(RowsRead { rows, key_range: None, checksum: None, unread: None })
}

fn estimated_rows(table: &CatalogTable) -> Result<Option<Rows>, Error> {
    subtransaction::attempt(|| {
        let busy = || Error::new(PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE, "could not obtain lock on the table");
        let relation = Relation::open_nowait(table.oid, LockMode::AccessShare).ok_or_else(busy)?;
        relation.refuse_unreadable()?;
        let pages = relation.size() / u64::from(pg_sys::BLCKSZ);
        let (rows, known_pages) = table.known;
        if pages == 0 {
            return Ok(Some(Rows { count: 0, exact: true }));
        }
        let is_known = rows >= 0.0 && known_pages > 0;
        let count = f64::from(rows) / f64::from(known_pages) * pages as f64;
        Ok(is_known.then_some(Rows { count: count.round() as i64, exact: false }))
    })
}

/// The result of reading a table.
struct RowsRead {
    rows: Option<Rows>,
    key_range: Option<KeyRange>,
    checksum: Option<Checksum>,
    unread: Option<Unread>,
}

fn no_checksum(unread: Unread) -> Unread {
    Unread { reason: format!("no checksum: {}", unread.reason), ..unread }
}

impl RowsRead {
    fn unread(unread: Unread) -> RowsRead {
        RowsRead { rows: None, key_range: None, checksum: None, unread: Some(unread) }
    }

    fn store_in(self, table: &mut CatalogTable) {
        table.table.rows = self.rows;
        table.table.key_range = self.key_range;
        table.table.checksum = self.checksum;
        table.obstacle = self.unread.as_ref().map(|unread| unread.obstacle);
        table.table.unread = self.unread.map(|unread| unread.reason);
    }
}

/// A table about to be read.
struct Reading<'a> {
    reader: &'a Reader<'a>,
    table: &'a CatalogTable,
    name: &'a QualifiedName,
    with_checksum: bool,
}

impl Reading<'_> {
    /// Reads the rows with the table locked, so that the caller's privileges on it do not change
    /// meanwhile.
    fn read(&self) -> Result<RowsRead, Error> {
        let Some(relation) = Relation::try_open(self.table.oid, LockMode::AccessShare) else {
            let reason = "it has just been dropped".to_owned();
            return Ok(RowsRead::unread(Unread { reason, obstacle: Obstacle::Other }));
        };
        // This is not an error: another try, with or without checksum, would have the same result.
        if let Some(unread) = self.count_refusal().or_else(|| self.owner_refusal(&relation)) {
            return Ok(RowsRead::unread(unread));
        }
        let refusal = self.with_checksum.then(|| self.checksum_refusal()).flatten();
        let query = self.query(self.with_checksum && refusal.is_none());
        let rows = with_canonical_output(|| without_jit(|| unprivileged::select(&query, &[&relation], Calls::Ours)))?;
        let values = rows.into_iter().next().unwrap_or_default();
        let value = |place: usize| values.get(place)?.as_ref()?.to_str().ok();
        let not_a_number = || Error::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, "a count is not a number");
        let count = value(0).and_then(|count| count.parse().ok()).ok_or_else(not_a_number)?;
        Ok(RowsRead {
            rows: Some(Rows { count, exact: true }),
            checksum: value(1).and_then(checksum),
            key_range: value(2)
                .zip(value(3))
                .map(|(first, last)| KeyRange { first: first.to_owned(), last: last.to_owned() }),
            unread: refusal.map(|refusal| no_checksum(self.refused(refusal))),
        })
    }

    /// Returns why the caller may not count its rows: as for count(*), SELECT on any column is
    /// enough.
    fn count_refusal(&self) -> Option<Unread> {
        let oid = self.table.oid;
        if let Some(refusal) = refusal(oid, self.name, &[]) {
            return Some(self.refused(refusal));
        }
        let mut columns = self.table.numbers.values();
        if access::may_select_table(oid) || columns.any(|number| access::may_select_column(oid, *number)) {
            return None;
        }
        let user = quote_identifier(&access::current_user());
        let reason = format!("no SELECT privilege on the table: GRANT SELECT ON {} TO {user}", self.name.quoted());
        Some(Unread { reason, obstacle: Obstacle::Privilege })
    }

    /// Tells what only the caller may not read from what no role can read here.
    fn refused(&self, refusal: Refusal) -> Unread {
        let is_callers = refusal.fix.is_some() || access::is_row_security_on(self.table.oid);
        Unread { reason: refusal.reason, obstacle: if is_callers { Obstacle::Privilege } else { Obstacle::Other } }
    }

    /// Returns why the table's owner, with whose privileges rows are read, may not read them.
    /// Another role as the caller would change nothing.
    fn owner_refusal(&self, relation: &Relation) -> Option<Unread> {
        let (owner, table) = (quote_identifier(&self.table.table.owner), self.name.quoted());
        (!access::may_owner_select(relation)).then(|| {
            let reason = format!("the table's owner has no SELECT privilege on it: GRANT SELECT ON {table} TO {owner}");
            Unread { reason, obstacle: Obstacle::Other }
        })
    }

    /// Returns why the caller may not read all of its rows.
    fn checksum_refusal(&self) -> Option<Refusal> {
        let columns = self.table.numbers.iter().filter(|(name, _)| self.is_hashed(name));
        let columns: Vec<(i16, &str)> = columns.map(|(name, number)| (*number, name.as_str())).collect();
        refusal(self.table.oid, self.name, &columns)
    }

    /// Whether the checksum covers the column. A virtual generated column is not stored.
    fn is_hashed(&self, column: &str) -> bool {
        self.table.table.columns.get(column).is_none_or(|column| column.generated != Some(Generated::Virtual))
    }

    fn query(&self, with_checksum: bool) -> String {
        let name = self.name.quoted();
        let sum = match with_checksum {
            true => format!("COALESCE(pg_catalog.sum({}), 0)", self.row_hash()),
            false => "NULL".to_owned(),
        };
        let rows = format!("SELECT pg_catalog.count(*) AS count, {sum} AS sum FROM ONLY {name}");
        match self.key() {
            None => rows,
            Some(key) => format!(
                "SELECT r.count, r.sum, k.first, k.last FROM ({rows}) AS r, \
                 (SELECT pg_catalog.min({key}) AS first, pg_catalog.max({key}) AS last FROM ONLY {name}) AS k"
            ),
        }
    }

    /// Returns the key's column, quoted, if the caller may read its values.
    fn key(&self) -> Option<String> {
        let key = self.table.key?;
        let (name, _) = self.table.numbers.iter().find(|(_, number)| **number == key)?;
        access::may_select_column(self.table.oid, key).then(|| quote_identifier(name))
    }

    /// Returns the call that hashes the columns in the order of their names, a hundred at a time.
    fn row_hash(&self) -> String {
        let columns = self.table.numbers.keys().filter(|name| self.is_hashed(name));
        let columns: Vec<String> = columns.map(|name| quote_identifier(name)).collect();
        let call = |arguments: &[String]| format!("{}({})", self.reader.hash_function, arguments.join(", "));
        match columns.len() {
            0 => "0::pg_catalog.int8".to_owned(),
            1..=MOST_ARGUMENTS => call(&columns),
            _ => call(&columns.chunks(MOST_ARGUMENTS).map(call).collect::<Vec<_>>()),
        }
    }
}

/// Returns the checksum for the sum of all rows' hashes, which is a numeric.
fn checksum(sum: &str) -> Option<Checksum> {
    // The cast truncates on purpose: the sum is modulo 2^64.
    let value = sum.parse::<i128>().ok()? as u64;
    Some(Checksum { algorithm: ALGORITHM, value: format!("{value:016x}") })
}
