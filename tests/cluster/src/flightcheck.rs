//! Typed rows of the extension's functions.

use postgres::{Error, GenericClient, Row};

/// A row of `seq_audit`.
#[derive(Clone, Debug)]
pub struct AuditRow {
    pub status: String,
    pub table: Option<String>,
    pub column: Option<String>,
    pub sequence: Option<String>,
    pub next_value: Option<i64>,
    pub max_id: Option<i64>,
    pub behind_by: Option<i64>,
    pub inserts_left: Option<i64>,
    pub used_pct: Option<f64>,
    pub kind: Option<String>,
    pub detail: Option<String>,
    pub fix: Option<String>,
}

/// The columns of `seq_audit` in the order [`AuditRow`] reads them.
const AUDIT_COLUMNS: &str = "status, table_name::text, column_name::text, sequence_name::text, next_value, max_id, behind_by, \
     inserts_left, used_pct::float8, kind, detail, fix";

impl From<&Row> for AuditRow {
    fn from(row: &Row) -> Self {
        Self {
            status: row.get(0),
            table: row.get(1),
            column: row.get(2),
            sequence: row.get(3),
            next_value: row.get(4),
            max_id: row.get(5),
            behind_by: row.get(6),
            inserts_left: row.get(7),
            used_pct: row.get(8),
            kind: row.get(9),
            detail: row.get(10),
            fix: row.get(11),
        }
    }
}

/// A row of `seq_resync` or `seq_resync_table`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResyncRow {
    pub outcome: String,
    pub sequence: Option<String>,
    pub table: Option<String>,
    pub old_next: Option<i64>,
    pub new_next: Option<i64>,
    pub detail: Option<String>,
}

const RESYNC_COLUMNS: &str = "outcome, sequence_name::text, table_name::text, old_next, new_next, detail";

impl From<&Row> for ResyncRow {
    fn from(row: &Row) -> Self {
        Self {
            outcome: row.get(0),
            sequence: row.get(1),
            table: row.get(2),
            old_next: row.get(3),
            new_next: row.get(4),
            detail: row.get(5),
        }
    }
}

/// Returns the rows of an audit; `call` is the call as SQL, e.g. `seq_audit('app')`.
pub fn audit(client: &mut impl GenericClient, call: &str) -> Result<Vec<AuditRow>, Error> {
    Ok(client.query(&format!("SELECT {AUDIT_COLUMNS} FROM {call}"), &[])?.iter().map(AuditRow::from).collect())
}

/// Returns the rows of a resync; `call` is the call as SQL, e.g. `seq_resync('app', margin => 10)`.
pub fn resync(client: &mut impl GenericClient, call: &str) -> Result<Vec<ResyncRow>, Error> {
    Ok(client.query(&format!("SELECT {RESYNC_COLUMNS} FROM {call}"), &[])?.iter().map(ResyncRow::from).collect())
}
