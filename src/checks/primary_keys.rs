//! Finds tables without a primary key whose siblings all have one: a restore loses the key if
//! duplicates were loaded.
//!
//! Many tables lack a key by design: a tool's history, or the old versions of rows that a trigger
//! keeps. A column may be unique now and not later, and a primary key on it would then make the
//! application fail. Therefore a fix is given only for a column that is fed by its own sequence,
//! and for a partition whose siblings have the key.
//!
//! Locks: AccessShareLock on catalogs, and on one sequence at a time if it is available
//! immediately, released before it returns.

use super::finding::{Finding, Severity};
use super::target::Target;
use crate::error::Error;
use crate::migrations;
use crate::pg::catalog_query::{CatalogRow, read};
use crate::pg::names::{QualifiedName, quote_identifier};
use crate::pg::sequence_state;
use crate::pg::{access, subtransaction};
use crate::report::object_name;
use pgrx::pg_sys::Oid;
use std::collections::HashMap;

const KEYLESS_TABLES: &str = include_str!("../../sql/queries/tables_without_primary_key.sql");
const KEYLESS_CHILDREN: &str = include_str!("../../sql/queries/children_without_primary_key.sql");

/// The suffix of a primary key's index.
const SUFFIX: &str = "_pkey";

/// Number of tables with a key among which one log without a key is not exceptional.
const SIBLINGS_FOR_EACH_LOG: i64 = 10;

pub fn check(target: &Target<'_>) -> Result<Vec<Finding>, Error> {
    let arguments = [target.schemas.clone().into(), migrations::tables_of_tools()?.into()];
    let found = read(KEYLESS_TABLES, &arguments, Found::read)?;
    let mut findings = tables(found.into_iter().filter_map(Found::keyless).collect())?;
    let children = read(KEYLESS_CHILDREN, &[target.schemas.clone().into()], Keyless::of_parent)?;
    for child in &children {
        findings.push(child.finding()?);
    }
    Ok(findings)
}

/// Returns findings on the tables that stand out in their schema: more of its tables have a key
/// than lack one, and all others without one look as if they should have one as well. A table that
/// should have one stands out among many tables even if a few logs lack one.
fn tables(keyless: Vec<Keyless>) -> Result<Vec<Finding>, Error> {
    let mut schemas: HashMap<&str, (i64, i64)> = HashMap::new();
    for table in &keyless {
        let (all, likely) = schemas.entry(&table.table.schema).or_default();
        *all += 1;
        *likely += i64::from(table.is_likely);
    }
    let stands_out = |table: &&Keyless| {
        let (all, likely) = schemas.get(table.table.schema.as_str()).copied().unwrap_or_default();
        let others_without_reason = all - likely - i64::from(!table.is_likely);
        let tolerated = if table.is_likely { table.siblings / SIBLINGS_FOR_EACH_LOG } else { 0 };
        table.siblings > all && others_without_reason <= tolerated
    };
    keyless.iter().filter(stands_out).map(Keyless::finding).collect()
}

/// A row of tables_without_primary_key.sql.
struct Found {
    table: QualifiedName,
    is_partitioned: bool,
    siblings: i64,
    /// Number of columns that may have been the key.
    candidates: i64,
    /// Number of these columns that a sequence feeds.
    fed: i64,
    column: Option<String>,
    is_not_null: bool,
    own_sequence: Option<Oid>,
    is_empty: bool,
    has_other_key: bool,
    ready: Option<String>,
    is_exact: bool,
}

impl Found {
    fn read(row: &CatalogRow<'_, '_>) -> Result<Found, Error> {
        let table = row.qualified_name(1)?;
        Ok(Found {
            is_partitioned: row.get(3)?,
            siblings: row.get(4)?,
            candidates: row.get(5)?,
            fed: row.get(6)?,
            column: row.optional_text(7)?,
            is_not_null: row.optional(8)?.unwrap_or(false),
            own_sequence: row.optional(9)?,
            is_empty: row.get(10)?,
            has_other_key: row.get(11)?,
            ready: ready(&table, row.texts(12)?),
            is_exact: row.is_exact(),
            table,
        })
    }

