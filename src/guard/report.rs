//! Composes and sends the guard's messages.

use super::catalog::Functions;
use super::finding::Finding;
use super::throttle::{Extent, Throttle};
use crate::error::Error;
pub use crate::pg::message::say;
use crate::pg::{names, transaction};
use crate::report::quoting::literal;
use crate::report::statements::Statements;
use crate::sequences::link::Sequence;
use pgrx::pg_sys::Oid;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::{PgLogLevel, PgSqlErrorCode};
use std::cell::RefCell;

thread_local! {
    static THROTTLE: RefCell<Throttle<(Oid, Oid)>> = RefCell::default();
}

/// Returns the warning or error for a finding. `table` is quoted.
pub fn behind(table: &str, sequence: &Sequence, detail: String) -> Error {
    let message = format!("sequence {} will hand out ids that table {table} already has", sequence.quoted());
    Error::new(PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, message)
        .detail(detail)
        .hint(format!("Run: {}", resync(table)))
}

/// Warns of a finding, unless the session was warned of the same before or `is_watched` returns
/// false.
pub fn warn_of(finding: Finding, is_watched: impl FnOnce() -> bool) {
    let Finding { table, sequence, extent, error } = finding;
    let key = (table, sequence);
    // Not recorded if unwatched: the guard may watch the table later.
    if THROTTLE.with_borrow_mut(|throttle| throttle.suppresses(&key, extent)) || !is_watched() {
        return;
    }
    let suppressed = THROTTLE.with_borrow_mut(|throttle| throttle.record(key, extent));
    warn(match suppressed {
        0 => error,
        1 => add_detail(error, "One more commit of this session had the same finding and was not reported."),
        _ => add_detail(
            error,
            &format!("{suppressed} more commits of this session had the same finding and were not reported."),
        ),
    });
}

/// Warns that the ids of a table could not be judged, at most once an hour in a session.
pub fn warn_unjudged(table: Oid, error: &Error) {
    let extent =
        Extent { next: 0, is_ascending: true, furthest: None, at: transaction::statement_start(), is_set: false };
    let key = (table, pgrx::pg_sys::InvalidOid);
    if !THROTTLE.with_borrow_mut(|throttle| throttle.suppresses(&key, extent)) {
        THROTTLE.with_borrow_mut(|throttle| throttle.record(key, extent));
        let name = names::relation_name(table).map(|name| name.quoted()).unwrap_or_default();
        warn(failure(&format!("could not compare the ids in table {name} with its sequence"), error));
    }
}

pub fn add_detail(error: Error, sentence: &str) -> Error {
    let detail = error.detail.as_deref().map_or_else(|| sentence.to_owned(), |detail| format!("{detail} {sentence}"));
    error.detail(detail)
}

/// Returns the statement that repairs a table. `table` is quoted. The library may be loaded in a
/// database without the extension.
pub fn resync(table: &str) -> String {
    match Statements::new() {
        Ok(statements) => statements.resync_table(table),
        Err(_) => format!("CREATE EXTENSION pg_flightcheck; SELECT * FROM seq_resync_table({});", literal(table)),
    }
}

/// Returns the statement that leaves a table out of the guard.
pub fn leave_out(table: Oid) -> Option<String> {
    let name = names::relation_name(table)?;
    let call = Functions::look_up().ok()?.qualified("seq_guard_enable");
    let (schema, table) = (literal(&name.schema), literal(&name.quoted()));
    Some(format!("SELECT * FROM {call}({schema}, exclude => ARRAY[{table}]::regclass[]);"))
}

/// Returns a warning that the guard could not do something, with the error as its DETAIL.
pub fn failure(what: &str, error: &Error) -> Error {
    let reason = match &error.detail {
        Some(detail) => format!("{}: {detail}", error.message),
        None => format!("{}.", error.message),
    };
    let failure = Error::new(error.sqlstate, what).detail(reason);
    match &error.hint {
        Some(hint) => failure.hint(hint.clone()),
        None => failure,
    }
}

pub fn warn(error: Error) {
    say(PgLogLevel::WARNING, error);
}

/// Raises the error, which aborts the transaction.
pub fn refuse(error: Error) {
    ErrorReport::from(error).report(PgLogLevel::ERROR);
}
