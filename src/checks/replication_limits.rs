//! Says what logical replication leaves out, in a database that uses it.
//!
//! Locks: AccessShareLock on catalogs, released before it returns.

use super::finding::{Finding, Severity};
use super::target::Target;
use crate::error::Error;
use crate::pg::catalog_query::{CatalogRow, read};
use crate::pg::database;
use crate::report::scope::Scope;
use crate::report::wording::{counted, series};

const IN_USE: &str = include_str!("../../sql/queries/replication_in_use.sql");

pub fn check(target: &Target<'_>) -> Result<Vec<Finding>, Error> {
    if !matches!(target.scope, Scope::Database) {
        return Ok(Vec::new());
    }
    let found = read(IN_USE, &[target.user_schemas.clone().into()], finding)?;
    Ok(found.into_iter().flatten().collect())
}

fn finding(row: &CatalogRow<'_, '_>) -> Result<Option<Finding>, Error> {
    let (publications, subscriptions) = (row.get::<i64>(1)?, row.get::<i64>(2)?);
    let (sequences, views, has_large_objects) = (row.get::<i64>(3)?, row.get::<i64>(4)?, row.get::<bool>(5)?);
    let uses: Vec<String> = [(publications, "publication"), (subscriptions, "subscription")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, noun)| counted(count, noun))
        .collect();
    if uses.is_empty() {
        return Ok(None);
    }
    let mut left_out = Vec::new();
    if sequences > 0 {
        left_out.push(format!("the positions of {}", counted(sequences, "sequence")));
    }
    if has_large_objects {
        left_out.push("large objects".to_owned());
    }
    if views > 0 {
        left_out.push(format!("the rows of {}", counted(views, "materialized view")));
    }
    left_out.push("DDL".to_owned());
    let verb = if left_out.len() == 1 { "is" } else { "are" };
    Ok(Some(Finding {
        severity: Severity::Info,
        check_name: "not_replicated",
        object: format!("database {}", database::quoted_name()),
        detail: format!(
            "{}: {} {verb} not replicated, and left behind at a cut-over unless they are moved by other means",
            series(&uses, " and "),
            series(&left_out, " and ")
        ),
        fix: None,
    }))
}
