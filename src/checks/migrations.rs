//! Finds failed and stuck migrations, with migration_report.
//!
//! Locks: AccessShareLock on one of the tools' tables at a time, only if the lock is available
//! immediately.

use super::finding::{Finding, Severity};
use super::target::Target;
use super::unread::Kind;
use crate::error::Error;
use crate::locks;
use crate::migrations::{self, Status};

pub fn check(target: &Target<'_>) -> Result<Vec<Finding>, Error> {
    let rows = migrations::report()?.into_iter().filter(|row| target.scope.covers(row.table));
    // An unknown state has a fix only if a privilege is missing.
    let (unread, rows): (Vec<_>, Vec<_>) = rows.partition(|row| row.status == Status::Unknown && row.fix.is_some());
    for row in unread {
        target.unread.note(Kind::MigrationHistory, row.name.quoted());
    }
    Ok(rows.into_iter().flat_map(|row| [locked(&row), finding(row)]).flatten().collect())
}

/// Returns the finding that a session's lock has kept the tables from being read.
fn locked(row: &migrations::Row) -> Option<Finding> {
    let is_locked = !row.is_read && row.status != Status::Unknown;
    is_locked.then(|| of(row, Severity::Warning, "migration_unknown", format!("not read: {}", why(row))))
}

fn finding(row: migrations::Row) -> Option<Finding> {
    let (severity, check_name) = match row.status {
        Status::Failed | Status::Dirty => (Severity::Error, "migration_failed"),
        // The advisory_locks check reports advisory locks.
        Status::Locked if row.is_advisory => return None,
        Status::Locked if row.lock == Some(locks::Status::IdleHolder) => (Severity::Info, "migration_locked"),
        Status::Locked => (Severity::Warning, "migration_locked"),
        Status::Unknown => (Severity::Warning, "migration_unknown"),
        Status::InProgress | Status::Clean => return None,
    };
    let detail = why(&row).to_owned();
    Some(Finding { fix: row.fix.clone(), ..of(&row, severity, check_name, detail) })
}

fn why(row: &migrations::Row) -> &str {
    row.detail.as_deref().unwrap_or(row.status.as_str())
}

fn of(row: &migrations::Row, severity: Severity, check_name: &'static str, detail: String) -> Finding {
    let what = match &row.version {
        Some(version) => format!("{} {version}", row.tool),
        None => row.tool.to_owned(),
    };
    let object = format!("table {}", row.name.quoted());
    Finding { severity, check_name, object, detail: format!("{what}: {detail}"), fix: None }
}
