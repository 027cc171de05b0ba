//! Names the session that keeps a call from acquiring a lock on a relation.

use super::table_locks::{label, locking, sessions};
use super::wording;
use crate::error::Error;
use crate::pg::catalog_query;
use crate::pg::names::QualifiedName;
use crate::pg::{database, names};
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::Oid;

const BLOCKERS: &str = include_str!("../../sql/queries/relation_lock_blockers.sql");

/// The modes of locks, strongest first. The modes that conflict with a lock are the first few.
const MODES: [&str; 8] = [
    "AccessExclusiveLock",
    "ExclusiveLock",
    "ShareRowExclusiveLock",
    "ShareLock",
    "ShareUpdateExclusiveLock",
    "RowExclusiveLock",
    "RowShareLock",
    "AccessShareLock",
];

/// The lock that could not be acquired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WantedLock {
    AccessShare,
    RowExclusive,
    ShareRowExclusive,
    AccessExclusive,
}

impl WantedLock {
    fn conflicting(self) -> &'static [&'static str] {
        let count = match self {
            WantedLock::AccessShare => 1,
            WantedLock::RowExclusive => 4,
            WantedLock::ShareRowExclusive => 6,
            WantedLock::AccessExclusive => MODES.len(),
        };
        &MODES[..count]
    }
}

/// Returns an error as a clause of a detail. If it is a lock that could not be acquired, names the
/// first of the relations that another session has locked, and that session.
pub fn clause(error: &Error, relations: impl IntoIterator<Item = (Oid, WantedLock)>) -> String {
    blocked(error, relations).unwrap_or_else(|| wording::error(error))
}

/// Returns an error as a clause that names `relation`, whatever the error.
pub fn clause_on(relation: &QualifiedName, error: &Error, blocked_on: (Oid, WantedLock)) -> String {
    blocked(error, [blocked_on]).unwrap_or_else(|| format!("{}: {}", relation.quoted(), wording::error(error)))
}

/// Returns `None` for other errors, and if the lock has been released since then.
fn blocked(error: &Error, relations: impl IntoIterator<Item = (Oid, WantedLock)>) -> Option<String> {
    if error.sqlstate != PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE || error.detail.is_some() {
        return None;
    }
    relations.into_iter().find_map(|(relation, wanted)| {
        let name = names::relation_name(relation)?;
        let blocker = blocker(relation, wanted).ok().flatten()?;
        Some(format!("could not obtain lock on {}: {blocker}", name.quoted()))
    })
}

/// Returns the session that holds or awaits a conflicting lock, and the lock.
fn blocker(relation: Oid, wanted: WantedLock) -> Result<Option<String>, Error> {
    let modes: Vec<String> = wanted.conflicting().iter().map(|mode| (*mode).to_owned()).collect();
    let found = catalog_query::read(BLOCKERS, &[database::current().into(), relation.into(), modes.into()], |row| {
        Ok((row.text(1)?, row.get::<bool>(2)?, row.get::<i32>(3)?))
    })?;
    let Some((mode, is_held, pid)) = found.into_iter().next() else { return Ok(None) };
    Ok(Some(locking(&label(pid, relation, &sessions(&[pid])?), is_held, &mode)))
}

#[cfg(test)]
mod tests {
    use super::WantedLock;

    #[test]
    fn conflicting_modes_are_those_of_the_server() {
        assert_eq!(WantedLock::AccessShare.conflicting(), ["AccessExclusiveLock"]);
        assert!(!WantedLock::RowExclusive.conflicting().contains(&"ShareUpdateExclusiveLock"));
        assert!(WantedLock::ShareRowExclusive.conflicting().contains(&"RowExclusiveLock"));
        assert!(!WantedLock::ShareRowExclusive.conflicting().contains(&"RowShareLock"));
        assert!(WantedLock::AccessExclusive.conflicting().contains(&"AccessShareLock"));
    }
}
