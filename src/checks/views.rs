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
use crate::report::refresh_order;
use crate::report::wording::{Clause, detail, list};
use pgrx::pg_sys::Oid;
use std::collections::HashMap;
use std::iter;

const FORBIDDEN: &str = include_str!("../../sql/queries/views_forbidden.sql");
const UNPOPULATED: &str = include_str!("../../sql/queries/materialized_views_unpopulated.sql");
const READS: &str = include_str!("../../sql/queries/view_reads.sql");

pub fn check(target: &Target<'_>) -> Result<Vec<Finding>, Error> {
    let schemas = &target.user_schemas;
    let mut findings: Vec<Finding> =
        read(FORBIDDEN, &[schemas.clone().into()], forbidden)?.into_iter().flatten().collect();
    findings.extend(unpopulated(schemas)?);
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

fn unpopulated(schemas: &[Oid]) -> Result<Vec<Finding>, Error> {
    let found = read(UNPOPULATED, &[schemas.to_vec().into()], |row| {
        let view = row.qualified(1)?;
        Ok((row.get::<Oid>(3)?, row.fix(format!("REFRESH MATERIALIZED VIEW {view};")), view))
    })?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let (mut reads, mut unfilled) = (HashMap::<u32, Vec<u32>>::new(), HashMap::new());
    for (view, relation, name) in read(READS, &[], reading)? {
        reads.entry(view).or_default().push(relation);
        unfilled.extend(name.map(|name| (relation, name)));
    }
    let read_by = |view| reads.get(&view).cloned().unwrap_or_default();
    let findings = found.into_iter().map(|(oid, refresh, view)| {
        memory::step();
        let first = refresh_order::first(oid.to_u32(), read_by, |relation| unfilled.contains_key(&relation));
        let mut first: Vec<String> = first.iter().filter_map(|oid| unfilled.get(oid).cloned()).collect();
        first.sort_unstable();
        let not_yet = refresh_order::reason(&first).map(Clause::from);
        let clauses: Vec<Clause> =
            iter::once("it was never filled: queries of it fail with 55000".into()).chain(not_yet).collect();
        Finding {
            severity: Severity::Warning,
            check_name: "view_unpopulated",
            object: format!("materialized view {view}"),
            detail: detail(&clauses).unwrap_or_default(),
            fix: refresh.filter(|_| first.is_empty()),
        }
    });
    Ok(findings.collect())
}

/// Returns a view, a relation that it reads, and the name of that if it is not filled.
fn reading(row: &CatalogRow<'_, '_>) -> Result<(u32, u32, Option<String>), Error> {
    let name = if row.get(3)? { Some(row.qualified(4)?) } else { None };
    Ok((row.get::<Oid>(1)?.to_u32(), row.get::<Oid>(2)?.to_u32(), name))
}
