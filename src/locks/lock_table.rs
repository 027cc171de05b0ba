//! Reads the lock table.
//!
//! Locks: AccessShareLock on catalogs, released at once. The lock manager's LWLocks are held while
//! the lock table is copied: once for pg_locks, and once for each process that waits for a lock
//! other than an advisory one.

use super::at_work::Change;
use super::key::LockKey;
use super::waits::{Mode, Request, Waits};
use crate::error::Error;
use crate::pg::lossy_text::RawText;
use crate::pg::row::required;
use crate::pg::{database, subtransaction};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::Oid;
use pgrx::spi::{Spi, SpiClient, SpiHeapTupleData};
use std::collections::{BTreeSet, HashMap};

const ADVISORY_LOCKS: &str = include_str!("../../sql/queries/advisory_locks.sql");
const BLOCKING_PIDS: &str = include_str!("../../sql/queries/blocking_pids.sql");
const PREPARED_TRANSACTIONS: &str = include_str!("../../sql/queries/prepared_transactions.sql");

/// An advisory lock, held or awaited.
pub struct Lock {
    pub database: Oid,
    pub key: LockKey,
    /// `None` if a prepared transaction holds it.
    pub pid: Option<i32>,
    /// As in pg_locks.
    pub mode: String,
    pub is_granted: bool,
    /// Since when the session has been waiting for it.
    pub wait_start: Option<TimestampWithTimeZone>,
    /// Whether the session is outside a transaction, and so holds the lock at session level.
    pub is_outside_transaction: bool,
    /// The virtual transaction id: the backend's number and that of its transaction.
    virtual_transaction: String,
}

/// A lock on a user relation, held or awaited, except an AccessShareLock that is held.
#[derive(Clone, Debug)]
pub struct TableLock {
    pub database: Oid,
    pub relation: Oid,
    /// `None` if a prepared transaction holds it.
    pub pid: Option<i32>,
    /// As in pg_locks.
    pub mode: String,
    pub is_granted: bool,
    is_temporary: bool,
    virtual_transaction: String,
}

/// All advisory locks of the cluster, the locks on user relations, and which process waits for
/// which.
pub struct LockTable {
    pub locks: Vec<Lock>,
    pub tables: Vec<TableLock>,
    pub waits: Waits,
    /// The sessions that wait for a lock other than an advisory one.
    pub waiting_for_other_locks: BTreeSet<i32>,
    /// The sessions among them that wait for the end of a transaction that may only have read, as
    /// CREATE INDEX CONCURRENTLY does.
    pub waiting_for_transaction: BTreeSet<i32>,
    /// The sessions whose transaction has a transaction id.
    pub writers: BTreeSet<i32>,
    /// The ids of prepared transactions and their subtransactions, by the virtual transaction id
    /// that the transaction had in its session, which it keeps (MarkAsPreparingGuts).
    prepared: HashMap<String, Vec<String>>,
}

impl LockTable {
    /// Returns the prepared transaction that holds the lock, out of `all`.
    pub fn prepared<'a>(&self, lock: &Lock, all: &'a HashMap<String, Prepared>) -> Option<&'a Prepared> {
        self.prepared_as(lock.pid, &lock.virtual_transaction, all)
    }

    /// Returns the same for a lock on a table.
    pub fn prepared_on<'a>(&self, lock: &TableLock, all: &'a HashMap<String, Prepared>) -> Option<&'a Prepared> {
        self.prepared_as(lock.pid, &lock.virtual_transaction, all)
    }

    fn prepared_as<'a>(
        &self,
        pid: Option<i32>,
        virtual_transaction: &str,
        all: &'a HashMap<String, Prepared>,
    ) -> Option<&'a Prepared> {
        let ids = self.prepared.get(virtual_transaction).filter(|_| pid.is_none())?;
        ids.iter().find_map(|id| all.get(id))
    }

    pub fn has_prepared(&self) -> bool {
        !self.prepared.is_empty()
    }

    /// Returns what each session changes, by the strongest lock that it holds or awaits on a user
    /// relation.
    pub fn changes(&self) -> HashMap<i32, Change> {
        let mut changes = HashMap::new();
        for lock in &self.tables {
            if let Some((pid, change)) = lock.pid.zip(lock.change()) {
                changes.entry(pid).and_modify(|known: &mut Change| *known = (*known).max(change)).or_insert(change);
            }
        }
        changes
    }
}

impl TableLock {
    /// Returns what the lock says its session changes; `None` if it at most locks rows.
    pub fn change(&self) -> Option<Change> {
        match self.mode.as_str() {
            "AccessShareLock" | "RowShareLock" => None,
            "RowExclusiveLock" => Some(Change::Rows),
            _ if self.is_temporary => Some(Change::Rows),
            _ => Some(Change::Schema),
        }
    }
}

impl Lock {
    /// Whether a prepared transaction holds it.
    pub fn is_prepared(&self) -> bool {
        self.pid.is_none()
    }
}

