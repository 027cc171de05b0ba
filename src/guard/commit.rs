//! Judges the tables and sequences that a transaction has touched when it commits or is prepared.

use super::finding::Finding;
use super::judge::{Rows, Verdict, judge, judge_sequence};
use super::response::respond;
use super::setval;
use super::throttle::Extent;
use super::touched_tables::{Mark, Touched};
use super::{deferred, report, session};
use crate::error::Error;
use crate::pg::index_probe::Own;
use crate::pg::relation::nowait;
use crate::pg::run_as::{SUPERUSER, run_as};
use crate::pg::sequence_page::last_drawn;
use crate::pg::settings::Guard;
use crate::pg::{names, snapshot, subtransaction, transaction};
use crate::settings;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, Oid};

/// Judges what the transaction has touched. Called before it commits, while an error can still
/// abort it.
pub fn committing() {
    if session::is_untouched() && deferred::is_empty() {
        return;
    }
    let touched = session::take();
    let mode = match settings::guard() {
        Guard::Off => return,
        // A subscription would retry a refused transaction forever, and its publisher would retain
        // WAL for it.
        Guard::Error if transaction::is_replication_worker() => Guard::Warn,
        mode => mode,
    };
    transaction::make_changes_visible();
    snapshot::with_latest(|| {
        let written = touched.iter().filter(|touched| touched.is(Mark::Written)).count();
        let is_deferred = mode == Guard::Warn && is_restoring(written);
        if transaction::has_written() {
            let tables = touched.iter().filter(|touched| touched.is(Mark::Written) || touched.is(Mark::Redefined));
            let has_set = setval::has_set(&touched);
            tables.for_each(|touched| judge_touched(touched, mode, is_deferred, has_set));
            judge_set_sequences(&touched, mode);
        }
        // A deferrable transaction would have to wait for its snapshot.
        if !transaction::is_read_only() {
            deferred::judge_due(written > 0);
        }
    });
}

/// Whether later transactions will set the sequences. They will not if the whole restore is one
/// transaction.
fn is_restoring(tables: usize) -> bool {
    transaction::is_restoring() && !(transaction::is_block() && tables > 1)
}

/// Judges a table that the transaction has written or redefined. `has_set`: the transaction has set
/// sequences.
fn judge_touched(touched: &Touched<Oid>, mode: Guard, is_deferred: bool, has_set: bool) {
    let table = touched.table;
    let is_supplied = touched.is(Mark::Supplied);
    let judges_all_rows = touched.is(Mark::Unwatched) || touched.is(Mark::Redefined);
    let may_have_ids = is_supplied || judges_all_rows;
    // A partitioned table's rows are spread over its leaves: too many to search each for ids that a
    // trigger may have inserted.
    if !may_have_ids && names::relation_kind(table) == Some(pg_sys::RELKIND_PARTITIONED_TABLE) {
        return;
    }
    if is_deferred && deferred::has(table) {
        return;
    }
    // All of its rows will be judged later in any case.
    if is_deferred && touched.is(Mark::Unwatched) {
        return deferred::add(table, false);
    }
    let rows = match (judges_all_rows, is_supplied) {
        (true, _) => Rows::All,
        (false, true) => Rows::Own(Own::SUPPLIED),
        (false, false) => Rows::Own(Own::UNSUPPLIED),
    };
    let is_by_trigger = is_supplied && !touched.is(Mark::SuppliedDirectly);
    // Only ids that the transaction itself has supplied are refused. It is not the cause of a
    // definition that does not suit existing rows, of drawn ids behind which it has set the
    // sequence back, or of ids that another table's trigger has written. Refusing the latter would
    // block writes to a table because of a copy of it.
    let is_supplied_here = is_supplied || touched.is(Mark::Unwatched) || !has_set;
    let is_refusable = touched.is(Mark::Written) && is_supplied_here && !is_by_trigger;
    conclude(
        table,
        may_have_ids,
        || judge(table, rows),
        |finding| {
            if mode == Guard::Warn && is_deferred {
                deferred::add(table, false);
            } else if is_by_trigger {
                respond(table, by_trigger(finding, table), mode, false);
            } else {
                let is_refusable = is_refusable && (may_have_ids || !was_set_back(&finding));
                respond(table, finding, mode, is_refusable);
            }
        },
    );
}

/// Judges a table and has `respond` handle a finding. `may_defer`: a table that has no index yet,
/// or that another session has locked to change an index or a partition, is judged at a later
/// commit.
fn conclude(
    table: Oid,
    may_defer: bool,
    judge: impl FnOnce() -> Result<Verdict, Error>,
    respond: impl FnOnce(Finding),
) {
    match subtransaction::attempt(|| nowait(judge)) {
        Ok(Verdict::InOrder) => {}
        Ok(Verdict::Behind(finding)) => respond(finding),
        Ok(Verdict::NoIndex) if may_defer => deferred::add(table, true),
        Err(error) if error.sqlstate == PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE => {
            if may_defer {
                deferred::add(table, false);
            }
        }
        Ok(Verdict::NoIndex) => {}
        Err(error) => report::warn_unjudged(table, &error),
    }
}

/// Whether the sequence was set back behind what this session has drawn from it, possibly by
/// another session. Rows that are ahead of it may then be ordinary ones.
fn was_set_back(finding: &Finding) -> bool {
    let Extent { next, is_ascending, .. } = finding.extent;
    // The session may have drawn on behalf of roles that have no privilege on the sequence.
    let drawn = subtransaction::attempt(|| Ok(run_as(SUPERUSER, || last_drawn(finding.sequence))));
    let is_ahead = |drawn: i64| if is_ascending { drawn >= next } else { drawn <= next };
    drawn.ok().flatten().is_some_and(is_ahead)
}

/// Judges all tables that draw from the sequences that were set. Refuses nothing: setval cannot be
/// undone.
fn judge_set_sequences(touched: &[Touched<Oid>], mode: Guard) {
    let judge_all = || {
        for sequence in setval::sequences(touched)? {
            let tables = setval::tables(sequence)?;
            tables.into_iter().for_each(|table| judge_set_sequence(table, sequence, mode));
        }
        Ok(())
    };
    if setval::has_set(touched)
        && let Err(error) = subtransaction::attempt(judge_all)
    {
        report::warn(report::failure("could not check the sequences that were set", &error));
    }
}

fn judge_set_sequence(table: Oid, sequence: Oid, mode: Guard) {
    // May be deferred: a restore sets its sequences before it creates indexes.
    conclude(
        table,
        true,
        || judge_sequence(table, sequence),
        |finding| {
            let extent = Extent { is_set: true, ..finding.extent };
            respond(table, Finding { extent, ..finding }, mode, false);
        },
    );
}

/// Adds how to leave the table out if another table's trigger fills it, such as the copy that an
/// online migration makes.
fn by_trigger(finding: Finding, table: Oid) -> Finding {
    let sentence = match report::leave_out(table) {
        Some(statement) => {
            format!("A trigger on another table writes these ids; to leave this one out, run: {statement}")
        }
        None => "A trigger on another table writes these ids.".to_owned(),
    };
    Finding { error: report::add_detail(finding.error.clone(), &sentence), ..finding }
}
