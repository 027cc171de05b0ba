//! DROP COLUMN.

use super::constraint_names::unknown_column;
use crate::error::Error;
use crate::pg::names::quote_identifier;
use crate::precheck::dependents::{self, Address, Kind};
use crate::precheck::effects::Mode;
use crate::precheck::finding::Note;
use crate::precheck::model::relation::{Column, Id, Parent};
use crate::precheck::reach;
use crate::precheck::rows::{NoAnswer, ask, number};
use crate::precheck::run::Run;
use crate::report::wording::counted;
use pgrx::PgSqlErrorCode as Code;

pub fn drop(run: &mut Run, id: Id, name: &str, missing_ok: bool, cascade: bool) -> Result<(), Error> {
    let relation = run.model.get(id);
    let object = format!("{}.{}", relation.quoted(), quote_identifier(name));
    let Some(column) = relation.column(name).cloned() else {
        if missing_ok {
            run.add(
                Note::info("if_exists", "the column does not exist, so that the statement does nothing").on(object),
            );
        } else {
            unknown_column(run, id, name);
        }
        return Ok(());
    };
    let refused = if column.is_inherited {
        Some("cannot drop inherited column")
    } else if relation.partition_columns.iter().any(|key| key == name) {
        Some("the column is part of the partition key")
    } else {
        None
    };
    if let Some(detail) = refused {
        run.add_name_error(Note::error("dependents", Code::ERRCODE_INVALID_TABLE_DEFINITION, detail).on(object));
        return Ok(());
    }
    let (mut needing, mut along, mut dependents) = (Vec::new(), Vec::new(), Vec::new());
    if let (Some(oid), Some(number)) = (relation.oid, column.number) {
        let own = Address::column(oid, number);
        dependents = dependents::of(run, &[own])?;
        if cascade {
            reach::dependents(run, &[own])?;
        }
        for found in dependents.clone() {
            let is_own_default = found.kind == Kind::Default && found.goes_along;
            // A trigger that goes along is one of a foreign key.
            let is_internal = matches!(found.kind, Kind::Type | Kind::Trigger | Kind::Other);
            if found.goes_along && !is_own_default && !is_internal {
                along.push(found.description);
            } else if !found.goes_along && !needing.contains(&found.description) {
                needing.push(found.description);
            }
        }
    }
    needing.extend(dependents::new_dependents(run, id, Some(name)).into_iter().map(|(_, text)| text));
    needing.extend(dependents_of_children(run, id, name)?);
    if dependents::report(run, &object, &needing, cascade) {
        return Ok(());
    }
    if cascade {
        crate::precheck::cascade::follow(run, &dependents)?;
        crate::precheck::cascade::follow_new(run, id, Some(name));
        run.model.get_mut(id).columns.retain(|column| !column.uses.iter().any(|used| used == name));
    }
    if !along.is_empty() {
        let detail = format!("also drops, without CASCADE, {}", dependents::listed(&along));
        run.add(Note::warning("dropped_with", detail).on(object.clone()));
    }
    if column.added.is_none() {
        warn_of_values(run, id, name, &object);
        dependents::warn_of_bodies(run, id, Some(name))?;
    }
    for child in run.model.descendants(id)? {
        if run.model.get(child).column(name).is_some_and(goes_along) {
            forget(run, child, name)?;
        } else if let Some(column) = run.model.get_mut(child).column_mut(name) {
            column.is_inherited = false;
        }
    }
    forget(run, id, name)
}

/// Whether the column goes with the parent's.
fn goes_along(column: &Column) -> bool {
    column.is_inherited && !column.is_local
}

/// Returns what needs the column in the inheriting tables from which it is dropped as well.
fn dependents_of_children(run: &mut Run, id: Id, name: &str) -> Result<Vec<String>, Error> {
    let mut needing = Vec::new();
    for child in run.model.descendants(id)? {
        let relation = run.model.get(child);
        let Some(column) = relation.column(name).filter(|column| goes_along(column)) else { continue };
        if let (Some(oid), Some(number)) = (relation.oid, column.number) {
            let found = dependents::of(run, &[Address::column(oid, number)])?;
            let others = found.into_iter().filter(|found| !found.goes_along && found.kind != Kind::Column);
            needing.extend(others.map(|found| found.description));
        }
        needing.extend(dependents::new_dependents(run, child, Some(name)).into_iter().map(|(_, text)| text));
    }
    needing.sort();
    needing.dedup();
    Ok(needing)
}

/// Says how many values are lost.
fn warn_of_values(run: &mut Run, id: Id, name: &str, object: &str) {
    let relation = run.model.get(id);
    if relation.is_known_empty() || !relation.is_table() {
        return;
    }
    let rename = format!("ALTER TABLE {} RENAME COLUMN {} TO new_name;", relation.quoted(), quote_identifier(name));
    let is_known = relation.column(name).is_some_and(|column| column.is_known());
    let Some(from) = relation.as_subquery(false).filter(|_| is_known) else { return };
    let query = format!("SELECT pg_catalog.count({}) FROM {from}", quote_identifier(name));
    let note = match ask(run, &query, &[(id, &[name])]) {
        Ok(table) => match number(&table) {
            0 => Note::info("data_loss", "the column has no value that would be lost"),
            count => Note::warning("data_loss", format!("{} of the column would be lost", counted(count, "value")))
                .safer([rename]),
        },
        Err(NoAnswer::Unknown(reason)) => Note::warning("data_loss", format!("its values are lost; {reason}")),
        Err(NoAnswer::Raised(error)) => Note::warning("data_loss", format!("its values are lost; {}", error.message)),
    };
    run.add(note.on(object.to_owned()));
}

/// Removes the column from the model, with what goes along.
fn forget(run: &mut Run, id: Id, name: &str) -> Result<(), Error> {
    let number = run.number();
    if let Some(sequence) = super::identity::sequence_of(run, id, name)?
        && let Some(sequence) = run.model.by_oid(sequence.oid)?
    {
        run.model.drop_relation(sequence, number);
    }
    let relation = run.model.get(id);
    let schema = relation.schema.clone();
    let parents: Vec<Parent> = relation
        .constraints
        .iter()
        .filter(|key| key.kind == b'f' && key.columns.iter().any(|column| column == name))
        .filter_map(|key| key.parent)
        .collect();
    for parent in parents {
        if let Some(parent) = reach::parent(run, parent)?.filter(|parent| *parent != id) {
            reach::key_parent(run, parent, Mode::AccessExclusive)?;
            run.effects.is_surprising = true;
        }
    }
    let relation = run.model.get_mut(id);
    let needs = |index: &crate::precheck::model::relation::Index| index.needs.iter().any(|column| column == name);
    let gone: Vec<String> =
        relation.indexes.iter().filter(|index| needs(index)).map(|index| index.name.clone()).collect();
    relation.indexes.retain(|index| !gone.contains(&index.name));
    relation.constraints.retain(|constraint| !constraint.columns.iter().any(|column| column == name));
    relation.columns.retain(|column| column.name != name);
    relation.is_changed = true;
    for index in gone {
        run.model.free_name(&schema, &index, number);
    }
    Ok(())
}
