//! Finds advisory locks that no session will release, with advisory_lock_report.
//!
//! Locks: AccessShareLock on catalogs, released at once. Waits for no lock; without advisory locks
//! it only reads the lock table.

use super::finding::{Finding, Severity};
use super::target::Target;
use super::unread::Kind;
use crate::error::Error;
use crate::locks::{self, Status};
use crate::pg::database;

pub fn check(target: &Target<'_>) -> Result<Vec<Finding>, Error> {
    let here = database::name(database::current());
    let mut holders: Vec<Holder> = Vec::new();
    for row in locks::report()? {
        // A lock that belongs to no database concerns all of them.
        let is_elsewhere = row.database.is_some() && row.database != here;
        if is_elsewhere {
            continue;
        }
        let Some((severity, check_name)) = kind(&row) else {
            // Whether its session is idle, and since when, decides.
            if row.is_granted && row.is_hidden {
                target.unread.note(Kind::AdvisoryLock, label(&row));
            }
            continue;
        };
        match holders.iter_mut().find(|holder| holder.is_of(&row)) {
            Some(holder) => holder.others.push(row.key.to_string()),
            None => holders.push(Holder { severity, check_name, row, others: Vec::new() }),
        }
    }
    Ok(holders.into_iter().map(finding).collect())
}

/// A session that holds advisory locks: the first of them, and the keys of the others, which are
/// released together with it.
struct Holder {
    severity: Severity,
    check_name: &'static str,
    row: locks::Row,
    others: Vec<String>,
}

impl Holder {
    /// Whether the lock is held by this holder. A prepared transaction has no process, but its
    /// detail names it.
    fn is_of(&self, row: &locks::Row) -> bool {
        self.row.pid == row.pid && (row.pid.is_some() || self.row.detail == row.detail)
    }
}

fn kind(row: &locks::Row) -> Option<(Severity, &'static str)> {
    match row.status {
        Status::Orphan | Status::PoolerLeak => Some((Severity::Warning, "advisory_lock_orphan")),
        Status::SelfBlocked => Some((Severity::Warning, "advisory_lock_self_blocked")),
        Status::Prepared if row.blocks.is_some() => Some((Severity::Warning, "advisory_lock_prepared")),
        Status::IdleHolder => Some((Severity::Info, "advisory_lock_idle")),
        _ => None,
    }
}

fn label(row: &locks::Row) -> String {
    match row.pid {
        Some(pid) => format!("advisory lock {} of pid {pid}", row.key),
        None => format!("advisory lock {}", row.key),
    }
}

fn finding(holder: Holder) -> Finding {
    let Holder { severity, check_name, row, others } = holder;
    let mut object = format!("advisory lock {}", row.key);
    if let Some(tool) = &row.tool {
        object = format!("{object} ({tool})");
    }
    let status = row.status.label();
    let mut parts = vec![match row.pid {
        Some(pid) => format!("{status}: pid {pid}"),
        None => status.to_owned(),
    }];
    parts.extend(row.reason);
    if !others.is_empty() {
        parts.push(format!("it also holds {}", others.join(" and ")));
    }
    parts.extend(row.remedy);
    Finding { severity, check_name, object, detail: parts.join("; "), fix: row.fix }
}
