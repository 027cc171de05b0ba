//! Runs one statement in a subtransaction of its own, and makes its row.

use super::judge::{Situation, Verdict, judge};
use super::row::{Row, Status};
use super::transaction::Transaction;
use super::wording;
use crate::error::Error;
use crate::pg::memory;
use crate::pg::parser::SyntaxError;
use crate::pg::parser::raw::Parsed;
use crate::pg::raised::{Caught, Raised, catch, sqlstate};
use crate::pg::rehearsal::command::Command;
use crate::pg::rehearsal::observe::{BeforeStatement, Observer};
use crate::pg::rehearsal::outside;
use crate::pg::rehearsal::time_limit::{self, TimeLimit};
use crate::pg::subtransaction::Scope;
use std::time::Instant;

/// What a statement runs with.
pub struct Setting<'a> {
    pub observer: &'a mut Observer,
    pub transaction: &'a mut Transaction,
    /// The statement_timeout of the session before the script, in milliseconds.
    pub time_limit: i32,
}

/// How a statement ended.
pub struct Ended {
    pub row: Row,
    /// The byte of the statement's text where the error is.
    pub position: Option<usize>,
    /// Whether the statement was not rehearsed, and may change rows or objects in the real run.
    pub may_change: bool,
    /// The row of the check at the end of the statement's own transaction, if that failed.
    pub commit: Option<Row>,
}

/// Runs the statement by `work`, which returns how many rows it changed, and keeps its effects if
/// it succeeds.
pub fn run(
    parsed: &Parsed,
    command: &Command,
    setting: Setting<'_>,
    work: impl FnOnce() -> Option<i64>,
) -> Result<Ended, Error> {
    let Setting { observer, transaction, time_limit } = setting;
    if !transaction.is_block() {
        observer.begin();
    }
    let before = BeforeStatement::take();
    outside::take_refusal();
    let limit = time_limit::setting();
    let limit = (limit > 0 && limit != time_limit).then(|| TimeLimit::arm(limit));
    let start = Instant::now();
    let scope = Scope::begin();
    let outcome = catch(work);
    let is_over_limit = limit.is_some_and(TimeLimit::disarm);
    let duration = start.elapsed();
    let refusal = outside::take_refusal();
    let may_change = refusal.as_ref().is_none_or(|refusal| refusal.changes);
    let refused = refusal.map(|refusal| refusal.reason);
    let is_in_block = transaction.is_block();

    let mut commit = None;
    let (mut row, position) = match outcome {
        Ok(rows) if refused.is_none() => {
            let observed = observer.statement(&before);
            let row = Row {
                rows,
                scanned: observed.scanned,
                rewritten: Some(observed.rewritten),
                locks: Some(observed.locks),
                ..Row::new(Status::Ok)
            };
            let checked = if is_in_block { Ok(None) } else { check_alone(transaction) };
            let is_kept = matches!(checked, Ok(None));
            // Before an error is passed on: the outer subtransaction owns what `before` holds.
            scope.end(is_kept);
            commit = checked?;
            if is_kept {
                note_enums(command, transaction);
                match is_in_block {
                    true => transaction.deferral.defer_new()?,
                    false => transaction.deferral.restore()?,
                }
            }
            (row, None)
        }
        Ok(_) => {
            scope.end(false);
            let mut row = Row::new(Status::NotRehearsed);
            row.detail.extend(refused);
            row.detail.push(wording::CAUGHT.to_owned());
            (row, None)
        }
        Err(caught) => {
            scope.end(false);
            // If memory is short here, it is for the next statement as well.
            memory::raise_if_short();
            let situation = Situation {
                refused,
                is_in_block,
                is_procedure: *command == Command::Procedure,
                is_ambiguous: constraint_of(&caught).is_some_and(|name| transaction.deferral.is_ambiguous(name)),
                enums: transaction.enums,
                accepts_values_of_new_types: cfg!(since_17),
            };
            failed(caught, &situation, parsed, is_over_limit)?
        }
    };
    if row.status != Status::Ok || commit.is_some() {
        observer.after_rollback();
    }
    row.duration = Some(duration);
    drop(before);
    let may_change = may_change && row.status == Status::NotRehearsed;
    Ok(Ended { row, position, may_change, commit })
}

