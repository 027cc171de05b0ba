//! fk_audit: judges the rows of every foreign key, validated or not.

use super::ddl::PARTITIONED_NOT_VALID;
use super::discover::{ForeignKey, discover};
use super::orphans::{self, Orphans};
use super::status::Status;
use crate::error::Error;
use crate::pg::names::{self, QualifiedName};
use crate::pg::sql_types::JsonbText;
use crate::report::one_line::pasteable;
use crate::report::progress::Progress;
use crate::report::table_locks::within_budget;
use crate::report::wording;
use pgrx::pg_sys::{self, Oid};

/// A row of `fk_audit`.
#[derive(Clone, Debug)]
pub struct Finding {
    pub status: Status,
    pub constraint: String,
    pub table: Oid,
    pub table_name: QualifiedName,
    pub referenced_table: Oid,
    pub orphans: Option<i64>,
    pub sample: Option<JsonbText>,
    /// The statement that lists the orphans, and the statements that repair them.
    pub choices: Option<Vec<String>>,
    pub detail: Option<String>,
    pub fix: Option<String>,
    /// Set if the child's defaults are a key without a parent row. `None` also if that was not
    /// checked.
    pub orphaned_default: Option<OrphanedDefault>,
    /// If its rows could not be read: what is wrong according to the catalogs, and the fix for
    /// that.
    pub known: Option<(Status, Option<String>)>,
    /// Whether its rows could not be read because the current user lacks a privilege.
    pub lacks_privilege: bool,
}

/// The statements that fail if a default has no parent row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrphanedDefault {
    /// ON DELETE or ON UPDATE SET DEFAULT
    SetDefault,
    Insert,
}

/// Judges the foreign keys of one or all schemas: worst first, most orphans first, then by name.
/// Waits for locks for five seconds altogether, or for lock_timeout.
pub fn audit(schema: Option<Oid>) -> Result<Vec<Finding>, Error> {
    within_budget(|| judge_all(schema))
}

fn judge_all(schema: Option<Oid>) -> Result<Vec<Finding>, Error> {
    let keys = discover(schema)?;
    let mut progress = Progress::new("foreign keys", keys.len());
    let mut findings = Vec::with_capacity(keys.len());
    for key in keys {
        progress.step();
        findings.extend(judge(key));
    }
    findings.sort_by(|one, other| {
        (one.status, other.orphans, &one.table_name, &one.constraint).cmp(&(
            other.status,
            one.orphans,
            &other.table_name,
            &other.constraint,
        ))
    });
    Ok(findings)
}

/// Judges the foreign keys of one or all schemas from the catalogs only; leaves out those in order.
pub fn catalog_findings(schema: Option<Oid>) -> Result<Vec<Finding>, Error> {
    let keys = discover(schema)?.into_iter();
    let findings = keys.map(|key| {
        let status = key.catalog_status();
        Finding::of(key, status, None, None)
    });
    Ok(findings.filter(|finding| finding.status != Status::Ok).collect())
}

/// Judges one foreign key; `None` if one of its tables no longer exists.
fn judge(key: ForeignKey) -> Option<Finding> {
    // The tables may have been dropped since the catalogs were read.
    key.require_tables()?;
    if key.is_temporal {
        return Some(key.unknown("temporal (PERIOD): whether the periods are covered is not checked".to_owned(), None));
    }
    if let Some(refusal) = orphans::obstacle(&key.reference) {
        return Some(key.unknown(refusal.reason, refusal.fix));
    }
    match orphans::orphans(&key.reference) {
        Ok(orphans) => {
            let status = key.status(orphans.count);
            Some(Finding::of(key, status, Some(orphans), None))
        }
        Err(error) => {
            key.require_tables()?;
            Some(key.unknown(wording::error(&error), None))
        }
    }
}

impl ForeignKey {
    /// Returns the finding for a foreign key whose rows were not read: it still says what the
    /// catalogs show.
    fn unknown(self, reason: String, fix: Option<String>) -> Finding {
        let known = self.catalog_status();
        // The fix of a refusal is always a GRANT.
        let lacks_privilege = fix.is_some();
        let finding = Finding { lacks_privilege, ..Finding::of(self, known, None, Some(reason)) };
        match known {
            Status::TriggersOff => finding,
            _ => Finding {
                status: Status::Unknown,
                known: (known != Status::Ok).then_some((known, finding.fix)),
                fix: fix.and_then(pasteable),
                ..finding
            },
        }
    }

    /// Returns `None` if one of its tables no longer exists.
    fn require_tables(&self) -> Option<()> {
        let reference = &self.reference;
        [&reference.child, &reference.parent]
            .iter()
            .all(|table| names::relation_kind(table.oid).is_some())
            .then_some(())
    }

