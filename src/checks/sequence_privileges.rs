//! Finds sequences that a role may not draw from although it may insert into their table. GRANT
//! INSERT does not grant the privileges that defaults need; a restore without privileges, or a
//! sequence with another owner, has the same effect.
//!
//! Locks: AccessShareLock on catalogs, released before it returns.

use super::finding::{Finding, Severity};
use super::target::Target;
use crate::error::Error;
use crate::pg::catalog_query::{CatalogRow, read};
use crate::pg::names::quote_identifier;

const SEQUENCES_FORBIDDEN: &str = include_str!("../../sql/queries/sequence_privileges_missing.sql");

pub fn check(target: &Target<'_>) -> Result<Vec<Finding>, Error> {
    read(SEQUENCES_FORBIDDEN, &[target.schemas.clone().into()], finding)
}

fn finding(row: &CatalogRow<'_, '_>) -> Result<Finding, Error> {
    let (sequence, table, column) = (row.qualified(1)?, row.qualified(3)?, row.identifier(5)?);
    let (tables, is_public) = (row.get::<i64>(6)?, row.get::<bool>(8)?);
    let mut roles: Vec<String> = row.texts(7)?.iter().map(|role| quote_identifier(role)).collect();
    if is_public {
        roles.insert(0, "PUBLIC".to_owned());
    }
    let others = match tables - 1 {
        0 => String::new(),
        1 => " and 1 more table".to_owned(),
        count => format!(" and {count} more tables"),
    };
    // A grant to PUBLIC covers every other role.
    let grantees = if is_public { "PUBLIC".to_owned() } else { roles.join(", ") };
    Ok(Finding {
        // Inserts of other roles may succeed.
        severity: Severity::Warning,
        check_name: "sequence_forbidden",
        object: format!("sequence {sequence} feeding {table}.{column}"),
        detail: format!(
            "{} may insert into {table}{others} but may not draw from the sequence: inserts that omit {column} fail with 42501",
            roles.join(", ")
        ),
        fix: row.fix(format!("GRANT USAGE ON SEQUENCE {sequence} TO {grantees};")),
    })
}