    /// Returns the table, or `None` if another key is as good as a primary one.
    fn keyless(self) -> Option<Keyless> {
        // pg_dump writes NOT NULL in CREATE TABLE, before it adds the key: a nullable column was
        // not the key. A table made by CREATE TABLE AS has columns with such names, but they are
        // nullable. A partitioned table's key has to include the partition key, so many lack a key
        // on purpose.
        let is_likely = !self.is_partitioned && self.is_not_null && (self.candidates == 1 || self.fed > 0);
        let is_evident = is_likely && self.is_fed_by_its_own();
        let columns = self.column.filter(|_| is_evident && self.candidates == 1).map(|name| quote_identifier(&name));
        if self.has_other_key && (self.ready.is_none() || columns.is_none()) {
            return None;
        }
        Some(Keyless {
            table: self.table,
            is_partitioned: self.is_partitioned,
            siblings: self.siblings,
            siblings_are: "other tables of the schema".to_owned(),
            is_likely,
            is_evident,
            columns,
            ready: self.ready,
            is_exact: self.is_exact,
        })
    }

    /// Whether rows get their ids from the table's own sequence. Rows that a trigger copies from
    /// another table keep their ids, and the sequence is never drawn from. False if the sequence
    /// cannot be read.
    fn is_fed_by_its_own(&self) -> bool {
        self.own_sequence.is_some_and(|sequence| {
            self.is_empty
                || access::may_read_sequence(sequence)
                    && subtransaction::attempt(|| sequence_state::read_nowait(sequence))
                        .is_ok_and(|state| state.is_some_and(|state| state.is_called))
        })
    }
}

struct Keyless {
    table: QualifiedName,
    is_partitioned: bool,
    /// Number of its siblings that have a primary key.
    siblings: i64,
    /// The siblings in words: `tables of the schema`, …
    siblings_are: String,
    /// Whether it has a column that looks like a key.
    is_likely: bool,
    /// Whether its own sequence feeds that column, or the other partitions have the key.
    is_evident: bool,
    /// The columns of the key that it should have, as SQL spells them, if that is evident.
    columns: Option<String>,
    /// The index that the first step of the fix built.
    ready: Option<String>,
    is_exact: bool,
}

impl Keyless {
    fn of_parent(row: &CatalogRow<'_, '_>) -> Result<Keyless, Error> {
        let table = row.qualified_name(1)?;
        // The key of one inheritance child is not evidence for another: the application created
        // each of them separately.
        let is_evident = row.get(8)?;
        Ok(Keyless {
            is_partitioned: row.get(3)?,
            siblings: row.get(4)?,
            siblings_are: format!("other children of {}", row.qualified(5)?),
            is_likely: true,
            is_evident,
            columns: row.optional_text(7)?.filter(|_| is_evident),
            ready: ready(&table, row.texts(9)?),
            is_exact: row.is_exact(),
            table,
        })
    }

    fn finding(&self) -> Result<Finding, Error> {
        let columns = self.columns.as_deref().filter(|_| !self.is_partitioned && self.is_exact);
        let fix = columns.map(|columns| self.fix(columns)).transpose()?;
        let rest = match (&fix, &self.ready) {
            (None, _) if self.is_evident => "its owner has to choose the columns of the key",
            (None, _) => "it may lack one on purpose",
            (Some(_), None) => {
                "the fix builds the key's index without blocking writers, and fails with 23505 if there are duplicates; \
                 ADD CONSTRAINT is the next step"
            }
            (Some(_), Some(_)) => {
                "its index exists, and the fix makes it the primary key, which locks the table briefly"
            }
        };
        Ok(Finding {
            severity: if self.is_evident { Severity::Warning } else { Severity::Info },
            check_name: "primary_key_missing",
            object: format!("table {}", self.table.quoted()),
            detail: format!("{} {} have a primary key; {rest}", self.siblings, self.siblings_are),
            fix,
        })
    }

    /// Returns the first step, which builds the index or, once the index exists, the second one.
    /// They are separate because CREATE INDEX CONCURRENTLY cannot run in a multi-statement string.
    fn fix(&self, columns: &str) -> Result<String, Error> {
        let table = self.table.quoted();
        if let Some(index) = &self.ready {
            let index = quote_identifier(index);
            return Ok(format!(
                "SET lock_timeout = '5s'; ALTER TABLE {table} ADD CONSTRAINT {index} PRIMARY KEY USING INDEX {index}; RESET lock_timeout;"
            ));
        }
        let index = quote_identifier(&object_name::free(&self.table, SUFFIX, |_| false)?);
        Ok(format!("CREATE UNIQUE INDEX CONCURRENTLY {index} ON {table} ({columns});"))
    }
}

/// Returns the first index with a name that the fix may have given.
fn ready(table: &QualifiedName, indexes: Vec<String>) -> Option<String> {
    indexes.into_iter().find(|index| object_name::is_made_of(index, &table.name, SUFFIX))
}
