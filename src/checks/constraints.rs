//! Constraints that were added NOT VALID and never validated; foreign keys are another check's.
//!
//! Locks: AccessShareLock on catalogs, given back before it returns.

use super::finding::{Finding, Severity};
use super::target::Target;
use crate::fault::Fault;
use crate::pg::names::{QualifiedName, quote_identifier};
use crate::pg::row::required;
use crate::pg::subtransaction;
use pgrx::Spi;
use pgrx::spi::SpiHeapTupleData;

const CONSTRAINTS_NOT_VALID: &str = include_str!("../../sql/queries/constraints_not_valid.sql");

pub fn check(target: &Target<'_>) -> Result<Vec<Finding>, Fault> {
    subtransaction::discard(|| {
        Spi::connect(|client| {
            let rows = client.select(CONSTRAINTS_NOT_VALID, None, &[target.schema_oid().into()])?;
            rows.map(|row| finding(&row)).collect()
        })
    })
}

fn finding(row: &SpiHeapTupleData) -> Result<Finding, Fault> {
    let constraint = quote_identifier(&required::<String>(row, 1)?);
    let owner = QualifiedName { schema: required(row, 2)?, name: required(row, 3)? }.quoted();
    let is_domain = required::<bool>(row, 4)?;
    let (kind, alter) = if is_domain { ("domain", "DOMAIN") } else { ("table", "TABLE") };
    Ok(Finding {
        severity: Severity::Warning,
        check_name: "constraint_not_valid",
        object: format!("constraint {constraint} on {kind} {owner}"),
        detail: "it was added NOT VALID: rows that were there before may break it".to_owned(),
        fix: Some(format!("ALTER {alter} {owner} VALIDATE CONSTRAINT {constraint};")),
    })
}
