//! ALTER TABLE.

use super::add_column::add_column;
use super::constraint_names::Target;
use super::{alter_column, alter_constraint, constraints, drop_column, partitions, roles};
use crate::error::Error;
use crate::pg::encoded_text;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::{AlterAction, AlterCommand, ConstraintKind, ObjectKind, Raw, RelationName};
use crate::pg::storage_options;
use crate::precheck::effects::Mode;
use crate::precheck::finding::Note;
use crate::precheck::model::Found;
use crate::precheck::model::relation::Id;
use crate::precheck::relations::existing;
use crate::precheck::run::Run;
use crate::report::wording;

pub fn alter_table(
    run: &mut Run,
    name: &RelationName,
    kind: ObjectKind,
    commands: &[AlterCommand<'_>],
    missing_ok: bool,
) -> Result<(), Error> {
    run.effects.is_definition = true;
    if missing_ok && run.model.find(name)? == Found::Missing {
        run.add(Note::info("if_exists", "the relation does not exist, so that the statement does nothing"));
        return Ok(());
    }
    let detaches =
        |command: &AlterCommand<'_>| matches!(command.action, AlterAction::DetachPartition { is_concurrent: true, .. });
    if commands.iter().any(detaches) {
        super::session::refuse_in_transaction(run, "ALTER TABLE … DETACH PARTITION CONCURRENTLY");
    }
    let names: Vec<String> = name.schema.iter().chain([&name.name]).cloned().collect();
    if kind == ObjectKind::Type && super::types::created_type(run, &names).is_some() {
        run.unchecked("what the statement changes in the type, which the script creates,");
        return Ok(());
    }
    let Some(id) = existing(run, name)? else { return Ok(()) };
    if let Some((table, index)) = index_of(run, id, name)? {
        alter_index(run, table, &index, commands);
        return Ok(());
    }
    if !super::names::is_of_kind(run, id, kind) || !roles::require_owner(run, id) {
        return Ok(());
    }
    for command in commands {
        if let Some(mode) = Mode::numbered(command.lock) {
            run.effects.lock(id, mode);
        }
    }
    if run.model.get(id).oid.is_some() {
        super::pending::refuse(run, id, "ALTER TABLE");
    }
    super::children::lock(run, id, name.only, commands)?;
    if run.model.get(id).kind == b'c' && commands.iter().any(|command| command.cascade) {
        run.unchecked("what the statement changes in the tables of the type");
    }
    let recurses = !name.only && commands.iter().any(|command| recurses(&command.action));
    if recurses || !name.only && commands.iter().any(|command| sets_children_not_null(&command.action)) {
        for child in run.model.descendants(id)? {
            roles::require_owner(run, child);
        }
    }
    let checks_keys = commands.iter().any(|command| checks_keys(&command.action));
    // The server works in passes: what is dropped goes first, then types change, columns are added,
    // and constraints come last (AlterTablePass in commands/tablecmds.c).
    let mut ordered: Vec<&AlterCommand<'_>> = commands.iter().collect();
    ordered.sort_by_key(|command| pass(&command.action));
    for command in ordered {
        apply(run, id, command, checks_keys, name.only)?;
    }
    if run.model.get(id).oid.is_some() {
        run.model.get_mut(id).is_changed = true;
    }
    if recurses {
        run.model.blur_descendants(id)?;
    }
    Ok(())
}

/// Whether the statement has to check foreign keys on account of this action
/// (transformAlterTableStmt in parser/parse_utilcmd.c).
fn checks_keys(action: &AlterAction<'_>) -> bool {
    match action {
        AlterAction::AddColumn(definition) => {
            definition.default().is_some()
                || definition.generated().is_some()
                || definition.has(ConstraintKind::Identity)
                || super::columns::serial(definition).is_some()
        }
        AlterAction::AddConstraint(constraint) => constraint.kind == ConstraintKind::ForeignKey,
        _ => false,
    }
}

/// Whether the action changes partitions and inheriting tables as well.
fn recurses(action: &AlterAction<'_>) -> bool {
    match action {
        AlterAction::AddColumn(_)
        | AlterAction::DropColumn(_)
        | AlterAction::AlterType(_)
        | AlterAction::SetNotNull(_)
        | AlterAction::DropNotNull(_)
        | AlterAction::DropExpression(_)
        | AlterAction::SetDefault { .. } => true,
        AlterAction::AddConstraint(constraint) => constraint.kind == ConstraintKind::Check,
        _ => false,
    }
}

/// Whether the action is a new primary key, whose columns become NOT NULL in all descendants.
fn sets_children_not_null(action: &AlterAction<'_>) -> bool {
    matches!(action, AlterAction::AddConstraint(constraint)
        if constraint.kind == ConstraintKind::PrimaryKey && constraint.key.index.is_none())
}

fn pass(action: &AlterAction<'_>) -> u8 {
    match action {
        AlterAction::DropColumn(_)
        | AlterAction::DropConstraint(_)
        | AlterAction::DropNotNull(_)
        | AlterAction::DropExpression(_)
        | AlterAction::DropIdentity(_)
        | AlterAction::SetDefault { expression: None, .. } => 0,
        AlterAction::AlterType(_) => 1,
        AlterAction::AddColumn(_) => 2,
        #[cfg(since_17)]
        AlterAction::SetExpression { .. } => 3,
        AlterAction::SetNotNull(_) | AlterAction::SetDefault { .. } => 5,
        AlterAction::AddConstraint(constraint) if constraint.kind == ConstraintKind::ForeignKey => 8,
        AlterAction::AddConstraint(constraint) if constraint.kind != ConstraintKind::Check => 6,
        AlterAction::AddConstraint(_) => 7,
        _ => 9,
    }
}

/// Returns the table and the name of the index that the name leads to.
fn index_of(run: &mut Run, id: Id, name: &RelationName) -> Result<Option<(Id, String)>, Error> {
    let relation = run.model.get(id);
    if relation.kind != b'i' && relation.kind != b'I' {
        let is_index = relation.name != name.name && relation.index(&name.name).is_some();
        return Ok(is_index.then(|| (id, name.name.clone())));
    }
    let (table, index) = (relation.table, relation.name.clone());
    let Some(table) = table else { return Ok(None) };
    Ok(run.model.by_oid(table)?.map(|table| (table, index)))
}

fn alter_index(run: &mut Run, table: Id, index: &str, commands: &[AlterCommand<'_>]) {
    if !roles::require_owner(run, table) {
        return;
    }
    let weak = commands.iter().all(|command| {
        matches!(command.action, AlterAction::ColumnOption { .. } | AlterAction::AttachPartition { .. })
    });
    let mode =
        commands.iter().filter_map(|command| Mode::numbered(command.lock)).max().unwrap_or(Mode::AccessExclusive);
    if mode == Mode::AccessExclusive && !weak {
        run.effects.index_locks.push(quote_identifier(index));
    }
    if let Some(oid) = run.model.get(table).index(index).and_then(|index| index.oid) {
        let holder = run.holders().ok().and_then(|holders| holders.conflicting(oid, mode).cloned());
        if let Some(holder) = holder {
            let detail = format!(
                "{}; {} waits. A query that was planned against the table holds a lock on each of its indexes",
                holder.describe(),
                mode.name()
            );
            run.add(Note::warning("lock_held", detail).on(index.to_owned()));
        }
    }
}

/// `checks_keys`: whether the statement has to check foreign keys.
fn apply(run: &mut Run, id: Id, command: &AlterCommand<'_>, checks_keys: bool, only: bool) -> Result<(), Error> {
    match &command.action {
        AlterAction::AddColumn(definition) => {
            add_column(run, id, definition, command.missing_ok, checks_keys)?;
        }
        AlterAction::DropColumn(name) => drop_column::drop(run, id, name, command.missing_ok, command.cascade)?,
        AlterAction::AlterType(definition) => super::alter_type::alter_type(run, id, definition)?,
        AlterAction::SetDefault { column, expression } => alter_column::set_default(run, id, column, *expression),
        AlterAction::SetNotNull(column) => {
            super::not_null::set_not_null(run, id, column, false, only)?;
            super::not_null::name_constraint(run, id, column, None)?;
        }
        AlterAction::DropNotNull(column) => super::not_null::drop_not_null(run, id, column)?,
        #[cfg(since_17)]
        AlterAction::SetExpression { column, expression } => {
            if super::not_null::exists(run, id, column) {
                let expression = expression.map(|raw| crate::precheck::analysis::expressions(run, id, &[raw]));
                if expression.is_some()
                    && run.model.get(id).column(column).is_some_and(|column| column.generated == b's')
                {
                    run.scan_tree(id, true)?;
                }
            }
        }
        AlterAction::DropExpression(column) => alter_column::drop_expression(run, id, column, command.missing_ok),
        AlterAction::ColumnOption { column: Some(column), .. } => {
            super::not_null::exists(run, id, column);
        }
        AlterAction::AddIdentity(column, options) => alter_column::add_identity(run, id, column, options)?,
        AlterAction::SetIdentity(column, options) => {
            if alter_column::is_identity(run, id, column, false) {
                super::sequence_options::alter_identity(run, id, column, options)?;
                if let (Some(kind), Some(column)) = (options.generated, run.model.get_mut(id).column_mut(column)) {
                    column.identity = kind;
                }
            }
        }
        AlterAction::DropIdentity(column) => {
            if alter_column::is_identity(run, id, column, command.missing_ok) {
                super::sequences::forget_identity(run, id, column)?;
            }
        }
        AlterAction::AddConstraint(constraint) => {
            let is_new = run.model.has_no_rows(id);
            let target = Target { column: None, is_new, is_null: false };
            constraints::add(run, id, constraint, target)?;
        }
        AlterAction::AlterConstraint { name, enforced, changes_inheritance } => {
            alter_constraint::alter(run, id, name, *enforced, *changes_inheritance)?;
        }
        AlterAction::ValidateConstraint(name) => alter_constraint::validate(run, id, name)?,
        AlterAction::DropConstraint(name) => {
            alter_constraint::drop(run, id, name, command.missing_ok, command.cascade)?;
        }
        AlterAction::Owner(role) => roles::set_owner(run, id, role),
        AlterAction::AttachPartition { partition, bound } => partitions::attach(run, id, partition, *bound)?,
        AlterAction::DetachPartition { partition, is_concurrent } => {
            partitions::detach(run, id, partition, *is_concurrent)?;
        }
        AlterAction::Trigger { name, is_all, enables } => {
            super::triggers::switch(run, id, name.as_deref(), *is_all, *enables)
        }
        AlterAction::RowSecurity { enables } => roles::row_security(run, id, *enables),
        AlterAction::ForceRowSecurity(forces) => run.model.get_mut(id).forces_row_security = *forces,
        AlterAction::Inherit(parent) => super::inheritance::join(run, id, parent)?,
        AlterAction::NoInherit(parent) => {
            super::inheritance::leave(run, id, parent)?;
        }
        AlterAction::SetLogged(is_logged) => {
            let new = if *is_logged { b'p' } else { b'u' };
            if super::persistence::changes(run, id, *is_logged)? {
                run.effects.rewrites.insert(id);
                run.model.get_mut(id).persistence = new;
            }
        }
        AlterAction::SetTablespace | AlterAction::SetAccessMethod => {
            run.unchecked("the tablespace or access method");
            run.effects.rewrites.insert(id);
        }
        AlterAction::ClusterOn(index) => super::index::cluster_on(run, id, index),
        AlterAction::ReplicaIdentity => {
            run.model.get_mut(id).replica_identity = b'?';
            if encoded_text::decode(run.text.to_bytes()).to_uppercase().contains("USING INDEX") {
                run.unchecked("whether the index serves as REPLICA IDENTITY");
            }
        }
        AlterAction::Other => {
            run.unchecked("this form of ALTER TABLE");
            run.model.other_objects = run.model.other_objects.or(Some(run.number()));
        }
        AlterAction::SetOptions { options, is_reset } => options_fit(run, id, *options, *is_reset),
        AlterAction::Rule | AlterAction::ColumnOption { column: None, .. } => {}
    }
    Ok(())
}

/// Adds an error for an option that the relation does not have, or for its value.
fn options_fit(run: &mut Run, id: Id, options: Option<Raw<'_>>, is_reset: bool) {
    let relation = run.model.get(id);
    let refused = options.and_then(|options| storage_options::refusal(relation.kind, options, is_reset));
    if let Some(error) = refused {
        let note = Note::error("setting", error.sqlstate, wording::error(&error));
        run.add(note.on(run.model.get(id).quoted()));
    }
}
