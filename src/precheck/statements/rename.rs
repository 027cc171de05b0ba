//! RENAME and SET SCHEMA.

use super::constraint_names::unknown_column;
use super::names::{self, refuse_taken, schema_for, taken};
use super::roles;
use crate::error::Error;
use crate::pg::names::quote_identifier;
use crate::pg::parser::analysis::Needs;
use crate::pg::parser::tree::{Object, ObjectKind, Raw, RelationName, Rename};
use crate::precheck::dependents;
use crate::precheck::effects::Mode;
use crate::precheck::finding::Note;
use crate::precheck::model::Cause;
use crate::precheck::model::relation::Id;
use crate::precheck::model::{Change, Found};
use crate::precheck::relations::existing;
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;

pub fn rename(run: &mut Run, statement: Raw<'_>, rename: &Rename) -> Result<(), Error> {
    run.effects.is_definition = true;
    let number = run.number();
    let Some(name) = &rename.relation else {
        return other(run, statement, rename);
    };
    if rename.missing_ok && run.model.find(name)? == Found::Missing {
        run.add(Note::info("if_exists", "the relation does not exist, so that nothing is renamed"));
        return Ok(());
    }
    let Some(id) = existing(run, name)? else { return Ok(()) };
    let is_part = rename.part.is_some();
    if !is_part && is_index(run, id, name) {
        return index(run, id, name, &rename.new_name);
    }
    if !is_part && !names::is_of_kind(run, id, rename.kind) || !roles::require_owner(run, id) {
        return Ok(());
    }
    run.effects.lock(id, Mode::AccessExclusive);
    match (&rename.part, rename.kind) {
        (Some(part), ObjectKind::Column | ObjectKind::Attribute) => {
            for child in run.model.descendants(id)? {
                run.effects.lock(child, Mode::AccessExclusive);
                roles::require_owner(run, child);
            }
            column(run, id, part, &rename.new_name, name.only)
        }
        (Some(part), ObjectKind::TableConstraint) => constraint(run, id, part, &rename.new_name),
        (Some(part), ObjectKind::Trigger) => {
            if let Some(trigger) = run.model.get_mut(id).triggers.iter_mut().find(|trigger| trigger.name == *part) {
                trigger.name.clone_from(&rename.new_name);
            } else {
                let detail = format!("trigger {} does not exist", quote_identifier(part));
                run.add_name_error(
                    Note::error("unknown_trigger", Code::ERRCODE_UNDEFINED_OBJECT, detail).on(part.clone()),
                );
            }
            Ok(())
        }
        (Some(_), _) => {
            run.unchecked("whether the object exists");
            Ok(())
        }
        (None, _) => {
            let schema = run.model.get(id).schema.clone();
            if !super::names::may_create(run, &schema) || refuse_taken(run, &schema, &rename.new_name)? {
                return Ok(());
            }
            dependents::warn_of_bodies(run, id, None)?;
            warn_of_views(run, id, &rename.new_name)?;
            run.effects.names.insert(id, run.model.get(id).quoted());
            run.model.move_relation(id, &schema, &rename.new_name, number);
            super::super::order::now_exists(run, &rename.new_name);
            Ok(())
        }
    }
}

fn is_index(run: &Run, id: Id, name: &RelationName) -> bool {
    let relation = run.model.get(id);
    matches!(relation.kind, b'i' | b'I') || relation.name != name.name && relation.index(&name.name).is_some()
}

fn index(run: &mut Run, id: Id, name: &RelationName, new: &str) -> Result<(), Error> {
    let number = run.number();
    let relation = run.model.get(id);
    let table = match relation.table.filter(|_| matches!(relation.kind, b'i' | b'I')) {
        Some(table) => run.model.by_oid(table)?.unwrap_or(id),
        None => id,
    };
    let schema = run.model.get(table).schema.clone();
    if !roles::require_owner(run, table) || refuse_taken(run, &schema, new)? {
        return Ok(());
    }
    if matches!(run.model.get(id).kind, b'i' | b'I') {
        run.model.move_relation(id, &schema, new, number);
    }
    let relation = run.model.get_mut(table);
    let constraint = relation.index(&name.name).and_then(|index| index.constraint.clone());
    if let Some(index) = relation.indexes.iter_mut().find(|index| index.name == name.name) {
        new.clone_into(&mut index.name);
        index.constraint = constraint.as_ref().map(|_| new.to_owned());
    }
    if let Some(constraint) = relation.constraints.iter_mut().find(|known| Some(&known.name) == constraint.as_ref()) {
        new.clone_into(&mut constraint.name);
    }
    run.model.free_name(&schema, &name.name, number);
    run.model.take_name(&schema, new, if matches!(run.model.get(id).kind, b'i' | b'I') { id } else { table });
    Ok(())
}

