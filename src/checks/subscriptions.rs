//! Finds subscriptions that do not deliver, and tables that none of them writes to although one
//! seems to be meant for them.
//!
//! Locks: AccessShareLock on catalogs, released before it returns.

use super::finding::{Finding, Severity};
use super::left_out::{self, LeftOut};
use super::target::Target;
use crate::error::Error;
use crate::pg::catalog_query::{CatalogRow, read};
use crate::pg::names::QualifiedName;
use crate::report::scope::Scope;
use crate::report::wording::{counted, join, list};

const SUBSCRIPTIONS: &str = include_str!("../../sql/queries/subscriptions.sql");
const SUBSCRIBED_TABLES: &str = include_str!("../../sql/queries/subscribed_tables.sql");

pub fn check(target: &Target<'_>) -> Result<Vec<Finding>, Error> {
    let is_all = matches!(target.scope, Scope::Database);
    let found = read(SUBSCRIPTIONS, &[target.user_schemas.clone().into(), is_all.into()], not_ready)?;
    let mut findings: Vec<Finding> = found.into_iter().flatten().collect();
    let left_out = left_out::tables(target, SUBSCRIBED_TABLES, "subscription", "writes to")?;
    findings.extend(left_out.into_iter().map(not_subscribed));
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

fn not_subscribed(left_out: LeftOut) -> Finding {
    let LeftOut { table, name, why, .. } = left_out;
    Finding {
        severity: Severity::Info,
        check_name: "table_not_subscribed",
        object: format!("table {table}"),
        detail: format!(
            "no subscription writes to it, although {why}; if it was published later, run ALTER SUBSCRIPTION {name} \
             REFRESH PUBLICATION;"
        ),
        fix: None,
    }
}
