//! Waits for the transactions that may have written ids which no search sees yet.
//!
//! These are the holders of a lock that writers take: ROW EXCLUSIVE, SHARE ROW EXCLUSIVE and
//! stronger. SHARE UPDATE EXCLUSIVE, which CREATE INDEX CONCURRENTLY, VACUUM and ANALYZE take, is
//! not one of them.
//!
//! The calling statement holds a snapshot all the while, and CREATE INDEX CONCURRENTLY waits for
//! all older snapshots. A writer that waits for such a build also waits for this session, and
//! this session for the writer. If the fence waited in the lock manager's queues, the server's
//! deadlock check would end one of the three: perhaps the writer, or the build, which would leave
//! an invalid index. Therefore a fence polls, holds no lock that another session could wait for,
//! and gives up once a transaction that it waits for waits for this session. Fences that wait for
//! each other detect it in the same way: each announces which process it waits for.

use crate::error::Error;
use crate::pg::fence::{self, Announcement, Transaction};
use crate::pg::row::required;
use crate::pg::{database, subtransaction};
use pgrx::pg_sys::Oid;
use pgrx::{PgSqlErrorCode, Spi};
use std::collections::HashMap;
use std::time::{Duration, Instant};

const FENCE_WRITERS: &str = include_str!("../../sql/queries/fence_writers.sql");
const FENCE_WAITS: &str = include_str!("../../sql/queries/fence_waits.sql");

/// The longest sleep between two looks.
const LONGEST_NAP: Duration = Duration::from_millis(100);
/// The sleep from which on a look also checks what the other transaction waits for; most
/// transactions end before.
const PATIENCE: Duration = Duration::from_millis(16);

/// A transaction that may have written, and its process; a prepared transaction has none.
struct Writer {
    transaction: Transaction,
    pid: Option<i32>,
}

/// Waits until every transaction that now holds a writer's lock on one of the tables has ended, but
/// not for transactions that come later.
///
/// Locks: none. Errors: 55006 if a transaction does not end within `lock_timeout`, or waits for
/// this session.
pub fn wait_for_writers(tables: &[Oid]) -> Result<(), Error> {
    writers(tables)?.iter().try_for_each(Writer::wait)
}

fn writers(tables: &[Oid]) -> Result<Vec<Writer>, Error> {
    // Usually there are none, and reading the whole lock table slows other sessions down. Only
    // pg_locks shows which modes are held.
    let found = tables.iter().flat_map(|table| fence::lockers(*table));
    let lockers: HashMap<String, Transaction> =
        found.map(|transaction| (transaction.to_string(), transaction)).collect();
    if lockers.is_empty() {
        return Ok(Vec::new());
    }
    let arguments = [tables.to_vec().into(), database::current().into()];
    subtransaction::discard(|| {
        Spi::connect(|client| {
            let mut writers = Vec::new();
            for row in client.select(FENCE_WRITERS, None, &arguments)? {
                let label: String = required(&row, 1)?;
                let Some(transaction) = lockers.get(&label).copied() else { continue };
                writers.push(Writer { transaction, pid: row.get(2)? });
            }
            Ok(writers)
        })
    })
}

impl Writer {
    fn wait(&self) -> Result<(), Error> {
        if self.transaction.has_ended() {
            return Ok(());
        }
        let _announcement = self.pid.map(Announcement::waiting_for);
        let (began, timeout) = (Instant::now(), fence::lock_timeout());
        let mut nap = Duration::from_millis(1);
        loop {
            fence::nap(timeout.map_or(nap, |timeout| nap.min(timeout)));
            if self.transaction.has_ended() {
                return Ok(());
            }
            if timeout.is_some_and(|timeout| began.elapsed() >= timeout) {
                return Err(in_use("a transaction that may have written ids did not end within lock_timeout"));
            }
            if nap >= PATIENCE {
                self.refuse_if_it_waits_for_us()?;
            }
            nap = (nap * 2).min(LONGEST_NAP);
        }
    }

    fn refuse_if_it_waits_for_us(&self) -> Result<(), Error> {
        let Some(pid) = self.pid else { return Ok(()) };
        let arguments = [self.transaction.to_string().into(), i64::from(fence::CLASS).into()];
        let waits_for_us = subtransaction::discard(|| {
            Spi::connect(|client| {
                let mut rows = client.select(FENCE_WAITS, None, &arguments)?;
                rows.next().map(|row| required::<bool>(&row, 1)).transpose()
            })
        })?;
        if waits_for_us != Some(true) {
            return Ok(());
        }
        Err(in_use(format!("process {pid} may have written ids and waits for this session; run it again")))
    }
}

fn in_use(message: impl Into<String>) -> Error {
    Error::new(PgSqlErrorCode::ERRCODE_OBJECT_IN_USE, message)
}