/// Whether the partitions and inheriting tables allow the column's new name; adds a finding
/// otherwise (renameatt_internal in commands/tablecmds.c).
fn in_descendants(run: &mut Run, id: Id, old: &str, new: &str, only: bool) -> Result<bool, Error> {
    let descendants = run.model.descendants(id)?;
    if only && !descendants.is_empty() {
        let detail = format!("inherited column {} must be renamed in child tables too", quote_identifier(old));
        let object = run.model.get(id).quoted();
        run.add_name_error(Note::error("dependents", Code::ERRCODE_INVALID_TABLE_DEFINITION, detail).on(object));
        return Ok(false);
    }
    let taken = descendants.into_iter().find(|child| run.model.get(*child).column(new).is_some());
    let Some(child) = taken else { return Ok(true) };
    let object = run.model.get(child).quoted();
    let detail = format!("column {} of {object} already exists", quote_identifier(new));
    run.add_name_error(Note::error("name_taken", Code::ERRCODE_DUPLICATE_COLUMN, detail).on(object));
    Ok(false)
}

fn column(run: &mut Run, id: Id, old: &str, new: &str, only: bool) -> Result<(), Error> {
    let relation = run.model.get(id);
    let Some(column) = relation.column(old) else {
        unknown_column(run, id, old);
        return Ok(());
    };
    let object = format!("{}.{}", relation.quoted(), quote_identifier(old));
    if column.is_inherited {
        let detail = format!("cannot rename inherited column {}", quote_identifier(old));
        run.add_name_error(Note::error("dependents", Code::ERRCODE_INVALID_TABLE_DEFINITION, detail).on(object));
        return Ok(());
    }
    if relation.column(new).is_some() {
        let detail = format!("column {} of {} already exists", quote_identifier(new), relation.quoted());
        run.add_name_error(Note::error("name_taken", Code::ERRCODE_DUPLICATE_COLUMN, detail).on(object));
        return Ok(());
    }
    if !in_descendants(run, id, old, new, only)? {
        return Ok(());
    }
    let relation = run.model.get(id);
    let column = relation.column(old).cloned().unwrap_or_default();
    let is_old = column.added.is_none() && relation.created.is_none();
    if is_old && relation.is_table() {
        dependents::warn_of_bodies(run, id, Some(old))?;
        let detail = format!(
            "sessions that run the old version of the application still name {}: add a column, write both, and drop \
             the old one later",
            quote_identifier(old)
        );
        run.add(Note::warning("rename", detail).on(object));
    }
    let mut renamed = run.model.descendants(id)?;
    renamed.push(id);
    for relation in renamed {
        let relation = run.model.get_mut(relation);
        relation.is_changed = true;
        rename_in(relation, old, new);
    }
    let relations: Vec<Id> = run.model.loaded().map(|(other, _)| other).collect();
    for other in relations {
        for (read, column) in &mut run.model.get_mut(other).reads {
            if *read == id && column == old {
                new.clone_into(column);
            }
        }
    }
    Ok(())
}

/// Gives a column its new name wherever the relation names it.
fn rename_in(relation: &mut crate::precheck::model::relation::Relation, old: &str, new: &str) {
    let change = |name: &mut String| {
        if name == old {
            new.clone_into(name);
        }
    };
    if let Some(column) = relation.column_mut(old) {
        new.clone_into(&mut column.name);
    }
    for constraint in &mut relation.constraints {
        constraint.columns.iter_mut().for_each(change);
        if constraint.kind == b'c' {
            constraint.condition = None;
        }
    }
    for index in &mut relation.indexes {
        index.needs.iter_mut().for_each(change);
        index.columns.iter_mut().flatten().for_each(change);
        index.texts.clear();
    }
    relation.partition_columns.iter_mut().for_each(change);
    if let Some(statement) = relation.changes.updated.remove(old) {
        relation.changes.updated.insert(new.to_owned(), statement);
    }
}

fn constraint(run: &mut Run, id: Id, old: &str, new: &str) -> Result<(), Error> {
    let number = run.number();
    let relation = run.model.get(id);
    let Some(found) = relation.constraint(old).cloned() else {
        let detail = format!("constraint {} of {} does not exist", quote_identifier(old), relation.quoted());
        let object = relation.quoted();
        run.add_name_error(Note::error("unknown_constraint", Code::ERRCODE_UNDEFINED_OBJECT, detail).on(object));
        return Ok(());
    };
    let schema = relation.schema.clone();
    let has_index = matches!(found.kind, b'p' | b'u' | b'x');
    if relation.constraint(new).is_some() {
        let detail = format!("constraint {} of {} already exists", quote_identifier(new), relation.quoted());
        let object = relation.quoted();
        run.add_name_error(Note::error("name_taken", Code::ERRCODE_DUPLICATE_OBJECT, detail).on(object));
        return Ok(());
    }
    if has_index && refuse_taken(run, &schema, new)? {
        return Ok(());
    }
    let relation = run.model.get_mut(id);
    for known in relation.constraints.iter_mut().filter(|known| known.name == old) {
        new.clone_into(&mut known.name);
    }
    if has_index {
        for index in relation.indexes.iter_mut().filter(|index| index.constraint.as_deref() == Some(old)) {
            new.clone_into(&mut index.name);
            index.constraint = Some(new.to_owned());
        }
        run.model.free_name(&schema, old, number);
        run.model.take_name(&schema, new, id);
    }
    Ok(())
}

