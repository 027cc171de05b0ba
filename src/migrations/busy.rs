//! Who is at a tool's tables right now, as pg_locks shows it.

use crate::fault::Fault;
use crate::pg::names::{self, quote_identifier};
use crate::pg::raw_text::RawText;
use crate::pg::row::required;
use crate::pg::{database, subtransaction};
use pgrx::Spi;
use pgrx::pg_sys::Oid;
use pgrx::spi::SpiHeapTupleData;
use std::collections::HashMap;
use std::rc::Rc;

const MIGRATION_LOCKS: &str = include_str!("../../sql/queries/migration_locks.sql");

/// Another session, or a prepared transaction, with a lock on a table that says more than that it reads.
#[derive(Clone, Debug)]
pub struct Locker {
    /// 0 for a prepared transaction.
    pid: i32,
    mode: String,
    is_granted: bool,
    role: Option<String>,
    application: Option<String>,
    prepared: Option<String>,
}

/// One look at pg_locks.
#[derive(Debug)]
pub struct Locks {
    tables: HashMap<Oid, Vec<Locker>>,
    /// Keys of advisory locks and who holds them.
    pub advisory: Rc<[(i64, i32)]>,
}

impl Locks {
    /// Holds the lock manager's partitions for a moment, as any look at pg_locks does.
    pub fn look() -> Result<Locks, Fault> {
        subtransaction::discard(|| {
            Spi::connect(|client| {
                let (mut tables, mut advisory) = (HashMap::<Oid, Vec<Locker>>::new(), Vec::new());
                for row in client.select(MIGRATION_LOCKS, None, &[database::current().into()])? {
                    match (row.get::<Oid>(1)?, row.get::<i64>(2)?) {
                        (Some(table), _) => tables.entry(table).or_default().push(Locker::of(&row)?),
                        (None, Some(key)) => advisory.push((key, required(&row, 3)?)),
                        (None, None) => {}
                    }
                }
                Ok(Locks { tables, advisory: advisory.into() })
            })
        })
    }

    /// Who holds such a lock on the table; if nobody does, who waits for one.
    pub fn on(&self, table: Oid) -> &[Locker] {
        let lockers = self.tables.get(&table).map(Vec::as_slice).unwrap_or_default();
        let granted = lockers.partition_point(|locker| locker.is_granted);
        if granted > 0 { &lockers[..granted] } else { lockers }
    }

    /// Who holds such a lock on the table.
    pub fn held_on(&self, table: Oid) -> &[Locker] {
        let lockers = self.on(table);
        if lockers.first().is_some_and(|locker| locker.is_granted) { lockers } else { &[] }
    }

    /// Who holds a lock on any table as changing a schema takes it, and on which.
    pub fn schema_changes(&self) -> Option<(Oid, &Locker)> {
        let holders =
            self.tables.iter().flat_map(|(table, lockers)| lockers.iter().map(move |locker| (*table, locker)));
        let changing = holders.filter(|(_, locker)| locker.is_granted && locker.changes_schema());
        // What the same transaction has made has no name for others yet.
        changing.min_by_key(|(table, locker)| (locker.pid, names::relation_name(*table).is_none(), table.to_u32()))
    }
}

impl Locker {
    /// Stronger than what reading and writing rows take; VACUUM's and ANALYZE's have been left out already.
    fn changes_schema(&self) -> bool {
        !matches!(self.mode.as_str(), "AccessShareLock" | "RowShareLock" | "RowExclusiveLock")
    }

    /// What it does to the table that is called so.
    pub fn describe_on(&self, table: &str) -> String {
        let verb = if self.is_granted { "holds" } else { "waits for" };
        format!("{} {verb} {} on {table}", self.who(), self.mode)
    }

    fn of(row: &SpiHeapTupleData) -> Result<Locker, Fault> {
        let text = |ordinal| Ok::<_, Fault>(row.get::<RawText>(ordinal)?.map(|raw| raw.text));
        Ok(Locker {
            pid: required(row, 3)?,
            mode: required(row, 4)?,
            is_granted: required(row, 5)?,
            role: text(6)?,
            application: text(7)?,
            prepared: text(8)?,
        })
    }

    fn who(&self) -> String {
        match (&self.prepared, self.pid) {
            (Some(name), _) => format!("prepared transaction {}", super::scene::literal(name)),
            (None, 0) => "a prepared transaction".to_owned(),
            (None, pid) => {
                let role = self.role.as_deref().map(|role| format!("role {}", quote_identifier(role)));
                let application = self.application.clone().filter(|name| !name.is_empty());
                let about: Vec<String> = role.into_iter().chain(application).collect();
                if about.is_empty() { format!("pid {pid}") } else { format!("pid {pid} ({})", about.join(", ")) }
            }
        }
    }
}

/// `pid 4711 (role app, psql) holds RowExclusiveLock on it`, of all of them.
pub fn describe(lockers: &[Locker]) -> String {
    let mut said: Vec<String> = Vec::new();
    for locker in lockers {
        let words = locker.describe_on("it");
        if !said.contains(&words) {
            said.push(words);
        }
    }
    said.join(", ")
}
