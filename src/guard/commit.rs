//! The moment of truth: what the transaction has touched is judged as it commits or is prepared.

use super::judge::{Rows, Verdict, judge};
use super::pending::Touched;
use super::{advance, put_off, report, session};
use crate::fault::Fault;
use crate::pg::index_probe::Own;
use crate::pg::relation::without_waiting;
use crate::pg::settings::Guard;
use crate::pg::{names, snapshot, subtransaction, transaction};
use crate::settings;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, Oid};

/// The transaction is about to commit and can still fail.
pub fn committing() {
    if session::is_untouched() && put_off::is_empty() {
        return;
    }
    let mut touched = session::take();
    touched.retain(|touched| touched.is_written);
    let mode = match settings::guard() {
        Guard::Off => return,
        // A refused commit would have it start over for ever, and the publisher keep its log for it.
        Guard::Error if transaction::is_replication_worker() => Guard::Warn,
        mode => mode,
    };
    transaction::make_own_work_visible();
    snapshot::with_latest(|| {
        let has_loaded = !touched.is_empty();
        let is_put_off = mode == Guard::Warn && is_restoring(&touched);
        if transaction::has_written() {
            touched.iter().for_each(|touched| settle(touched, mode, is_put_off));
        }
        // A deferrable transaction would have to wait for its snapshot.
        if !transaction::is_read_only() {
            put_off::judge_due(has_loaded);
        }
    });
}

/// Whether later transactions will set the sequences: not if the whole restore is one transaction.
fn is_restoring(touched: &[Touched<Oid>]) -> bool {
    transaction::is_restoring() && !(transaction::is_block() && touched.len() > 1)
}

fn settle(touched: &Touched<Oid>, mode: Guard, is_put_off: bool) {
    let table = touched.table;
    let may_have_ids = touched.is_supplied || touched.is_unwatched;
    // A root's rows are spread over its leaves: too many to look into each for what its triggers may have put there.
    if !may_have_ids && names::relation_kind(table) == Some(pg_sys::RELKIND_PARTITIONED_TABLE) {
        return;
    }
    if is_put_off && put_off::has(table) {
        return;
    }
    let rows = match (touched.is_unwatched, touched.is_supplied) {
        (true, _) => Rows::All,
        (false, true) => Rows::Own(Own::SUPPLIED),
        (false, false) => Rows::Own(Own::UNSUPPLIED),
    };
    match subtransaction::attempt(|| without_waiting(|| judge(table, rows))) {
        Ok(Verdict::InOrder) => {}
        Ok(Verdict::NoIndex) if may_have_ids => put_off::add(table, true),
        Ok(Verdict::NoIndex) => {}
        Ok(Verdict::Behind(finding)) => match mode {
            Guard::Error => report::refuse(finding),
            Guard::Advance => try_to_advance(table, finding),
            _ if is_put_off => put_off::add(table, false),
            _ => report::warn(finding),
        },
        Err(fault) if fault.sqlstate == PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE => {
            // Somebody works on an index, or on a partition: the next commit will do as well.
            if may_have_ids {
                put_off::add(table, false);
            }
        }
        Err(fault) => report::warn(could_not_judge(table, &fault)),
    }
}

pub fn try_to_advance(table: Oid, finding: Fault) {
    match subtransaction::attempt(|| advance::advance(table)) {
        Ok(None) => {}
        Ok(Some(obstacle)) => {
            let detail = finding.detail.clone().unwrap_or_default();
            let stop = if obstacle.ends_with(';') { "" } else { "." };
            report::warn(finding.detail(format!("{detail} Not advanced: {obstacle}{stop}")));
        }
        Err(fault) => report::warn(could_not_judge(table, &fault)),
    }
}

pub fn could_not_judge(table: Oid, fault: &Fault) -> Fault {
    let name = names::relation_name(table).map(|name| name.quoted()).unwrap_or_default();
    report::trouble(&format!("could not compare the ids in table {name} with its sequence"), fault)
}
