//! Tables without a primary key where all their siblings have one: a restore loses it where duplicates were loaded.
//!
//! Many tables have none by design: a tool's history, the rows that a trigger keeps when others change. A primary key can be made
//! of what is unique now and stop the application later, so there is a fix only for a column that its own sequence feeds, and
//! for a partition whose siblings have the key.
//!
//! Locks: AccessShareLock on catalogs and on sequences, given back before it returns.

use super::finding::{Finding, Severity};
use super::target::Target;
use crate::catalog_row::{CatalogRow, read};
use crate::fault::Fault;
use crate::migrations;
use crate::new_name;
use crate::pg::names::{QualifiedName, quote_identifier};
use std::collections::HashMap;

const KEYLESS_TABLES: &str = include_str!("../../sql/queries/keyless_tables.sql");
const KEYLESS_CHILDREN: &str = include_str!("../../sql/queries/keyless_children.sql");

/// What a primary key's index is called after its table.
const SUFFIX: &str = "_pkey";

/// Among so many tables with a key, one that has none and needs none is no exception to the rule.
const SIBLINGS_FOR_EACH_LOG: i64 = 10;

pub fn check(target: &Target<'_>) -> Result<Vec<Finding>, Fault> {
    let arguments = [target.schema_oid().into(), migrations::tables_of_tools()?.into()];
    let keyless = read(KEYLESS_TABLES, &arguments, Keyless::of_schema)?;
    let mut findings = tables(keyless.into_iter().flatten().collect())?;
    let children = read(KEYLESS_CHILDREN, &[target.schema_oid().into()], Keyless::of_parent)?;
    for child in &children {
        findings.push(child.finding()?);
    }
    Ok(findings)
}

/// Those that stand out in their schema: more tables have a key than have none, and all others without one look as if they should
/// have one as well. One that looks so stands out among many even if a few logs have none.
fn tables(keyless: Vec<Keyless>) -> Result<Vec<Finding>, Fault> {
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

struct Keyless {
    table: QualifiedName,
    is_partitioned: bool,
    /// How many tables beside it have a primary key.
    siblings: i64,
    /// What these are: `tables of the schema`, …
    siblings_are: String,
    /// It has a column that looks like a key.
    is_likely: bool,
    /// Its own sequence feeds that column, or its siblings have the key.
    is_evident: bool,
    /// The columns of the key it should have, as SQL has to spell them, if that is evident.
    columns: Option<String>,
    /// An index that the first step of the fix has made.
    ready: Option<String>,
    is_exact: bool,
}

impl Keyless {
    /// `None` if another key is as good as a primary one.
    fn of_schema(row: &CatalogRow<'_, '_>) -> Result<Option<Keyless>, Fault> {
        let (candidates, fed, own): (i64, i64, i64) = (row.get(5)?, row.get(6)?, row.get(9)?);
        // pg_dump says NOT NULL on its own before it adds the key; a column that may be null was none.
        let is_not_null = row.optional::<bool>(8)?.unwrap_or(false);
        let is_partitioned: bool = row.get(3)?;
        // A partitioned table's key has to hold what it is partitioned by, so many have none on purpose.
        // A copy made by CREATE TABLE AS has columns that are called so, but may be null.
        let is_likely = !is_partitioned && is_not_null && (candidates == 1 || fed > 0);
        let is_evident = is_likely && own > 0;
        let column = row.optional_text(7)?.filter(|_| is_evident && candidates == 1);
        let table = row.qualified_name(1)?;
        let ready = ready(&table, row.texts(11)?);
        if row.get(10)? && (ready.is_none() || column.is_none()) {
            return Ok(None);
        }
        Ok(Some(Keyless {
            table,
            is_partitioned,
            siblings: row.get(4)?,
            siblings_are: "other tables of the schema".to_owned(),
            is_likely,
            is_evident,
            columns: column.map(|name| quote_identifier(&name)),
            ready,
            is_exact: row.is_exact(),
        }))
    }

    fn of_parent(row: &CatalogRow<'_, '_>) -> Result<Keyless, Fault> {
        let table = row.qualified_name(1)?;
        Ok(Keyless {
            is_partitioned: row.get(3)?,
            siblings: row.get(4)?,
            siblings_are: format!("other children of {}", row.qualified(5)?),
            is_likely: true,
            is_evident: true,
            columns: Some(row.text(7)?),
            ready: ready(&table, row.texts(8)?),
            is_exact: row.is_exact(),
            table,
        })
    }

    fn finding(&self) -> Result<Finding, Fault> {
        let columns = self.columns.as_deref().filter(|_| !self.is_partitioned && self.is_exact);
        let fix = columns.map(|columns| self.fix(columns)).transpose()?;
        let rest = match (&fix, &self.ready) {
            (None, _) if self.is_evident => "which columns its key has is for its owner to say",
            (None, _) => "it may have none on purpose",
            (Some(_), None) => {
                "the fix makes the key's index, which blocks no writer and fails with 23505 if duplicates are there; ADD CONSTRAINT \
                 comes then"
            }
            (Some(_), Some(_)) => {
                "its index is there, and the fix makes it the key, which locks the table for a moment"
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

    /// CREATE INDEX CONCURRENTLY runs in no transaction block, and so with no other statement: then the index, now the constraint.
    fn fix(&self, columns: &str) -> Result<String, Fault> {
        let table = self.table.quoted();
        if let Some(index) = &self.ready {
            let index = quote_identifier(index);
            return Ok(format!(
                "SET lock_timeout = '5s'; ALTER TABLE {table} ADD CONSTRAINT {index} PRIMARY KEY USING INDEX {index}; RESET lock_timeout;"
            ));
        }
        let index = quote_identifier(&new_name::free(&self.table, SUFFIX, |_| false)?);
        Ok(format!("CREATE UNIQUE INDEX CONCURRENTLY {index} ON {table} ({columns});"))
    }
}

/// The first index that is called as the fix calls it.
fn ready(table: &QualifiedName, indexes: Vec<String>) -> Option<String> {
    indexes.into_iter().find(|index| new_name::is_made_of(index, &table.name, SUFFIX))
}
