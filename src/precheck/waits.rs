//! Which other sessions hold locks on relations now.

use super::effects::Mode;
use crate::error::Error;
use crate::pg::{catalog_query, database};
use crate::report::duration::in_words;
use pgrx::pg_sys::Oid;
use std::collections::HashMap;

const HOLDERS: &str = include_str!("../../sql/queries/precheck_lock_holders.sql");

#[derive(Clone, Debug)]
pub struct Holder {
    pub mode: Mode,
    is_held: bool,
    pid: i32,
    state: Option<String>,
    role: Option<String>,
    open_for: Option<i64>,
}

/// The locks of other sessions, read once.
#[derive(Default)]
pub struct Holders(HashMap<Oid, Vec<Holder>>);

impl Holders {
    pub fn read() -> Result<Holders, Error> {
        let rows = catalog_query::read(HOLDERS, &[database::current().into()], |row| {
            let Some(mode) = Mode::named(&row.text(2)?) else { return Ok(None) };
            let holder = Holder {
                mode,
                is_held: row.get(3)?,
                pid: row.get(4)?,
                state: row.optional_text(5)?,
                role: row.optional_text(6)?,
                open_for: row.optional(7)?,
            };
            Ok(Some((row.get::<Oid>(1)?, holder)))
        })?;
        let mut holders: HashMap<Oid, Vec<Holder>> = HashMap::new();
        for (relation, holder) in rows.into_iter().flatten() {
            holders.entry(relation).or_default().push(holder);
        }
        Ok(Holders(holders))
    }

    /// Returns the first holder, or the first waiter, of a conflicting lock.
    pub fn conflicting(&self, relation: Oid, mode: Mode) -> Option<&Holder> {
        self.0.get(&relation)?.iter().find(|holder| holder.mode.conflicts_with(mode))
    }

    /// Returns a session that has written to the table and may hold locks on its rows.
    pub fn writer(&self, relation: Oid) -> Option<&Holder> {
        let is_writer = |holder: &&Holder| holder.is_held && holder.mode == Mode::RowExclusive;
        self.0.get(&relation)?.iter().find(is_writer)
    }
}

impl Holder {
    pub fn describe(&self) -> String {
        let who = match (self.pid, &self.role) {
            (0, _) => "a prepared transaction".to_owned(),
            (pid, Some(role)) => format!("process {pid} of role \"{role}\""),
            (pid, None) => format!("process {pid}"),
        };
        let verb = if self.is_held { "holds" } else { "awaits" };
        let state = self.state.as_ref().map(|state| format!(", {state}")).unwrap_or_default();
        let age = self.open_for.map(|age| format!(", in a transaction of {}", in_words(age))).unwrap_or_default();
        format!("{who} {verb} {}{state}{age}", self.mode.name())
    }
}
