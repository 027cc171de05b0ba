//! What to do where no statements end in the same schema with weaker locks.

use crate::pg::parser::tree::{AlterAction, AlterCommand, ConstraintKind, Drop, ObjectKind, Rename, Statement};
use crate::precheck::finding::{Finding, Severity};
use crate::precheck::run::Run;

/// Returns a remark for the statement's row.
pub fn of(run: &Run, statement: &Statement<'_>) -> Option<String> {
    let rewrites = run.effects.rewrites.iter().any(|id| run.model.get(*id).oid.is_some());
    let reads = rewrites || run.effects.scans.iter().any(|id| run.model.get(*id).oid.is_some());
    match statement {
        Statement::AlterTable { commands, .. } if reads => commands.iter().find_map(|command| alter(command, rewrites)),
        Statement::Cluster { is_concurrent: false, .. } | Statement::Vacuum { is_full: true, .. } if rewrites => {
            Some(repack().to_owned())
        }
        Statement::Rename(rename) => renamed(run, rename),
        Statement::Drop(drop) => dropped(run, drop),
        _ => None,
    }
}

fn repack() -> &'static str {
    match cfg!(since_19) {
        true => {
            "REPACK (CONCURRENTLY) does it under ShareUpdateExclusiveLock if the table has a primary key or a replica \
             identity"
        }
        false => "a plain VACUUM makes the space available to new rows, and blocks no session",
    }
}

fn alter(command: &AlterCommand<'_>, rewrites: bool) -> Option<String> {
    let text = match &command.action {
        AlterAction::AlterType(_) if rewrites => {
            "without blocking: add a column of the new type, have a trigger fill it with each write, copy the other \
             rows in batches, then swap the names in one short transaction"
        }
        AlterAction::AddColumn(definition) if definition.generated().is_some() && rewrites => {
            "no weaker lock ends in the same schema: a stored generated column is computed under \
             AccessExclusiveLock, a plain column with a trigger is not"
        }
        AlterAction::AddColumn(definition) if definition.has(ConstraintKind::Identity) && rewrites => {
            "no weaker lock ends in the same schema: add a plain column, number the rows in batches, then ADD \
             GENERATED AS IDENTITY and move the sequence"
        }
        AlterAction::AddConstraint(constraint) if constraint.kind == ConstraintKind::Exclusion => {
            "the index of an exclusion constraint cannot be built concurrently"
        }
        AlterAction::SetLogged(_) | AlterAction::SetTablespace | AlterAction::SetAccessMethod if rewrites => {
            "no form of it lets other sessions read the table meanwhile"
        }
        _ => return None,
    };
    Some(text.to_owned())
}

/// RENAME of a table that exists.
fn renamed(run: &Run, rename: &Rename) -> Option<String> {
    let is_table = rename.kind == ObjectKind::Table && rename.part.is_none();
    let (id, old) = run.effects.names.iter().next().filter(|_| is_table)?;
    let relation = run.model.get(*id);
    (relation.oid.is_some() && relation.is_table()).then(|| {
        format!(
            "sessions that run the old version of the application still name {old}: in the same transaction, CREATE \
             VIEW {old} AS SELECT * FROM {}, and drop the view later",
            relation.quoted()
        )
    })
}

/// DROP TABLE of a table that has rows.
fn dropped(run: &Run, drop: &Drop) -> Option<String> {
    let is_of_this = |finding: &&Finding| finding.place.statement == run.place.statement;
    let loses = run
        .findings
        .iter()
        .rev()
        .take_while(is_of_this)
        .any(|finding| finding.check == "data_loss" && finding.severity == Severity::Warning);
    (drop.kind == ObjectKind::Table && loses)
        .then(|| "to be able to return, rename the table first, and drop it in a later script".to_owned())
}
