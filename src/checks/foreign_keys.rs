//! Finds foreign keys that are violated or not enforced, from the catalogs and, with `deep`, from
//! the rows.
//!
//! Locks: only on catalogs; with `deep`, also AccessShareLock on the tables of one foreign key at a
//! time.

use super::finding::{Finding, Severity};
use super::target::Target;
use super::unread::Kind;
use crate::error::Error;
use crate::foreign_keys::audit::{self, OrphanedDefault, audit, catalog_findings};
use crate::foreign_keys::status::Status;
use crate::pg::names::quote_identifier;

pub fn check(target: &Target<'_>) -> Result<Vec<Finding>, Error> {
    let schema = target.schema_oid();
    let found = if target.is_deep { audit(schema)? } else { catalog_findings(schema)? };
    let found = found.into_iter().map(with_known);
    let (unread, found): (Vec<_>, Vec<_>) =
        found.partition(|found| found.lacks_privilege && found.status == Status::Unknown);
    for found in unread {
        target.unread.note(Kind::ForeignKey, label(&found));
    }
    Ok(found.into_iter().filter_map(finding).collect())
}

/// Returns the finding that the catalogs give if the rows could not be read, so that `deep` does
/// not report fewer findings.
fn with_known(mut found: audit::Finding) -> audit::Finding {
    if let Some((status, fix)) = found.known.take() {
        (found.status, found.fix) = (status, fix);
    }
    found
}

fn label(found: &audit::Finding) -> String {
    format!("{} on table {}", quote_identifier(&found.constraint), found.table_name.quoted())
}

fn finding(found: audit::Finding) -> Option<Finding> {
    let has_orphans = found.orphans.is_some_and(|count| count > 0);
    let (severity, check_name) = match found.status {
        Status::Violated => (Severity::Error, "foreign_key_violated"),
        Status::TriggersOff => (Severity::Error, "foreign_key_triggers_off"),
        Status::NotValidated if has_orphans => (Severity::Error, "foreign_key_not_validated"),
        Status::NotValidated => (Severity::Warning, "foreign_key_not_validated"),
        Status::NotEnforced if has_orphans => (Severity::Warning, "foreign_key_not_enforced"),
        Status::NotEnforced => (Severity::Info, "foreign_key_not_enforced"),
        Status::Unknown => (Severity::Warning, "foreign_key_unknown"),
        Status::Ok => match found.orphaned_default? {
            OrphanedDefault::SetDefault => (Severity::Warning, "foreign_key_default"),
            OrphanedDefault::Insert => (Severity::Info, "foreign_key_default"),
        },
    };
    let hint = match (&found.choices, found.orphans) {
        (Some(_), _) => "; column choices of fk_audit() has the statements that list and repair them",
        (None, None) if found.status != Status::Unknown => "; fk_audit() counts the rows that violate it",
        (None, _) => "",
    };
    Some(Finding {
        severity,
        check_name,
        object: format!("foreign key {}", label(&found)),
        detail: format!("{}{hint}", found.detail.unwrap_or_default()),
        fix: found.fix,
    })
}
