//! Finds schemas that a role may not use although it owns tables or views in them, or
//! something was granted on one to it, as after a restore without privileges.
//!
//! Locks: AccessShareLock on catalogs, released before it returns.

use super::finding::{Finding, Severity};
use super::target::Target;
use crate::error::Error;
use crate::pg::catalog_query::{CatalogRow, read};
use crate::pg::names::quote_identifier;
use crate::report::wording::{Clause, detail, series};

const SCHEMAS_FORBIDDEN: &str = include_str!("../../sql/queries/schema_privileges_missing.sql");

pub fn check(target: &Target<'_>) -> Result<Vec<Finding>, Error> {
    read(SCHEMAS_FORBIDDEN, &[target.user_schemas.clone().into()], finding)
}

fn finding(row: &CatalogRow<'_, '_>) -> Result<Finding, Error> {
    let schema = row.identifier(1)?;
    let roles: Vec<String> = row.texts(2)?.iter().map(|role| quote_identifier(role)).collect();
    let owns = if roles.len() == 1 { "owns" } else { "own" };
    let reason = format!(
        "{} {owns} tables or views in it or may access some, but may not use the schema: statements that name them \
         fail with 42501",
        series(&roles, " and ")
    );
    // The schema may have been closed to them on purpose.
    let grant = format!("GRANT USAGE ON SCHEMA {schema} TO {};", roles.join(", "));
    let clauses = [reason.into(), Clause::with_statement("if they should use it", grant)];
    Ok(Finding {
        // Statements of other roles succeed.
        severity: Severity::Warning,
        check_name: "schema_forbidden",
        object: format!("schema {schema}"),
        detail: detail(&clauses).unwrap_or_default(),
        fix: None,
    })
}
