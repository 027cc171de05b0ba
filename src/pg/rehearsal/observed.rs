//! Describes what a statement has done to relations.

use pgrx::pg_sys::Oid;
use std::fmt::{self, Display, Formatter};

/// What a statement has done.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// Locks that the statement added.
    pub locks: Vec<Lock>,
    /// Tables that it read from one end to the other; `None` if the session does not count.
    pub scanned: Option<Vec<Scan>>,
    /// Tables and indexes that have a new file.
    pub rewritten: Vec<Relation>,
}

/// A relation, under the name that it had before the statement.
#[derive(Clone, Debug)]
pub struct Relation {
    pub oid: Oid,
    pub name: String,
}

#[derive(Clone, Debug)]
pub struct Lock {
    /// The server's number of the mode.
    pub mode: i32,
    pub mode_name: String,
    pub relation: Relation,
}

#[derive(Clone, Debug)]
pub struct Scan {
    pub relation: Relation,
    pub rows: i64,
}

impl Display for Relation {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)
    }
}

/// Writes `ShareLock on public.orders`.
impl Display for Lock {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} on {}", self.mode_name, self.relation)
    }
}

/// Writes `public.orders (5 rows)`.
impl Display for Scan {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let rows = if self.rows == 1 { "row" } else { "rows" };
        write!(formatter, "{} ({} {rows})", self.relation, self.rows)
    }
}
