//! Finds triggers, rules and event triggers that are disabled or fire only on replicas, as a failed
//! load with --disable-triggers leaves them. Other checks cover the triggers of foreign keys and of
//! the guard.
//!
//! Locks: AccessShareLock on catalogs, released before it returns.

use super::finding::{Finding, Severity};
use super::target::Target;
use crate::error::Error;
use crate::pg::catalog_query::{CatalogRow, read};

const TRIGGERS_OFF: &str = include_str!("../../sql/queries/triggers_disabled.sql");

pub fn check(target: &Target<'_>) -> Result<Vec<Finding>, Error> {
    read(TRIGGERS_OFF, &[target.schemas.clone().into()], finding)
}

fn finding(row: &CatalogRow<'_, '_>) -> Result<Finding, Error> {
    let kind = row.text(1)?;
    let name = row.identifier(2)?;
    let is_replicas = row.get::<bool>(3)?;
    let (severity, when) = match is_replicas {
        true => (Severity::Info, "it fires only in sessions with session_replication_role = replica"),
        false => (Severity::Warning, "it is disabled: enabling it does not make up for what it has missed"),
    };
    if kind == "e" {
        return Ok(Finding {
            severity,
            check_name: if is_replicas { "trigger_replica_only" } else { "trigger_disabled" },
            object: format!("event trigger {name}"),
            detail: when.to_owned(),
            fix: row.fix(format!("ALTER EVENT TRIGGER {name} ENABLE;")).filter(|_| !is_replicas),
        });
    }
    let table = row.qualified(4)?;
    let constraint = row.optional_text(6)?.map(|constraint| crate::pg::names::quote_identifier(&constraint));
    let (what, check_name) = match (kind.as_str(), is_replicas) {
        ("r", false) => ("RULE", "rule_disabled"),
        ("r", true) => ("RULE", "rule_replica_only"),
        (_, false) => ("TRIGGER", "trigger_disabled"),
        (_, true) => ("TRIGGER", "trigger_replica_only"),
    };
    let detail = match constraint {
        // The index of a deferrable constraint accepts duplicates: the trigger checks them later.
        Some(constraint) => {
            format!(
                "{when}; until then, the deferrable constraint {constraint} is not enforced; enabling it requires a superuser"
            )
        }
        None => when.to_owned(),
    };
    Ok(Finding {
        severity,
        check_name,
        object: format!("{} {name} on table {table}", what.to_lowercase()),
        detail,
        // On a subscriber it may be intended.
        fix: row.fix(format!("ALTER TABLE {table} ENABLE {what} {name};")).filter(|_| !is_replicas),
    })
}