    fn details(&self, orphans: Option<&Orphans>) -> Vec<String> {
        let mut details = Vec::new();
        if let Some(orphans) = orphans.filter(|orphans| orphans.count > 0) {
            details.push(self.reference.describe(orphans.count));
            if self.is_validated && self.is_enforced {
                details.push("it is marked as validated, so VALIDATE CONSTRAINT skips it".to_owned());
            }
        }
        details.extend(self.trigger_details());
        details.extend(self.default_detail(orphans));
        details.extend(self.reference.inheritance());
        if !self.is_enforced {
            details.push("NOT ENFORCED: new rows are not checked".to_owned());
        } else if !self.is_validated {
            details.push("NOT VALID: new rows are checked, earlier rows have not been".to_owned());
        }
        details
    }

    fn default_detail(&self, orphans: Option<&Orphans>) -> Option<String> {
        let default = orphans.and_then(|orphans| orphans.orphaned_default.as_deref())?;
        let is_checked = matches!(self.catalog_status(), Status::Ok | Status::NotValidated);
        is_checked.then(|| self.reference.describe_default(default))
    }

    fn trigger_details(&self) -> Vec<String> {
        let side = |checks_child: bool, what: &str| {
            let silent: Vec<_> =
                self.disabled_triggers.iter().filter(|trigger| trigger.checks_child == checks_child).collect();
            let missing = self
                .missing_triggers
                .tables
                .iter()
                .filter(|gap| gap.checks_child == checks_child)
                .map(|gap| &gap.table);
            let replicas = silent.iter().filter(|trigger| trigger.is_for_replicas).count();
            let how = if replicas == silent.len() { "fire only on replicas" } else { "are disabled" };
            let silent = on_tables(how, silent.iter().map(|trigger| &trigger.table));
            let parts: Vec<String> = silent.into_iter().chain(on_tables("are missing", missing)).collect();
            (!parts.is_empty()).then(|| format!("{what}: its triggers {}", parts.join(" and ")))
        };
        let childs = side(true, "new rows are not checked");
        let parents = side(false, "deleted and changed parent rows are not checked");
        childs.into_iter().chain(parents).chain(self.repair_detail()).collect()
    }

    /// Returns what it takes to have the triggers fire again.
    fn repair_detail(&self) -> Option<String> {
        let is_partitioned = self.reference.child.kind == pg_sys::RELKIND_PARTITIONED_TABLE;
        match (self.missing_triggers.tables.is_empty(), self.disabled_triggers.is_empty()) {
            (true, true) => None,
            (true, false) => Some("enabling them requires a superuser".to_owned()),
            (false, _) if is_partitioned && !PARTITIONED_NOT_VALID => Some(
                "recreating it blocks reads and writes of both tables while all rows are read (ACCESS EXCLUSIVE)"
                    .to_owned(),
            ),
            (false, _) => {
                Some("recreating it blocks reads and writes of both tables briefly (ACCESS EXCLUSIVE)".to_owned())
            }
        }
    }
}

/// Returns `how on a, b, c`, with each table once; `None` without tables.
fn on_tables<'a>(how: &str, tables: impl Iterator<Item = &'a QualifiedName>) -> Option<String> {
    let mut tables: Vec<String> = tables.map(QualifiedName::quoted).collect();
    tables.dedup();
    let tables: Vec<&str> = tables.iter().map(String::as_str).collect();
    (!tables.is_empty()).then(|| wording::list(&format!("{how} on"), &tables))
}

impl Finding {
    fn of(key: ForeignKey, status: Status, orphans: Option<Orphans>, reason: Option<String>) -> Finding {
        let default = if key.reference.sets_default { OrphanedDefault::SetDefault } else { OrphanedDefault::Insert };
        let orphaned_default = key.default_detail(orphans.as_ref()).map(|_| default);
        let details: Vec<String> = reason.into_iter().chain(key.details(orphans.as_ref())).collect();
        Finding {
            status,
            table: key.reference.child.oid,
            referenced_table: key.reference.parent.oid,
            orphans: orphans.as_ref().map(|orphans| orphans.count),
            detail: (!details.is_empty()).then(|| details.join("; ")),
            fix: key.fix(status, orphans.as_ref()).and_then(pasteable),
            choices: orphans.as_ref().and_then(|orphans| key.choices(orphans)),
            sample: orphans.and_then(|orphans| orphans.sample),
            table_name: key.reference.child.name,
            constraint: key.name,
            orphaned_default,
            known: None,
            lacks_privilege: false,
        }
    }
}
