//! The partitions and inheriting tables that ALTER TABLE changes with their parent (ATPrepCmd in
//! commands/tablecmds.c).

use crate::error::Error;
use crate::pg::parser::tree::{AlterAction, AlterCommand, ConstraintKind};
use crate::precheck::effects::Mode;
use crate::precheck::model::relation::{Id, ROW, Relation, Trigger};
use crate::precheck::reach;
use crate::precheck::run::Run;

/// Locks them as the server does: as strongly as the parent, except for the indexes of a new key.
pub fn lock(run: &mut Run, id: Id, only: bool, commands: &[AlterCommand<'_>]) -> Result<(), Error> {
    let strongest = commands.iter().filter_map(|command| Mode::numbered(command.lock)).max();
    let relation = run.model.get(id);
    let changes_them = commands.iter().any(|command| changes_children(relation, &command.action));
    let indexes_them = relation.is_partitioned() && commands.iter().any(|command| is_index(&command.action));
    match strongest {
        Some(mode) if changes_them && !only => reach::family(run, id, mode),
        Some(_) if indexes_them && !only => reach::family(run, id, Mode::Share),
        _ => Ok(()),
    }
}

fn is_index(action: &AlterAction<'_>) -> bool {
    use ConstraintKind::{Exclusion, PrimaryKey, Unique};
    matches!(action, AlterAction::AddConstraint(added) if matches!(added.kind, Exclusion | PrimaryKey | Unique))
}

fn changes_children(relation: &Relation, action: &AlterAction<'_>) -> bool {
    let is_partitioned = relation.is_partitioned();
    match action {
        AlterAction::AddColumn(_)
        | AlterAction::DropColumn(_)
        | AlterAction::AlterType(_)
        | AlterAction::SetDefault { .. }
        | AlterAction::SetNotNull(_)
        | AlterAction::DropExpression(_) => true,
        #[cfg(since_17)]
        AlterAction::SetExpression { .. } => true,
        AlterAction::ColumnOption { of_children, .. } => *of_children,
        AlterAction::DropNotNull(column) => {
            !cfg!(since_18) || relation.column(column).is_some_and(|column| column.is_not_null)
        }
        // Since version 18, they are locked before the server decides whether the constraint is
        // theirs as well.
        AlterAction::AddConstraint(_) if cfg!(since_18) => true,
        AlterAction::AddConstraint(added) => match added.kind {
            ConstraintKind::Check => !added.is_no_inherit,
            ConstraintKind::NotNull => true,
            ConstraintKind::ForeignKey => is_partitioned,
            _ => false,
        },
        AlterAction::DropConstraint(name)
        | AlterAction::ValidateConstraint(name)
        | AlterAction::AlterConstraint { name, .. } => {
            let kind = relation.constraint(name).map(|constraint| constraint.kind);
            is_partitioned || matches!(kind, Some(b'c' | b'n'))
        }
        // Those of rows exist in each partition, and so do the triggers of foreign keys.
        AlterAction::Trigger { name, is_all, .. } => {
            let is_meant =
                |trigger: &Trigger| trigger.events & ROW != 0 && name.as_ref().is_none_or(|name| trigger.name == *name);
            let has_keys = relation.constraints.iter().any(|constraint| constraint.kind == b'f');
            is_partitioned && (relation.triggers.iter().any(is_meant) || *is_all && has_keys)
        }
        AlterAction::AddIdentity(..) | AlterAction::SetIdentity(..) | AlterAction::DropIdentity(_) => {
            is_partitioned && cfg!(since_17)
        }
        _ => false,
    }
}
