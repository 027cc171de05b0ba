//! DROP and TRUNCATE.

use super::{functions, roles};
use crate::error::Error;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::{Drop, Object, ObjectKind, Raw, RelationName};
use crate::precheck::cascade;
use crate::precheck::dependents::{self, Address};
use crate::precheck::effects::Mode;
use crate::precheck::finding::Note;
use crate::precheck::model::relation::{Id, Parent};
use crate::precheck::model::{Change, Found};
use crate::precheck::reach;
use crate::precheck::relations::{existing, spelled};
use crate::precheck::rows::{NoAnswer, ask, number};
use crate::precheck::run::Run;
use crate::report::wording::counted;
use pgrx::PgSqlErrorCode as Code;

pub fn drop(run: &mut Run, statement: Raw<'_>, drop: &Drop) -> Result<(), Error> {
    run.effects.is_definition = true;
    match drop.kind {
        ObjectKind::Table
        | ObjectKind::View
        | ObjectKind::MaterializedView
        | ObjectKind::ForeignTable
        | ObjectKind::Sequence
        | ObjectKind::Index => relations(run, drop),
        ObjectKind::Trigger | ObjectKind::Policy | ObjectKind::Rule => parts(run, drop),
        ObjectKind::Schema => drop.objects.iter().try_for_each(|object| schema(run, object, drop)),
        ObjectKind::Type | ObjectKind::Domain => {
            drop.objects.iter().try_for_each(|object| super::types::drop_type(run, object, drop))
        }
        ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Routine | ObjectKind::Aggregate => {
            drop.objects.iter().try_for_each(|object| functions::drop_function(run, object, drop))
        }
        ObjectKind::Extension => {
            drop.objects.iter().try_for_each(|object| super::schemas::drop_extension(run, object, drop))
        }
        kind => super::objects::drop(run, statement, kind, &drop.objects, drop.cascade),
    }
}

fn relations(run: &mut Run, drop: &Drop) -> Result<(), Error> {
    if drop.is_concurrent {
        super::session::refuse_in_transaction(run, "DROP INDEX CONCURRENTLY");
    }
    let mut ids: Vec<Id> = Vec::new();
    for object in &drop.objects {
        let name = object.relation();
        if drop.missing_ok && matches!(run.model.find(&name)?, Found::Missing | Found::NoSchema(_)) {
            let detail = format!("{} does not exist, so that nothing is dropped", spelled(&name));
            run.add(Note::info("if_exists", detail).on(spelled(&name)));
            continue;
        }
        if drop.kind == ObjectKind::Index && run.model.find(&name)? == Found::Missing {
            let detail = format!("index {} does not exist", spelled(&name));
            if let Some(statement) = run.model.indexes_copied {
                let detail = format!("{detail}, unless statement {statement} copies it");
                run.add(Note::unknown("unknown_index", detail).on(spelled(&name)));
                continue;
            }
            run.add_name_error(Note::error("unknown_index", Code::ERRCODE_UNDEFINED_OBJECT, detail).on(spelled(&name)));
            continue;
        }
        let Some(id) = existing(run, &name)? else { continue };
        if drop.kind == ObjectKind::Index {
            index(run, id, &name, drop)?;
        } else if is_droppable(run, id, drop.kind, &name) && roles::require_owner_or_schema(run, id)? {
            ids.push(id);
        }
    }
    drop_all(run, &ids, drop.cascade)
}

/// Adds an error if the relation is of another kind than the statement says.
fn is_droppable(run: &mut Run, id: Id, kind: ObjectKind, name: &RelationName) -> bool {
    let relation = run.model.get(id);
    let fits = match kind {
        ObjectKind::Table => matches!(relation.kind, b'r' | b'p'),
        ObjectKind::View => relation.kind == b'v',
        ObjectKind::MaterializedView => relation.kind == b'm',
        ObjectKind::ForeignTable => relation.kind == b'f',
        ObjectKind::Sequence => relation.kind == b'S',
        _ => true,
    } && relation.name == name.name;
    if !fits {
        let detail = format!("{} is {}", spelled(name), super::names::kind_text(relation.kind));
        run.add_name_error(Note::error("wrong_kind", Code::ERRCODE_WRONG_OBJECT_TYPE, detail).on(spelled(name)));
    }
    fits
}

