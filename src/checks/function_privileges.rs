//! Finds functions that a table or view calls, as in a default, a constraint, a policy or its
//! query, and that a role may not execute although it may use the table or view.
//!
//! Locks: AccessShareLock on catalogs, released before it returns.

use super::finding::{Finding, Severity};
use super::target::Target;
use crate::error::Error;
use crate::pg::catalog_query::{CatalogRow, read};
use crate::pg::names::quote_identifier;
use crate::report::wording::{Clause, detail, series};

const FUNCTIONS_FORBIDDEN: &str = include_str!("../../sql/queries/functions_forbidden.sql");

pub fn check(target: &Target<'_>) -> Result<Vec<Finding>, Error> {
    read(FUNCTIONS_FORBIDDEN, &[target.user_schemas.clone().into()], finding)
}

fn finding(row: &CatalogRow<'_, '_>) -> Result<Finding, Error> {
    let (function, table) = (row.text(1)?, row.qualified(2)?);
    let others = match row.get::<i64>(4)? - 1 {
        0 => String::new(),
        1 => " and 1 more table".to_owned(),
        count => format!(" and {count} more tables"),
    };
    let callers = row.texts(6)?;
    let call = if callers.len() == 1 { "calls" } else { "call" };
    let roles: Vec<String> = row.texts(5)?.iter().map(|role| quote_identifier(role)).collect();
    let reason = format!(
        "{} may use {table}{others}, where {} {call} it, but may not execute it: statements that need it fail with \
         42501",
        series(&roles, " and "),
        series(&callers, " and ")
    );
    // A function may do more than its caller may, so granting it is for people to decide.
    let grant = format!("GRANT EXECUTE ON FUNCTION {function} TO {};", roles.join(", "));
    let clauses = [reason.into(), Clause::with_statement("if they should", grant)];
    Ok(Finding {
        // Statements of other roles succeed.
        severity: Severity::Warning,
        check_name: "function_forbidden",
        object: format!("function {function}"),
        detail: detail(&clauses).unwrap_or_default(),
        fix: None,
    })
}
