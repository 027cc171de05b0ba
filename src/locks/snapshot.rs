//! The lock table at one moment.
//!
//! Locks: none but those of reading catalogs, given back at once. The lock table's own latches are held while it is copied,
//! once for pg_locks and once for each process that waits for something else than an advisory lock.

use super::key::LockKey;
use super::waits::{Mode, Request, Waits};
use crate::fault::Fault;
use crate::pg::raw_text::RawText;
use crate::pg::row::required;
use crate::pg::subtransaction;
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
    /// `None`: a prepared transaction's.
    pub pid: Option<i32>,
    /// As in pg_locks.
    pub mode: String,
    pub is_granted: bool,
    /// Since when it is awaited.
    pub wait_start: Option<TimestampWithTimeZone>,
    /// Who runs no transaction holds the lock for the session.
    pub is_outside_transaction: bool,
    /// The session's number and its transaction's.
    virtual_transaction: String,
}

/// All advisory locks of the cluster, and who waits for whom.
pub struct LockTable {
    pub locks: Vec<Lock>,
    pub waits: Waits,
    /// The transaction ids of prepared transactions, which keep the virtual transaction they had in their session
    /// (MarkAsPreparingGuts), with those of their subtransactions.
    prepared: HashMap<String, Vec<String>>,
}

impl LockTable {
    /// The transaction that holds the lock after PREPARE TRANSACTION, given all there are.
    pub fn prepared<'a>(&self, lock: &Lock, all: &'a HashMap<String, Prepared>) -> Option<&'a Prepared> {
        let ids = self.prepared.get(&lock.virtual_transaction).filter(|_| lock.is_prepared())?;
        ids.iter().find_map(|id| all.get(id))
    }
}

impl Lock {
    /// Whether a prepared transaction holds it.
    pub fn is_prepared(&self) -> bool {
        self.pid.is_none()
    }
}

/// A transaction between PREPARE TRANSACTION and its end.
#[derive(Clone)]
pub struct Prepared {
    pub gid: RawText,
    pub owner: Option<String>,
    pub since: Option<TimestampWithTimeZone>,
    /// Microseconds.
    pub age: Option<i64>,
}

pub fn lock_table() -> Result<LockTable, Fault> {
    subtransaction::discard(|| {
        Spi::connect(|client| {
            let (mut locks, mut waiting_otherwise) = (Vec::new(), BTreeSet::new());
            let mut prepared: HashMap<String, Vec<String>> = HashMap::new();
            for row in client.select(ADVISORY_LOCKS, None, &[])? {
                match (required(&row, 1)?, row.get::<i32>(7)?) {
                    (true, _) => locks.push(lock(&row)?),
                    (false, Some(pid)) => drop(waiting_otherwise.insert(pid)),
                    (false, None) => prepared.entry(required(&row, 6)?).or_default().extend(row.get::<String>(11)?),
                }
            }
            let requests: Vec<Request> = locks.iter().map(request).collect();
            let mut waits = Waits::of(&requests);
            add_other_waits(client, &mut waits, waiting_otherwise)?;
            Ok(LockTable { locks, waits, prepared })
        })
    })
}

fn lock(row: &SpiHeapTupleData<'_>) -> Result<Lock, Fault> {
    let number = |ordinal| Ok::<u32, Fault>(u32::try_from(required::<i64>(row, ordinal)?).unwrap_or(0));
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
        // pg_blocking_pids calls them 0 as well.
        pid: lock.pid.unwrap_or(0),
        mode: Mode::parse(&lock.mode),
        is_granted: lock.is_granted,
        since: lock.wait_start.map(i64::from),
    }
}

/// Adds whom those wait for who wait for anything but an advisory lock.
fn add_other_waits(client: &SpiClient<'_>, waits: &mut Waits, waiting: BTreeSet<i32>) -> Result<(), Fault> {
    if waiting.is_empty() {
        return Ok(());
    }
    let waiting: Vec<i32> = waiting.into_iter().collect();
    for row in client.select(BLOCKING_PIDS, None, &[waiting.into()])? {
        waits.add(required(&row, 1)?, &row.get::<Vec<i32>>(2)?.unwrap_or_default());
    }
    Ok(())
}

/// The prepared transactions by their id.
pub fn prepared_transactions() -> Result<HashMap<String, Prepared>, Fault> {
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
