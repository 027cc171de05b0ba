//! Finds constraints that were added NOT VALID and never validated, and those that are NOT
//! ENFORCED, except foreign keys.
//!
//! Locks: AccessShareLock on catalogs, released before it returns.

use super::finding::{Finding, Severity};
use super::target::Target;
use crate::error::Error;
use crate::pg::catalog_query::{CatalogRow, read};

const CONSTRAINTS_NOT_VALID: &str = include_str!("../../sql/queries/constraints_not_valid.sql");

pub fn check(target: &Target<'_>) -> Result<Vec<Finding>, Error> {
    read(CONSTRAINTS_NOT_VALID, &[target.schemas.clone().into()], finding)
}

fn finding(row: &CatalogRow<'_, '_>) -> Result<Finding, Error> {
    let owner = row.qualified(1)?;
    let constraint = row.identifier(3)?;
    let (kind, alter) = if row.get(4)? { ("domain", "DOMAIN") } else { ("table", "TABLE") };
    let object = format!("constraint {constraint} on {kind} {owner}");
    let (is_enforced, is_not_null) = (row.get::<bool>(5)?, row.get::<bool>(6)?);
    if !is_enforced {
        // Neither is offered as a fix: both block the table's users while rows are read.
        let detail = if cfg!(since_19) {
            "it is NOT ENFORCED: rows may violate it; ALTER CONSTRAINT … ENFORCED reads all rows while it blocks all \
             access to the table"
        } else {
            "it is NOT ENFORCED: rows may violate it; to enforce it, drop it and add it again"
        };
        let detail = detail.to_owned();
        return Ok(Finding {
            severity: Severity::Info,
            check_name: "constraint_not_enforced",
            object,
            detail,
            fix: None,
        });
    }
    let sqlstate = if is_not_null { "23502" } else { "23514" };
    Ok(Finding {
        severity: Severity::Warning,
        check_name: "constraint_not_valid",
        object,
        detail: format!(
            "it was added NOT VALID: older rows may violate it; VALIDATE checks them without blocking writers, and fails \
             with {sqlstate} if one does"
        ),
        fix: row.fix(format!("ALTER {alter} {owner} VALIDATE CONSTRAINT {constraint};")),
    })
}