/// Runs what the end of a transaction does, and undoes it if it fails.
pub fn apart(work: impl FnOnce() -> Option<i64>) -> Result<(), Error> {
    let scope = Scope::begin();
    let outcome = catch(work);
    scope.end(outcome.is_ok());
    match outcome {
        Err(caught) if caught.raised.as_ref().is_some_and(|raised| raised.is_cancel) => caught.rethrow(),
        _ => Ok(()),
    }
}

/// Checks the deferred constraints after a statement that is a transaction of its own. Returns the
/// row of a check that failed.
fn check_alone(transaction: &mut Transaction) -> Result<Option<Row>, Error> {
    match transaction.deferral.check()? {
        Ok(()) => Ok(None),
        Err(caught) => commit_row(caught).map(Some),
    }
}

fn constraint_of(caught: &Caught) -> Option<&str> {
    caught.raised.as_ref()?.constraint.as_deref()
}

/// Returns the row of a statement that the server refuses to look at.
pub fn refused_row(caught: Caught) -> Result<Row, Error> {
    Ok(error_row(statement_error(caught, false)?))
}

/// Returns the row of a COMMIT that failed.
pub fn commit_row(caught: Caught) -> Result<Row, Error> {
    let raised = statement_error(caught, false)?;
    let mut row = match outside::take_refusal() {
        Some(refusal) => Row::noted(Status::NotRehearsed, refusal.reason),
        None => error_row(raised),
    };
    row.command = Some("COMMIT".to_owned());
    row.detail.push(wording::COMMIT.to_owned());
    Ok(row)
}

fn note_enums(command: &Command, transaction: &mut Transaction) {
    match command {
        Command::CreateEnum => transaction.enums.has_new_type = true,
        Command::AddEnumValue => transaction.enums.has_new_value = true,
        // It may do both.
        Command::Procedure => {
            (transaction.enums.has_new_type, transaction.enums.has_new_value) = (true, true);
        }
        _ => {}
    }
    if !transaction.is_block() {
        transaction.has_ended();
    }
}

fn failed(
    caught: Caught,
    situation: &Situation,
    parsed: &Parsed,
    is_over_limit: bool,
) -> Result<(Row, Option<usize>), Error> {
    let raised = statement_error(caught, is_over_limit)?;
    match judge(&raised.sqlstate, situation) {
        Verdict::NotRehearsed(reason) => {
            let mut row = Row::noted(Status::NotRehearsed, reason);
            if situation.refused.is_none() {
                row.sqlstate = Some(raised.sqlstate);
                row.message = Some(raised.error.message);
            }
            Ok((row, None))
        }
        Verdict::Failed => {
            let position = SyntaxError::byte_of(parsed.text(), &raised);
            Ok((error_row(raised), position))
        }
    }
}

/// Returns the error as data; passes on a cancel, the caller's own timeout, and a bug of the
/// extension. `is_over_limit`: the script's own statement_timeout was reached.
fn statement_error(caught: Caught, is_over_limit: bool) -> Result<Raised, Error> {
    match caught.raised {
        Some(ref raised) if !raised.is_cancel || is_over_limit => Ok(Raised::clone(raised)),
        _ => caught.rethrow(),
    }
}

fn error_row(raised: Raised) -> Row {
    let mut row = from_error(raised.error);
    row.sqlstate = Some(raised.sqlstate);
    row.constraint = raised.constraint;
    row
}

/// Returns the row of a statement that failed with this error.
pub fn from_error(error: Error) -> Row {
    let mut row = Row::new(Status::Failed);
    row.sqlstate = Some(sqlstate(error.sqlstate as i32));
    row.message = Some(error.message);
    row.detail.extend(error.detail);
    row.hint = error.hint;
    row
}
