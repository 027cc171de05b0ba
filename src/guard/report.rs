//! What the guard says, and how.

use crate::fault::Fault;
pub use crate::pg::message::say;
use crate::sequences::advice::Statements;
use crate::sequences::column::Column;
use crate::sequences::links::Sequence;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::{PgLogLevel, PgSqlErrorCode};

/// The finding, as warning or error.
pub fn behind(column: &Column, sequence: &Sequence, detail: String) -> Fault {
    let (sequence, table) = (sequence.quoted(), column.table.quoted());
    let message = format!("sequence {sequence} will hand out ids that table {table} already has");
    Fault::new(PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, message)
        .detail(detail)
        .hint(format!("Run: {}", resync(&table)))
}

/// The call that repairs a table, by its quoted name. The library may be at work where the extension was never created.
pub fn resync(table: &str) -> String {
    match Statements::new() {
        Ok(statements) => statements.resync_named(table),
        Err(_) => format!(
            "CREATE EXTENSION pg_flightcheck; SELECT * FROM seq_resync_table({});",
            crate::pg::names::quote_literal(table)
        ),
    }
}

/// Why the guard could not do its work: never more than a warning, whatever it was.
pub fn trouble(what: &str, fault: &Fault) -> Fault {
    let reason = match &fault.detail {
        Some(detail) => format!("{}: {detail}", fault.message),
        None => format!("{}.", fault.message),
    };
    let trouble = Fault::new(fault.sqlstate, what).detail(reason);
    match &fault.hint {
        Some(hint) => trouble.hint(hint.clone()),
        None => trouble,
    }
}

pub fn warn(fault: Fault) {
    say(PgLogLevel::WARNING, fault);
}

/// Fails the transaction.
pub fn refuse(fault: Fault) {
    ErrorReport::from(fault).report(PgLogLevel::ERROR);
}
