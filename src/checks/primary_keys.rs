//! Tables without a primary key where all their siblings have one: a restore loses it where duplicates were loaded.
//!
//! Locks: AccessShareLock on catalogs, given back before it returns.

use super::finding::{Finding, Severity};
use super::target::Target;
use crate::catalog_row::{CatalogRow, read};
use crate::fault::Fault;
use crate::new_name;
use crate::pg::names::{QualifiedName, quote_identifier};
use std::collections::HashMap;

const KEYLESS_TABLES: &str = include_str!("../../sql/queries/keyless_tables.sql");
const KEYLESS_CHILDREN: &str = include_str!("../../sql/queries/keyless_children.sql");

/// Among so many tables with a key, one that has none and needs none is no exception to the rule.
const SIBLINGS_FOR_EACH_LOG: i64 = 10;

pub fn check(target: &Target<'_>) -> Result<Vec<Finding>, Fault> {
    let mut findings = tables(read(KEYLESS_TABLES, &[target.schema_oid().into()], Keyless::of_schema)?)?;
    let children = read(KEYLESS_CHILDREN, &[target.schema_oid().into()], Keyless::of_parent)?;
    for child in &children {
        findings.push(child.finding()?);
    }
    Ok(findings)
}

/// Those that stand out in their schema: more tables have a key than have none, and all others without one should have one as
/// well. One that should have a key stands out among many even if a few logs have none.
fn tables(keyless: Vec<Keyless>) -> Result<Vec<Finding>, Fault> {
    let mut schemas: HashMap<&str, (i64, i64)> = HashMap::new();
    for table in &keyless {
        let (all, evident) = schemas.entry(&table.table.schema).or_default();
        *all += 1;
        *evident += i64::from(table.is_evident);
    }
    let stands_out = |table: &&Keyless| {
        let (all, evident) = schemas.get(table.table.schema.as_str()).copied().unwrap_or_default();
        let others_without_reason = all - evident - i64::from(!table.is_evident);
        let tolerated = if table.is_evident { table.siblings / SIBLINGS_FOR_EACH_LOG } else { 0 };
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
    is_evident: bool,
    /// The columns of the key it should have, as SQL has to spell them, if that is evident.
    columns: Option<String>,
    is_exact: bool,
}

impl Keyless {
    fn of_schema(row: &CatalogRow<'_, '_>) -> Result<Keyless, Fault> {
        let (candidates, fed): (i64, i64) = (row.get(5)?, row.get(6)?);
        // pg_dump says NOT NULL on its own before it adds the key; a column that may be null was none.
        let is_not_null = row.optional::<bool>(8)?.unwrap_or(false);
        let column = row.optional_text(7)?.filter(|_| candidates == 1 && is_not_null);
        let is_partitioned = row.get(3)?;
        Ok(Keyless {
            table: row.qualified_name(1)?,
            is_partitioned,
            siblings: row.get(4)?,
            siblings_are: "other tables of the schema".to_owned(),
            // A partitioned table's key has to hold what it is partitioned by, so many have none on purpose.
            // A copy made by CREATE TABLE AS has columns that are called so, but may be null.
            is_evident: !is_partitioned && is_not_null && (candidates == 1 || fed > 0),
            columns: column.map(|name| quote_identifier(&name)),
            is_exact: row.is_exact(),
        })
    }

    fn of_parent(row: &CatalogRow<'_, '_>) -> Result<Keyless, Fault> {
        Ok(Keyless {
            table: row.qualified_name(1)?,
            is_partitioned: row.get(3)?,
            siblings: row.get(4)?,
            siblings_are: format!("other children of {}", row.qualified(5)?),
            is_evident: true,
            columns: Some(row.text(7)?),
            is_exact: row.is_exact(),
        })
    }

    fn finding(&self) -> Result<Finding, Fault> {
        let (table, siblings) = (self.table.quoted(), self.siblings);
        let mut detail = format!("{siblings} {} have a primary key", self.siblings_are);
        let fix = match &self.columns {
            Some(columns) if !self.is_partitioned && self.is_exact => Some(self.fix(columns)?),
            _ => None,
        };
        if fix.is_some() {
            detail.push_str(
                "; the fix fails with 23505 if duplicates are there; its first statement blocks no writer and cannot run in a \
                 transaction, ADD CONSTRAINT locks the table for a moment",
            );
        }
        Ok(Finding {
            severity: if self.is_evident { Severity::Warning } else { Severity::Info },
            check_name: "primary_key_missing",
            object: format!("table {table}"),
            detail,
            fix,
        })
    }

    fn fix(&self, columns: &str) -> Result<String, Fault> {
        let table = self.table.quoted();
        let index = quote_identifier(&new_name::free(&self.table, "_pkey", |_| false)?);
        Ok(format!(
            "CREATE UNIQUE INDEX CONCURRENTLY {index} ON {table} ({columns});\n\
             SET lock_timeout = '5s';\n\
             ALTER TABLE {table} ADD CONSTRAINT {index} PRIMARY KEY USING INDEX {index};\n\
             RESET lock_timeout;"
        ))
    }
}
