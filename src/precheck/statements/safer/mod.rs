//! Statements that do the same as the script's with weaker locks, and end in the same schema. Each
//! is a transaction of its own.

mod advice;
mod alter_table;
mod batches;
mod column_text;
mod columns;
mod constraints;
mod indexes;
mod partitions;
mod spelled;
mod steps;
mod subject;
mod views;

pub use constraints::is_proven_not_null;
pub use views::drop_and_create;

use crate::error::Error;
use crate::pg::parser::tree::{Statement, Tree};
use crate::precheck::finding::Severity;
use crate::precheck::run::Run;
use steps::Steps;
use subject::Subject;

/// What is known of a statement before it is judged.
#[derive(Default)]
pub struct Before {
    subject: Option<Subject>,
    steps: Option<Steps>,
}

/// Reads what the statement is about, before the model changes. Adds no finding.
pub fn before(run: &mut Run, tree: &Tree<'_>) -> Result<Before, Error> {
    if run.model.names_unknown.is_some() {
        return Ok(Before::default());
    }
    let steps = match &tree.statement {
        Statement::Drop(drop) => indexes::drop(run, drop)?,
        Statement::Reindex { relation: Some(name), is_index, is_concurrent: false, .. } => {
            indexes::reindex(run, name, *is_index)?
        }
        Statement::Refresh { relation, is_concurrent: false } => indexes::refresh(run, relation)?,
        Statement::Dml(statement) => batches::dml(run, statement)?,
        Statement::AlterTable { relation, commands, .. } => partitions::alter(run, relation, commands)?,
        _ => None,
    };
    let name = match &tree.statement {
        Statement::AlterTable { relation, .. } => Some(relation),
        Statement::CreateIndex(create) => Some(&create.relation),
        _ => None,
    };
    let subject = name.map(|name| Subject::of(run, name)).transpose()?.flatten();
    Ok(Before { subject, steps })
}

/// Offers safer statements, or says what else to do, after the statement has been judged. Offers
/// none if the statement fails: each of them would, and leave behind what the others have done.
pub fn offer(run: &mut Run, tree: &Tree<'_>, before: Before) -> Result<(), Error> {
    if run.has(Severity::Error) {
        return Ok(());
    }
    let steps = match (before.steps, &before.subject) {
        (Some(steps), _) => Some(steps),
        (None, Some(subject)) if is_read(run) => changed(run, tree, subject)?,
        _ => None,
    };
    let statements = steps.map(|steps| steps.statements(run.limits.now.waits_briefly)).unwrap_or_default();
    if statements.is_empty() {
        if let Some(advice) = advice::of(run, &tree.statement) {
            run.effects.remark(advice);
        }
    } else if run.in_transaction {
        let place = run.place.clone();
        run.safer_elsewhere.get_or_insert(place);
    }
    run.effects.safer = statements;
    Ok(())
}

fn changed(run: &mut Run, tree: &Tree<'_>, subject: &Subject) -> Result<Option<Steps>, Error> {
    match &tree.statement {
        Statement::AlterTable { relation, commands, .. } => alter_table::alter_table(run, subject, relation, commands),
        Statement::CreateIndex(create) => indexes::create(run, subject, create),
        _ => Ok(None),
    }
}

/// Whether the statement reads or rewrites a table that exists.
fn is_read(run: &Run) -> bool {
    let mut read = run.effects.scans.iter().chain(&run.effects.rewrites);
    read.any(|id| run.model.get(*id).oid.is_some())
}
