//! Finds views that cannot be read: their owner lacks privileges on the tables that they read, as
//! after a restore with other owners or without privileges, or they were never filled.
//!
//! Locks: AccessShareLock on catalogs, released before it returns.

use super::finding::{Finding, Severity};
use super::target::Target;
use crate::error::Error;
use crate::pg::catalog_query::{CatalogRow, read};
use crate::pg::encoded_text::{ServerText, encode_c};
use crate::pg::memory;
use crate::pg::names::{self, quote_identifier};
use crate::pg::parser::analysis::{Access, missing_privilege, view_accesses};
use crate::report::wording::{Clause, detail, list};
use pgrx::pg_sys::Oid;

const FORBIDDEN: &str = include_str!("../../sql/queries/views_forbidden.sql");
const UNPOPULATED: &str = include_str!("../../sql/queries/materialized_views_unpopulated.sql");

pub fn check(target: &Target<'_>) -> Result<Vec<Finding>, Error> {
    let schemas = &target.user_schemas;
    let mut findings: Vec<Finding> =
        read(FORBIDDEN, &[schemas.clone().into()], forbidden)?.into_iter().flatten().collect();
    findings.extend(read(UNPOPULATED, &[schemas.clone().into()], unpopulated)?);
    Ok(findings)
}

fn forbidden(row: &CatalogRow<'_, '_>) -> Result<Option<Finding>, Error> {
    memory::step();
    let (owner, owner_name) = (row.get::<Oid>(4)?, quote_identifier(&row.text(5)?));
    let Some(action) = encode_c(&row.get::<ServerText>(6)?.0) else { return Ok(None) };
    let lacking: Vec<(&str, String)> =
        view_accesses(&action).iter().filter_map(|access| lacks(access, owner)).collect();
    let Some((privilege, _)) = lacking.first() else { return Ok(None) };
    let mut tables: Vec<&str> =
        lacking.iter().filter(|(other, _)| other == privilege).map(|(_, table)| table.as_str()).collect();
    tables.sort_unstable();
    tables.dedup();
    let (kind, consequence) = match row.get(3)? {
        true => ("materialized view", "REFRESH fails with 42501"),
        false => ("view", "each query of it fails with 42501"),
    };
    let reason = format!("its owner {owner_name} lacks {privilege} {}; {consequence}", list("on", &tables));
    // Another owner may be what is wrong, so there is no fix.
    let grant = format!("GRANT {privilege} ON TABLE {} TO {owner_name};", tables.join(", "));
    let clauses = [reason.into(), Clause::with_statement("unless the view has the wrong owner", grant)];
    Ok(Some(Finding {
        severity: Severity::Error,
        check_name: "view_forbidden",
        object: format!("{kind} {}", row.qualified(1)?),
        detail: detail(&clauses).unwrap_or_default(),
        fix: None,
    }))
}

/// Returns the privilege on a relation that the role needs and lacks, with the relation's name;
/// `None` if it has them all, or if the relation has been dropped.
fn lacks(access: &Access, role: Oid) -> Option<(&'static str, String)> {
    names::relation_kind(access.relation)?;
    let privilege = missing_privilege(access, role)?;
    Some((privilege, names::relation_name(access.relation)?.quoted()))
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
