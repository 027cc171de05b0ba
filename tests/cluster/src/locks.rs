//! Typed rows of the advisory lock functions.

use postgres::{Error, GenericClient, Row};
use std::time::SystemTime;

/// A row of `advisory_lock_report`.
#[derive(Clone, Debug)]
pub struct LockRow {
    pub status: String,
    pub key: String,
    pub tool: Option<String>,
    pub granted: bool,
    pub pid: Option<i32>,
    pub waits_for: Option<Vec<i32>>,
    pub blocks: Option<Vec<i32>>,
    pub role: Option<String>,
    pub application_name: Option<String>,
    pub client_addr: Option<String>,
    pub state: Option<String>,
    pub since: Option<SystemTime>,
    pub scope: String,
    pub mode: String,
    pub database: Option<String>,
    pub evidence: Option<String>,
    pub query: Option<String>,
    pub fix: Option<String>,
    pub detail: Option<String>,
}

/// The columns of `advisory_lock_report` in the order [`LockRow`] reads them.
const REPORT_COLUMNS: &str = "status, lock_key, tool, granted, pid, waits_for, blocks, role::text, application_name, \
     host(client_addr), state, since, scope, mode, database::text, evidence, query, fix, detail";

impl From<&Row> for LockRow {
    fn from(row: &Row) -> Self {
        Self {
            status: row.get(0),
            key: row.get(1),
            tool: row.get(2),
            granted: row.get(3),
            pid: row.get(4),
            waits_for: row.get(5),
            blocks: row.get(6),
            role: row.get(7),
            application_name: row.get(8),
            client_addr: row.get(9),
            state: row.get(10),
            since: row.get(11),
            scope: row.get(12),
            mode: row.get(13),
            database: row.get(14),
            evidence: row.get(15),
            query: row.get(16),
            fix: row.get(17),
            detail: row.get(18),
        }
    }
}

impl LockRow {
    pub fn detail(&self) -> &str {
        self.detail.as_deref().unwrap_or_default()
    }

    pub fn waits_for(&self) -> &[i32] {
        self.waits_for.as_deref().unwrap_or_default()
    }

    pub fn blocks(&self) -> &[i32] {
        self.blocks.as_deref().unwrap_or_default()
    }
}

/// A row of `advisory_lock_terminate`.
#[derive(Clone, Debug)]
pub struct TerminateRow {
    pub outcome: String,
    pub pid: Option<i32>,
    pub role: Option<String>,
    pub application_name: Option<String>,
    /// Seconds.
    pub idle_for: Option<f64>,
    pub detail: Option<String>,
}

const TERMINATE_COLUMNS: &str =
    "outcome, pid, role::text, application_name, extract(epoch FROM idle_for)::float8, detail";

impl From<&Row> for TerminateRow {
    fn from(row: &Row) -> Self {
        Self {
            outcome: row.get(0),
            pid: row.get(1),
            role: row.get(2),
            application_name: row.get(3),
            idle_for: row.get(4),
            detail: row.get(5),
        }
    }
}

impl TerminateRow {
    pub fn detail(&self) -> &str {
        self.detail.as_deref().unwrap_or_default()
    }
}

/// Returns the rows of `advisory_lock_report`, in its order.
pub fn lock_report(client: &mut impl GenericClient) -> Result<Vec<LockRow>, Error> {
    let rows = client.query(&format!("SELECT {REPORT_COLUMNS} FROM advisory_lock_report()"), &[])?;
    Ok(rows.iter().map(LockRow::from).collect())
}

/// Returns the rows of `advisory_lock_terminate`; `arguments` are SQL, e.g. `'1', dry_run =>
/// false`.
pub fn lock_terminate(client: &mut impl GenericClient, arguments: &str) -> Result<Vec<TerminateRow>, Error> {
    let rows = client.query(&format!("SELECT {TERMINATE_COLUMNS} FROM advisory_lock_terminate({arguments})"), &[])?;
    Ok(rows.iter().map(TerminateRow::from).collect())
}