/// A prepared transaction.
#[derive(Clone)]
pub struct Prepared {
    pub gid: RawText,
    pub owner: Option<String>,
    pub since: Option<TimestampWithTimeZone>,
    /// Microseconds.
    pub age: Option<i64>,
}

/// The kinds of rows that the query returns.
const ADVISORY: i32 = 0;
const RELATION: i32 = 1;
const TRANSACTION: i32 = 2;
const END_OF_TRANSACTION: i32 = 3;

pub fn lock_table() -> Result<LockTable, Error> {
    subtransaction::discard(|| {
        Spi::connect(|client| {
            let mut table = LockTable {
                locks: Vec::new(),
                tables: Vec::new(),
                waits: Waits::default(),
                waiting_for_other_locks: BTreeSet::new(),
                waiting_for_transaction: BTreeSet::new(),
                writers: BTreeSet::new(),
                prepared: HashMap::new(),
            };
            for row in client.select(ADVISORY_LOCKS, None, &[database::current().into()])? {
                table.add(&row)?;
            }
            let requests: Vec<Request> = table.locks.iter().map(request).collect();
            table.waits = Waits::of(&requests);
            add_other_waits(client, &mut table.waits, &table.waiting_for_other_locks)?;
            Ok(table)
        })
    })
}

impl LockTable {
    fn add(&mut self, row: &SpiHeapTupleData<'_>) -> Result<(), Error> {
        let kind: i32 = required(row, 1)?;
        if kind == ADVISORY {
            self.locks.push(lock(row)?);
            return Ok(());
        }
        let (pid, is_granted) = (row.get::<i32>(7)?, required::<bool>(row, 9)?);
        if let Some(pid) = pid.filter(|_| !is_granted) {
            self.waiting_for_other_locks.insert(pid);
        }
        match (kind, pid) {
            (RELATION, _) => self.tables.push(table_lock(row)?),
            (TRANSACTION, None) => self.prepared.entry(required(row, 6)?).or_default().extend(row.get::<String>(11)?),
            (TRANSACTION, Some(pid)) if is_granted => drop(self.writers.insert(pid)),
            (END_OF_TRANSACTION, Some(pid)) => drop(self.waiting_for_transaction.insert(pid)),
            _ => {}
        }
        Ok(())
    }
}

fn table_lock(row: &SpiHeapTupleData<'_>) -> Result<TableLock, Error> {
    Ok(TableLock {
        database: required(row, 2)?,
        relation: required(row, 12)?,
        pid: row.get(7)?,
        mode: required(row, 8)?,
        is_granted: required(row, 9)?,
        is_temporary: row.get::<bool>(13)?.unwrap_or(false),
        virtual_transaction: required(row, 6)?,
    })
}

fn lock(row: &SpiHeapTupleData<'_>) -> Result<Lock, Error> {
    let number = |ordinal| Ok::<u32, Error>(u32::try_from(required::<i64>(row, ordinal)?).unwrap_or(0));
    let virtual_transaction: String = required(row, 6)?;
    let objsubid = required::<i16>(row, 5)?.cast_unsigned();
    Ok(Lock {
        database: required(row, 2)?,
        key: LockKey::from_pg_locks(number(3)?, number(4)?, objsubid),
        pid: row.get(7)?,
        mode: required(row, 8)?,
        is_granted: required(row, 9)?,
        wait_start: row.get(10)?,
        is_outside_transaction: virtual_transaction.ends_with("/0"),
        virtual_transaction,
    })
}

fn request(lock: &Lock) -> Request {
    Request {
        object: (lock.database.to_u32(), lock.key),
        // As in pg_blocking_pids, 0 is a prepared transaction.
        pid: lock.pid.unwrap_or(0),
        mode: Mode::parse(&lock.mode),
        is_granted: lock.is_granted,
        since: lock.wait_start.map(i64::from),
    }
}

/// Adds the blockers of sessions that wait for a lock other than an advisory one.
fn add_other_waits(client: &SpiClient<'_>, waits: &mut Waits, waiting: &BTreeSet<i32>) -> Result<(), Error> {
    if waiting.is_empty() {
        return Ok(());
    }
    let waiting: Vec<i32> = waiting.iter().copied().collect();
    for row in client.select(BLOCKING_PIDS, None, &[waiting.into()])? {
        waits.add(required(&row, 1)?, &row.get::<Vec<i32>>(2)?.unwrap_or_default());
    }
    Ok(())
}

/// Returns the prepared transactions by their transaction id.
pub fn prepared_transactions() -> Result<HashMap<String, Prepared>, Error> {
    subtransaction::discard(|| {
        Spi::connect(|client| {
            let rows = client.select(PREPARED_TRANSACTIONS, None, &[])?;
            rows.map(|row| {
                let prepared = Prepared {
                    gid: required(&row, 2)?,
                    owner: row.get::<RawText>(3)?.map(|raw| raw.text),
                    since: row.get(4)?,
                    age: row.get(5)?,
                };
                Ok((required(&row, 1)?, prepared))
            })
            .collect()
        })
    })
}
