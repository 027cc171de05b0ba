//! Names the session that keeps a call from acquiring a lock on a relation.

use super::table_locks::{label, sessions};
use super::wording;
use crate::error::Error;
use crate::pg::catalog_query;
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
pub enum Wanted {
    AccessShare,
    RowExclusive,
    ShareRowExclusive,
    AccessExclusive,
}

impl Wanted {
    fn conflicting(self) -> &'static [&'static str] {
        let count = match self {
            Wanted::AccessShare => 1,
            Wanted::RowExclusive => 4,
            Wanted::ShareRowExclusive => 6,
            Wanted::AccessExclusive => MODES.len(),
        };
        &MODES[..count]
    }
}

/// Returns an error as a clause of a detail. If it is a lock that could not be acquired, names the
/// first of the relations that another session has locked, and that session.
pub fn clause(error: &Error, relations: impl IntoIterator<Item = (Oid, Wanted)>) -> String {
    if error.sqlstate != PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE || error.detail.is_some() {
        return wording::error(error);
    }
    let named = relations.into_iter().find_map(|(relation, wanted)| {
        let name = names::relation_name(relation)?;
        let blocker = blocker(relation, wanted).ok().flatten()?;
        Some(format!("could not obtain lock on {}: {blocker}", name.quoted()))
    });
    // The lock may have been released since then.
    named.unwrap_or_else(|| wording::error(error))
}

/// Returns `pid 4711 (…) holds RowExclusiveLock`.
fn blocker(relation: Oid, wanted: Wanted) -> Result<Option<String>, Error> {
    let modes: Vec<String> = wanted.conflicting().iter().map(|mode| (*mode).to_owned()).collect();
    let found = catalog_query::read(BLOCKERS, &[database::current().into(), relation.into(), modes.into()], |row| {
        Ok((row.text(1)?, row.get::<bool>(2)?, row.get::<i32>(3)?))
    })?;
    let Some((mode, is_held, pid)) = found.into_iter().next() else { return Ok(None) };
    let verb = if is_held { "holds" } else { "waits for" };
    Ok(Some(format!("{} {verb} {mode}", label(pid, relation, &sessions(&[pid])?))))
}

#[cfg(test)]
mod tests {
    use super::Wanted;

    #[test]
    fn conflicting_modes_are_those_of_the_server() {
        assert_eq!(Wanted::AccessShare.conflicting(), ["AccessExclusiveLock"]);
        assert!(!Wanted::RowExclusive.conflicting().contains(&"ShareUpdateExclusiveLock"));
        assert!(Wanted::ShareRowExclusive.conflicting().contains(&"RowExclusiveLock"));
        assert!(!Wanted::ShareRowExclusive.conflicting().contains(&"RowShareLock"));
        assert!(Wanted::AccessExclusive.conflicting().contains(&"AccessShareLock"));
    }
}