fn drop_all(run: &mut Run, ids: &[Id], cascade: bool) -> Result<(), Error> {
    if ids.is_empty() {
        return Ok(());
    }
    let mut targets = Vec::new();
    for id in ids {
        run.effects.lock(*id, Mode::AccessExclusive);
        super::pending::refuse(run, *id, "DROP TABLE");
        lock_parents(run, *id)?;
        targets.extend(run.model.get(*id).oid.map(Address::relation));
    }
    let object = ids.iter().map(|id| run.model.get(*id).quoted()).collect::<Vec<_>>().join(", ");
    for id in ids {
        if super::sequences::is_of_identity(run, *id)? {
            return Ok(());
        }
    }
    if cascade::judge_drop(run, &object, &targets, cascade, ids)? {
        return Ok(());
    }
    for id in ids {
        rows_lost(run, *id);
        if run.model.get(*id).is_table() {
            dependents::warn_of_bodies(run, *id, None)?;
        }
    }
    let number = run.number();
    for id in ids {
        forget_keys(run, *id, cascade)?;
        for child in run.model.descendants(*id)? {
            run.effects.lock(child, Mode::AccessExclusive);
            run.model.drop_relation(child, number);
        }
        run.model.drop_relation(*id, number);
        super::sequences::forget_owned(run, *id)?;
    }
    Ok(())
}

/// The tables that the relation's foreign keys refer to are locked as well.
fn lock_parents(run: &mut Run, id: Id) -> Result<(), Error> {
    let parents: Vec<Parent> = run.model.get(id).constraints.iter().filter_map(|key| key.parent).collect();
    for parent in parents {
        if let Some(parent) = reach::parent(run, parent)?.filter(|parent| *parent != id) {
            reach::key_parent(run, parent, Mode::AccessExclusive)?;
            run.effects.is_surprising |= run.model.get(parent).oid.is_some();
        }
    }
    let is_partition = run.model.get(id).is_partition;
    for parent in run.model.get(id).parents.clone().into_iter().filter(|_| is_partition) {
        if let Some(parent) = run.model.by_oid(parent)? {
            run.effects.lock(parent, Mode::AccessExclusive);
            let default = run.model.get(parent).default_partition;
            if let Some(default) = default.map(|default| run.model.by_oid(default)).transpose()?.flatten() {
                run.effects.lock(default, Mode::AccessExclusive);
            }
        }
    }
    Ok(())
}

/// CASCADE drops the foreign keys of others that refer to the table.
fn forget_keys(run: &mut Run, id: Id, cascade: bool) -> Result<(), Error> {
    if !cascade {
        return Ok(());
    }
    for (table, name) in run.model.references_to(id)? {
        if table != id {
            run.effects.lock(table, Mode::AccessExclusive);
            super::alter_constraint::forget(run, table, &name, b'f');
        }
    }
    Ok(())
}

/// Says how many rows are lost.
pub fn rows_lost(run: &mut Run, id: Id) {
    let relation = run.model.get(id);
    if relation.oid.is_none() || !matches!(relation.kind, b'r' | b'p') || relation.is_known_empty() {
        return;
    }
    let object = relation.quoted();
    let Some(original) = &relation.original else { return };
    let query = format!("SELECT pg_catalog.count(*) FROM {}", original.quoted());
    let detail = match ask(run, &query, &[(id, &[])]) {
        Ok(table) if number(&table) == 0 => {
            run.add(Note::info("data_loss", "the table has no row that would be lost").on(object));
            return;
        }
        Ok(table) => format!("{} of the table would be lost", counted(number(&table), "row")),
        Err(NoAnswer::Unknown(reason)) => format!("its rows are lost; {reason}"),
        Err(NoAnswer::Raised(error)) => format!("its rows are lost; {}", error.message),
    };
    run.add(Note::warning("data_loss", detail).on(object));
}

fn index(run: &mut Run, id: Id, name: &RelationName, drop: &Drop) -> Result<(), Error> {
    let relation = run.model.get(id);
    let table = match (relation.kind, relation.table) {
        (b'i' | b'I', Some(table)) => run.model.by_oid(table)?,
        _ => Some(id),
    };
    let Some(table) = table else { return Ok(()) };
    let Some(index) = run.model.get(table).index(&name.name).cloned() else {
        let detail = format!("{} is not an index", spelled(name));
        run.add_name_error(Note::error("wrong_kind", Code::ERRCODE_WRONG_OBJECT_TYPE, detail).on(spelled(name)));
        return Ok(());
    };
    if !roles::require_owner(run, table) {
        return Ok(());
    }
    run.effects.lock(table, if drop.is_concurrent { Mode::ShareUpdateExclusive } else { Mode::AccessExclusive });
    let object = spelled(name);
    if let Some(constraint) = &index.constraint {
        let detail = format!("constraint {} needs it: ALTER TABLE … DROP CONSTRAINT", quote_identifier(constraint));
        run.add_name_error(Note::error("dependents", Code::ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST, detail).on(object));
        return Ok(());
    }
    if index.is_partition {
        let detail = "the index is part of a partitioned table's index";
        run.add_name_error(Note::error("dependents", Code::ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST, detail).on(object));
        return Ok(());
    }
    if run.model.get(table).is_partitioned() {
        reach::family(run, table, Mode::AccessExclusive)?;
    }
    let targets: Vec<Address> = index.oid.map(Address::relation).into_iter().collect();
    if cascade::judge_drop(run, &object, &targets, drop.cascade, &[])? {
        return Ok(());
    }
    let number = run.number();
    let schema = run.model.get(table).schema.clone();
    run.model.get_mut(table).indexes.retain(|known| known.name != index.name);
    run.model.free_name(&schema, &index.name, number);
    Ok(())
}

