//! Finds subscriptions that do not deliver, and tables that none of them writes to although one
//! seems to be meant for them.
//!
//! Locks: AccessShareLock on catalogs, released before it returns.

use super::finding::{Finding, Severity};
use super::target::Target;
use crate::error::Error;
use crate::pg::catalog_query::{CatalogRow, read};
use crate::pg::names::{QualifiedName, quote_identifier};
use crate::report::scope::Scope;
use crate::report::wording::{counted, join, list};
use pgrx::pg_sys::Oid;

const SUBSCRIPTIONS: &str = include_str!("../../sql/queries/subscriptions.sql");
const SUBSCRIBED_TABLES: &str = include_str!("../../sql/queries/subscribed_tables.sql");
const NOT_SUBSCRIBED: &str = include_str!("../../sql/queries/tables_not_subscribed.sql");

pub fn check(target: &Target<'_>) -> Result<Vec<Finding>, Error> {
    let is_all = matches!(target.scope, Scope::Database);
    let found = read(SUBSCRIPTIONS, &[target.user_schemas.clone().into(), is_all.into()], not_ready)?;
    let mut findings: Vec<Finding> = found.into_iter().flatten().collect();
    findings.extend(not_subscribed(target)?);
    Ok(findings)
}

/// Returns why the subscription does not deliver; `None` if it does.
fn not_ready(row: &CatalogRow<'_, '_>) -> Result<Option<Finding>, Error> {
    let name = row.identifier(1)?;
    let (is_enabled, is_running) = (row.get::<bool>(2)?, row.optional::<bool>(3)?);
    let failures = row.get::<i64>(4)?;
    let uncopied: Vec<String> = row.qualified_names(5)?.iter().map(QualifiedName::quoted).collect();
    let is_dead = is_enabled && is_running == Some(false);
    let mut reasons = Vec::new();
    if !is_enabled {
        reasons.push("it is disabled: no change arrives".to_owned());
    } else if is_dead {
        reasons.push("its apply worker does not run: no change arrives, and the server log says why".to_owned());
    }
    if failures > 0 && (!is_enabled || is_dead || !uncopied.is_empty()) {
        reasons.push(format!("its workers have failed {}", counted(failures, "time")));
    }
    if !uncopied.is_empty() {
        let tables: Vec<&str> = uncopied.iter().map(String::as_str).collect();
        reasons.push(list("the first copy is not finished for", &tables));
    }
    // A copy in progress is what a new subscription does.
    let severity = if is_enabled && !is_dead && failures == 0 { Severity::Info } else { Severity::Warning };
    Ok(join(reasons).map(|detail| Finding {
        severity,
        check_name: "subscription_not_ready",
        object: format!("subscription {name}"),
        detail,
        // After a cut-over, enabling it would apply changes again.
        fix: None,
    }))
}

fn not_subscribed(target: &Target<'_>) -> Result<Vec<Finding>, Error> {
    let subscribed = read(SUBSCRIBED_TABLES, &[], |row| Ok((row.get::<Oid>(1)?, row.texts(2)?)))?;
    if subscribed.is_empty() {
        return Ok(Vec::new());
    }
    let pairs = subscribed.into_iter().flat_map(|(table, names)| names.into_iter().map(move |name| (table, name)));
    let (tables, names): (Vec<Oid>, Vec<String>) = pairs.unzip();
    read(NOT_SUBSCRIBED, &[target.user_schemas.clone().into(), tables.into(), names.into()], |row| {
        let subscription = row.identifier(3)?;
        let why = why(row, 4, "subscription", &subscription, "writes to")?;
        Ok(Finding {
            severity: Severity::Info,
            check_name: "table_not_subscribed",
            object: format!("table {}", row.qualified(1)?),
            detail: format!(
                "no subscription writes to it, although {why}; if it was published later, run ALTER SUBSCRIPTION \
                 {subscription} REFRESH PUBLICATION;"
            ),
            fix: None,
        })
    })
}

/// Returns why a publication or subscription seems to be meant for a table: that of the table in
/// this column refers to it, or most tables of its schema are in it.
pub fn why(row: &CatalogRow<'_, '_>, referring: usize, kind: &str, name: &str, verb: &str) -> Result<String, Error> {
    let schema = row.optional_text(referring)?;
    let table = row.optional_text(referring + 1)?;
    Ok(match schema.zip(table) {
        Some((schema, table)) => {
            let table = QualifiedName { schema, name: table }.quoted();
            format!("{kind} {name} {verb} {table}, which refers to it")
        }
        None => format!("{kind} {name} {verb} most tables of schema {}", quote_identifier(&row.text(1)?)),
    })
}
