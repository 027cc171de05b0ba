//! Reports what a snapshot lacks because it could not be read.

use super::model::Snapshot;
use crate::error::Error;
use crate::pg::names::QualifiedName;
use crate::report::wording::{self, counted, list};
use pgrx::PgSqlErrorCode;
use std::collections::BTreeSet;

/// What kept something from being read, which decides what can be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obstacle {
    /// The caller lacks a privilege, or row security applies to the caller.
    Privilege,
    Memory,
    Lock,
    Other,
}

pub type Obstacles = BTreeSet<Obstacle>;

/// Why something could not be read: in words, and in kind.
pub struct Unread {
    pub reason: String,
    pub obstacle: Obstacle,
}

impl From<&Error> for Obstacle {
    fn from(error: &Error) -> Obstacle {
        match error.sqlstate {
            PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE => Obstacle::Privilege,
            PgSqlErrorCode::ERRCODE_OUT_OF_MEMORY => Obstacle::Memory,
            PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE => Obstacle::Lock,
            _ => Obstacle::Other,
        }
    }
}

impl From<&Error> for Unread {
    fn from(error: &Error) -> Unread {
        Unread { reason: wording::error(error), obstacle: error.into() }
    }
}

impl Obstacle {
    fn hint(self) -> Option<&'static str> {
        match self {
            Obstacle::Privilege => {
                Some("Run db_snapshot() as a role that may read them all, for instance a member of pg_read_all_data.")
            }
            Obstacle::Memory => Some("Raise the memory limit of the server's processes and run db_snapshot() again."),
            Obstacle::Lock => Some("Run db_snapshot() again when the locks have been released."),
            Obstacle::Other => None,
        }
    }
}

/// Returns the warning with the number of tables and sequences that could not be read; `None` if
/// all were. Its hint is about the first of the obstacles.
pub fn warning(snapshot: &Snapshot, obstacles: &Obstacles) -> Option<Error> {
    let (mut tables, mut sequences) = (Vec::new(), Vec::new());
    let quoted = |schema: &str, name: &str| QualifiedName { schema: schema.to_owned(), name: name.to_owned() }.quoted();
    for (schema, content) in &snapshot.schemas {
        let unread = content.tables.iter().filter(|(_, table)| table.unread.is_some() || table.undescribed.is_some());
        tables.extend(unread.map(|(name, _)| quoted(schema, name)));
        let unread = content.sequences.iter().filter(|(_, sequence)| sequence.unread.is_some());
        sequences.extend(unread.map(|(name, _)| quoted(schema, name)));
    }
    let counts = [(tables.len(), "table"), (sequences.len(), "sequence")].into_iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts.map(|(count, noun)| counted(count, noun)).collect();
    let names: Vec<&str> = tables.iter().chain(&sequences).map(String::as_str).collect();
    (!names.is_empty())
        .then(|| {
            Error::new(PgSqlErrorCode::ERRCODE_WARNING, format!("could not read {}", counts.join(" and ")))
                .detail(format!("{}.", list("The field \"unread\" of each says why:", &names)))
        })
        .map(|warning| match obstacles.iter().find_map(|obstacle| obstacle.hint()) {
            Some(hint) => warning.hint(hint),
            None => warning,
        })
}

#[cfg(test)]
mod tests {
    use super::{Error, Obstacle};
    use pgrx::PgSqlErrorCode;

    #[test]
    fn unread_hint_fits_the_obstacle() {
        let hint = |sqlstate| Obstacle::from(&Error::new(sqlstate, "")).hint().unwrap_or_default();
        assert!(hint(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE).contains("as a role"));
        assert!(hint(PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE).contains("locks"));
        assert!(hint(PgSqlErrorCode::ERRCODE_OUT_OF_MEMORY).contains("memory limit"));
        assert_eq!(hint(PgSqlErrorCode::ERRCODE_DATA_CORRUPTED), "");
    }
}