/// Triggers, policies and rules of a table.
fn parts(run: &mut Run, drop: &Drop) -> Result<(), Error> {
    for object in &drop.objects {
        let (table, name) = (object.owning_relation(), object.last().to_owned());
        if drop.missing_ok && matches!(run.model.find(&table)?, Found::Missing | Found::NoSchema(_)) {
            run.add(Note::info("if_exists", "the relation does not exist, so that nothing is dropped"));
            continue;
        }
        let Some(id) = existing(run, &table)? else { continue };
        // The server looks the object up before it asks who owns the table.
        if !super::parts::require(run, id, drop.kind, &name, drop.missing_ok)? {
            continue;
        }
        run.effects.lock(id, Mode::AccessExclusive);
        if !roles::require_owner(run, id) {
            continue;
        }
        if drop.kind == ObjectKind::Trigger {
            run.model.get_mut(id).triggers.retain(|trigger| trigger.name != name);
        } else {
            let kind = if drop.kind == ObjectKind::Policy { "policy" } else { "rule" };
            run.model.new_parts.remove(&(id, kind, name));
            run.model.get_mut(id).is_changed = true;
        }
    }
    Ok(())
}

fn schema(run: &mut Run, object: &Object, drop: &Drop) -> Result<(), Error> {
    let name = object.last().to_owned();
    let number = run.number();
    if !run.model.schema_exists(&name) {
        if drop.missing_ok {
            run.add(Note::info("if_exists", "the schema does not exist, so that nothing is dropped").on(name));
        } else {
            let detail = format!("schema {} does not exist", quote_identifier(&name));
            run.add_name_error(Note::error("unknown_schema", Code::ERRCODE_INVALID_SCHEMA_NAME, detail).on(name));
        }
        return Ok(());
    }
    let inside: Vec<Id> = run
        .model
        .loaded()
        .filter(|(_, relation)| relation.schema == name && relation.dropped.is_none())
        .map(|(id, _)| id)
        .collect();
    if let Some(oid) = run.model.schema_oid(&name) {
        if !super::schemas::owns_schema(run, oid, &name)? {
            return Ok(());
        }
        contents(run, oid, &name, drop.cascade)?;
    } else if !inside.is_empty() && !drop.cascade {
        let names: Vec<String> = inside.iter().map(|id| run.model.get(*id).quoted()).collect();
        if dependents::report(run, &name, &names, false) {
            return Ok(());
        }
    }
    if drop.cascade {
        for id in inside {
            forget_keys(run, id, true)?;
            run.model.drop_relation(id, number);
        }
    }
    run.model.schemas.insert(name, Change::Dropped(number));
    Ok(())
}

/// What is in a schema, and what depends on it.
fn contents(run: &mut Run, oid: pgrx::pg_sys::Oid, name: &str, cascade: bool) -> Result<(), Error> {
    let found = dependents::of(run, &[Address::schema(oid)])?;
    let needing: Vec<String> =
        found.iter().filter(|found| !found.goes_along).map(|found| found.description.clone()).collect();
    dependents::report(run, name, &needing, cascade);
    if !cascade {
        return Ok(());
    }
    reach::dependents(run, &[Address::schema(oid)])?;
    let tables: Vec<_> =
        found.iter().filter(|found| found.kind == dependents::Kind::Relation).map(|found| found.relation).collect();
    for table in tables {
        let Some(id) = run.model.by_oid(table)? else { continue };
        run.effects.lock(id, Mode::AccessExclusive);
        rows_lost(run, id);
        lock_parents(run, id)?;
        forget_keys(run, id, true)?;
        let number = run.number();
        run.model.drop_relation(id, number);
        let dependents = dependents::of(run, &[Address::relation(table)])?;
        crate::precheck::cascade::follow(run, &dependents)?;
        crate::precheck::cascade::follow_new(run, id, None);
    }
    Ok(())
}
