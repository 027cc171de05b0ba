//! Defers the verdict on tables until a restore has set their sequences, or until they have an
//! index.
//!
//! A dump loads each table in a transaction of its own, then sets the sequences, then creates
//! indexes and constraints. The tables that a restoring session has loaded are therefore judged
//! when the session creates the index, when it turns to other work (a transaction that reads users'
//! tables and loads nothing), or when it ends. At that point a finding can only go to the server's
//! log. pg_restore with several jobs does not keep this order between its sessions, so their tables
//! are judged when they end.

use super::judge::{Rows, Verdict, judge};
use super::response::respond;
use super::{report, session};
use crate::pg::relation::nowait;
use crate::pg::{hooks, subtransaction, transaction};
use crate::settings;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::Oid;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

#[derive(Clone, Copy, Debug)]
struct Deferred {
    table: Oid,
    /// Tables are reported in the order in which they were added.
    number: u64,
    awaits_index: bool,
    /// The table's definition has changed since it was added.
    is_changed: bool,
}

thread_local! {
    static TABLES: RefCell<HashMap<Oid, Deferred>> = RefCell::default();
    static LAST_NUMBER: Cell<u64> = const { Cell::new(0) };
}

pub fn is_empty() -> bool {
    TABLES.with_borrow(HashMap::is_empty)
}

pub fn has(table: Oid) -> bool {
    TABLES.with_borrow(|tables| tables.contains_key(&table))
}

pub fn add(table: Oid, awaits_index: bool) {
    if !has(table) {
        let number = LAST_NUMBER.get().wrapping_add(1);
        LAST_NUMBER.set(number);
        keep(Deferred { table, number, awaits_index, is_changed: false });
        hooks::at_session_end(judge_all);
        hooks::report_reading(true);
    }
}

fn keep(deferred: Deferred) {
    TABLES.with_borrow_mut(|tables| tables.insert(deferred.table, deferred));
}

/// Notes that a table may have changed, or any table if it is `None`.
pub fn note_change(table: Option<Oid>) {
    TABLES.with_borrow_mut(|tables| match table {
        Some(table) => tables.get_mut(&table).into_iter().for_each(|deferred| deferred.is_changed = true),
        None => tables.values_mut().for_each(|deferred| deferred.is_changed = true),
    });
}

/// Judges the tables that are due, at the commit of a transaction. `has_loaded`: the transaction
/// has written rows itself. A table that another session has locked waits for a later commit.
pub fn judge_due(has_loaded: bool) {
    let is_restoring = transaction::is_restoring();
    if is_restoring && transaction::application_name() == "pg_restore" {
        return;
    }
    let has_moved_on = !is_restoring || (!has_loaded && session::has_read());
    let is_due = |deferred: &mut Deferred| {
        let may_have_index = deferred.awaits_index && std::mem::take(&mut deferred.is_changed);
        may_have_index || (!deferred.awaits_index && has_moved_on)
    };
    let due = TABLES.with_borrow_mut(|tables| {
        tables.extract_if(|_, deferred| is_due(deferred)).map(|(_, deferred)| deferred).collect()
    });
    in_order(due).into_iter().filter_map(judge_now).for_each(keep);
    hooks::report_reading(!is_empty());
}

fn in_order(mut tables: Vec<Deferred>) -> Vec<Deferred> {
    tables.sort_unstable_by_key(|deferred| deferred.number);
    tables
}

/// Judges the table and reports a finding. Returns the table if it has to wait longer.
fn judge_now(deferred: Deferred) -> Option<Deferred> {
    let table = deferred.table;
    match subtransaction::attempt(|| nowait(|| judge(table, Rows::All))) {
        Ok(Verdict::InOrder) => None,
        Ok(Verdict::NoIndex) => Some(Deferred { awaits_index: true, ..deferred }),
        Ok(Verdict::Behind(finding)) => {
            respond(table, finding, settings::guard(), false);
            None
        }
        // Its definition may be changing at the moment.
        Err(error) if error.sqlstate == PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE => {
            Some(Deferred { is_changed: true, ..deferred })
        }
        Err(error) => {
            report::warn_unjudged(table, &error);
            None
        }
    }
}

/// Judges all tables at the end of the session.
fn judge_all() {
    for deferred in in_order(TABLES.take().into_values().collect()) {
        judge_now(deferred);
    }
}
