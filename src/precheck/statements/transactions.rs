//! Transactions, savepoints and deferred constraints.

use crate::error::Error;
use crate::pg::parser::tree::Transaction;
use crate::precheck::finding::Note;
use crate::precheck::model::relation::{Id, Relation};
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;

/// SET CONSTRAINTS.
pub fn set_constraints(run: &mut Run, deferred: bool, is_all: bool) {
    (run.constraints_immediate, run.constraints_deferred) = (!deferred, deferred);
    if !deferred {
        if is_all {
            run.pending.clear();
        } else {
            for pending in run.pending.values_mut() {
                pending.is_certain = false;
            }
        }
    }
}

pub fn transaction(run: &mut Run, statement: &Transaction) -> Result<(), Error> {
    match statement {
        Transaction::Begin(modes) => {
            run.in_transaction = true;
            super::read_only::set(run, "transaction", *modes);
            save(run, None);
        }
        Transaction::Commit { chain } => end(run, *chain, true)?,
        Transaction::Rollback { chain } => end(run, *chain, false)?,
        Transaction::Savepoint(name) => {
            if needs_transaction(run, "SAVEPOINT") {
                save(run, Some(name.clone()));
            }
        }
        Transaction::Release(name) => {
            if needs_transaction(run, "RELEASE SAVEPOINT")
                && let Some(at) = find_savepoint(run, name)
            {
                run.read_only.end_savepoint();
                run.saved.truncate(at);
            }
        }
        Transaction::RollbackTo(name) => {
            if needs_transaction(run, "ROLLBACK TO SAVEPOINT")
                && let Some(at) = find_savepoint(run, name)
            {
                run.read_only.end_savepoint();
                run.saved.truncate(at + 1);
                if let Some((_, model)) = run.saved.last() {
                    run.model.return_to((**model).clone())?;
                }
            }
        }
        Transaction::Prepare => {
            let detail = "the transaction stays open, with its locks, until COMMIT PREPARED";
            run.add(Note::warning("transaction", detail));
            end(run, false, true)?;
        }
        Transaction::CommitPrepared => super::session::refuse_in_transaction(run, "COMMIT PREPARED"),
    }
    Ok(())
}

/// Drops the tables with ON COMMIT DROP, as the end of their transaction does.
pub fn drop_temporary(run: &mut Run) {
    let number = run.number();
    let gone = |relation: &Relation| relation.drops_on_commit && relation.dropped.is_none();
    let gone: Vec<Id> = run.model.loaded().filter(|(_, relation)| gone(relation)).map(|(id, _)| id).collect();
    for id in gone {
        run.model.drop_relation(id, number);
    }
}

fn save(run: &mut Run, name: Option<String>) {
    run.saved.push((name, Box::new(run.model.clone())));
}

fn needs_transaction(run: &mut Run, command: &str) -> bool {
    if !run.in_transaction {
        let detail = format!("{command} can only be used in transaction blocks");
        run.add(Note::error("transaction", Code::ERRCODE_NO_ACTIVE_SQL_TRANSACTION, detail));
    }
    run.in_transaction
}

fn find_savepoint(run: &mut Run, name: &str) -> Option<usize> {
    let found = run.saved.iter().rposition(|(saved, _)| saved.as_deref() == Some(name));
    if found.is_none() {
        let detail = format!("savepoint \"{name}\" does not exist");
        run.add(Note::error("transaction", Code::ERRCODE_S_E_INVALID_SPECIFICATION, detail).on(name.to_owned()));
    }
    found
}

fn end(run: &mut Run, chain: bool, commits: bool) -> Result<(), Error> {
    if !commits && let Some((_, model)) = run.saved.first() {
        run.model.return_to((**model).clone())?;
    }
    if commits && !run.pending.is_empty() {
        commit_checks(run);
    }
    if let Some(outer) = run.outer.take().filter(|_| commits) {
        run.model.path = outer.path;
        (run.model.session_role, run.model.role) = outer.roles;
    }
    if commits {
        drop_temporary(run);
    }
    run.limits.end(commits);
    run.read_only.end(commits);
    run.saved.clear();
    run.pending.clear();
    run.ledger = crate::precheck::effects::Ledger::default();
    run.model.new_enum_values.clear();
    run.in_transaction = chain;
    if chain {
        save(run, None);
    }
    Ok(())
}

/// Says that deferred constraints are checked when the transaction commits.
pub fn commit_checks(run: &mut Run) {
    let pending: Vec<_> = run.pending.iter().map(|(id, pending)| (*id, *pending)).collect();
    for (id, pending) in pending {
        let object = run.model.get(id).quoted();
        let detail = format!(
            "the deferred constraints of rows that statement {} writes are checked at COMMIT: rehearse the script",
            pending.statement
        );
        let place = run.place_of(pending.statement).unwrap_or_else(|| run.place.clone());
        run.add_at(place, Note::unknown("deferred_rows", detail).on(object));
    }
}
