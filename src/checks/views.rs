//! Finds views that cannot be read: their owner lacks privileges on the tables that they read, as
//! after a restore with other owners or without privileges, or they were never filled.
//!
//! Locks: AccessShareLock on catalogs, released before it returns.

use super::finding::{Finding, Severity};
use super::target::Target;
use crate::error::Error;
use crate::pg::catalog_query::{CatalogRow, read};
use crate::pg::names::quote_identifier;
use crate::report::wording::{Clause, detail, list};

const FORBIDDEN: &str = include_str!("../../sql/queries/views_forbidden.sql");
const UNPOPULATED: &str = include_str!("../../sql/queries/materialized_views_unpopulated.sql");

pub fn check(target: &Target<'_>) -> Result<Vec<Finding>, Error> {
    let mut findings = read(FORBIDDEN, &[target.user_schemas.clone().into()], forbidden)?;
    findings.extend(read(UNPOPULATED, &[target.user_schemas.clone().into()], unpopulated)?);
    Ok(findings)
}

fn forbidden(row: &CatalogRow<'_, '_>) -> Result<Finding, Error> {
    let (view, owner) = (row.qualified(1)?, quote_identifier(&row.text(4)?));
    let tables: Vec<String> = row.qualified_names(5)?.iter().map(|table| table.quoted()).collect();
    let names: Vec<&str> = tables.iter().map(String::as_str).collect();
    let (kind, consequence) = match row.get(3)? {
        true => ("materialized view", "REFRESH fails with 42501"),
        false => ("view", "each query of it fails with 42501"),
    };
    let reason = format!("its owner {owner} may not read {}; {consequence}", list("", &names).trim_start());
    // Another owner may be what is wrong, so there is no fix.
    let grant = format!("GRANT SELECT ON TABLE {} TO {owner};", tables.join(", "));
    let clauses = [reason.into(), Clause::with_statement("unless the view has the wrong owner", grant)];
    Ok(Finding {
        severity: Severity::Error,
        check_name: "view_forbidden",
        object: format!("{kind} {view}"),
        detail: detail(&clauses).unwrap_or_default(),
        fix: None,
    })
}

fn unpopulated(row: &CatalogRow<'_, '_>) -> Result<Finding, Error> {
    let view = row.qualified(1)?;
    Ok(Finding {
        severity: Severity::Warning,
        check_name: "view_unpopulated",
        object: format!("materialized view {view}"),
        detail: "it was never filled: queries of it fail with 55000".to_owned(),
        fix: row.fix(format!("REFRESH MATERIALIZED VIEW {view};")),
    })
}