/// Warns of views, which follow the table and not its name.
fn warn_of_views(run: &mut Run, id: Id, new: &str) -> Result<(), Error> {
    let Some(oid) = run.model.get(id).oid else { return Ok(()) };
    let found = dependents::of(run, &[dependents::Address::relation(oid)])?;
    let views: Vec<String> = found
        .into_iter()
        .filter(|found| found.kind == dependents::Kind::Rule && !found.goes_along)
        .map(|found| found.description)
        .collect();
    if !views.is_empty() {
        let verb = if views.len() == 1 { "goes" } else { "go" };
        let detail = format!(
            "{} {verb} on reading the table under its new name {}",
            dependents::listed(&views),
            quote_identifier(new)
        );
        let object = run.model.get(id).quoted();
        run.add(Note::warning("dependents", detail).on(object));
    }
    Ok(())
}

/// Renames of objects that are not relations.
fn other(run: &mut Run, statement: Raw<'_>, rename: &Rename) -> Result<(), Error> {
    let number = run.number();
    let Some(object) = &rename.object else {
        if rename.kind == ObjectKind::Schema || rename.kind == ObjectKind::Role {
            let old = rename.part.clone().unwrap_or_default();
            let changes = if rename.kind == ObjectKind::Schema { &mut run.model.schemas } else { &mut run.model.roles };
            changes.insert(old, Change::Dropped(number));
            changes.insert(rename.new_name.clone(), Change::Created(number));
            // The relations in the schema keep their names, which the model does not follow.
            run.model.distrust_names(Cause::Statement(number));
        }
        return Ok(());
    };
    super::objects::require(run, statement, rename.kind, std::slice::from_ref(object), Needs::Ownership);
    match rename.kind {
        ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Routine | ObjectKind::Aggregate => {
            run.model.moved_names.insert(object.last().to_owned());
            run.model.functions.insert(object.last().to_owned(), Change::Dropped(number));
            run.model.functions.insert(rename.new_name.clone(), Change::Created(number));
        }
        ObjectKind::Type | ObjectKind::Domain => {
            super::types::rename_type(run, &object.names, &rename.new_name)?;
        }
        ObjectKind::DomainConstraint => {
            run.model.changed_domains.extend(object.names.iter().cloned());
        }
        _ => run.model.other_objects = run.model.other_objects.or(Some(number)),
    }
    Ok(())
}

/// SET SCHEMA of an object that is not a relation.
pub fn set_schema_of_object(
    run: &mut Run,
    statement: Raw<'_>,
    kind: ObjectKind,
    object: Option<&Object>,
    schema: &str,
) {
    run.effects.is_definition = true;
    let number = run.number();
    let Some(object) = object else { return };
    super::objects::require(run, statement, kind, std::slice::from_ref(object), Needs::Ownership);
    match kind {
        ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Routine | ObjectKind::Aggregate => {
            run.model.moved_names.insert(object.last().to_owned());
            run.model.functions.insert(object.last().to_owned(), Change::Created(number));
        }
        ObjectKind::Type | ObjectKind::Domain => {
            run.model.moved_names.insert(object.last().to_owned());
            run.model.enum_labels.insert(object.last().to_owned(), None);
            run.model.types.insert((schema.to_owned(), object.last().to_owned()), Change::Created(number));
        }
        _ => run.model.other_objects = run.model.other_objects.or(Some(number)),
    }
}

/// SET SCHEMA of a relation.
pub fn set_schema(run: &mut Run, name: &RelationName, schema: &str, missing_ok: bool) -> Result<(), Error> {
    run.effects.is_definition = true;
    let number = run.number();
    if missing_ok && run.model.find(name)? == Found::Missing {
        return Ok(());
    }
    let Some(id) = existing(run, name)? else { return Ok(()) };
    if !roles::require_owner(run, id) {
        return Ok(());
    }
    run.effects.lock(id, Mode::AccessExclusive);
    let Some(schema) = schema_for(run, Some(schema), false, &name.name) else { return Ok(()) };
    let own = run.model.get(id).name.clone();
    if run.model.get(id).schema == schema {
        return Ok(());
    }
    if taken(run, &schema, &own)?.is_some() {
        refuse_taken(run, &schema, &own)?;
        return Ok(());
    }
    run.effects.names.insert(id, run.model.get(id).quoted());
    run.model.move_relation(id, &schema, &own, number);
    Ok(())
}
