//! Types.

use super::names::schema_for;
use crate::error::Error;
use crate::pg::access;
use crate::pg::catalog_query::read_often;
use crate::pg::catalog_types::is_row_type;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::{Drop, Object, TypeName};
use crate::precheck::cascade;
use crate::precheck::dependents::{self, Address};
use crate::precheck::finding::Note;
use crate::precheck::model::Cause;
use crate::precheck::model::relation::Type;
use crate::precheck::model::{Change, KnownType};
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;
use pgrx::pg_sys::{Oid, PgBuiltInOids, PgOid};

const TYPE: &str = include_str!("../../../sql/queries/precheck_type.sql");

/// Returns the type of the catalogs that has this name when the script reaches the statement.
pub fn known_type(run: &mut Run, names: &[String]) -> Result<Option<KnownType>, Error> {
    let own = names.last().cloned().unwrap_or_default();
    if let Some(renamed) = run.model.renamed_types.get(&own) {
        return Ok(Some(renamed.clone()));
    }
    let schemas = match names.len().checked_sub(2).and_then(|index| names.get(index)) {
        Some(schema) => vec![schema.clone()],
        None => run.model.effective_path().unwrap_or_default(),
    };
    let types = [PgBuiltInOids::TEXTARRAYOID, PgBuiltInOids::TEXTOID].map(PgOid::BuiltIn);
    let found = read_often(TYPE, &types, &[schemas.into(), own.into()], |row| {
        Ok(KnownType { oid: row.get(1)?, owner: row.get(2)?, labels: row.texts(4)? })
    })?;
    let dropped = &run.model.dropped_objects;
    let is_renamed = |oid: Oid| run.model.renamed_types.values().any(|renamed| renamed.oid == oid);
    Ok(found.into_iter().find(|found| !dropped.contains(&found.oid) && !is_renamed(found.oid)))
}

/// Adds a finding if the type does not exist, or is not the role's.
pub fn require_type(run: &mut Run, names: &[String]) -> Result<Option<KnownType>, Error> {
    let own = names.last().cloned().unwrap_or_default();
    if created_type(run, names).is_some() {
        return Ok(None);
    }
    let Some(found) = known_type(run, names)? else {
        let detail = format!("type {} does not exist", names.join("."));
        run.add_name_error(Note::error("unknown_type", Code::ERRCODE_UNDEFINED_OBJECT, detail).on(own));
        return Ok(None);
    };
    if !access::role_acts_as(run.model.role, found.owner) {
        let detail = format!("role {} must be owner of type {own}", quote_identifier(&run.model.role_name()));
        run.add_name_error(Note::error("owner", Code::ERRCODE_INSUFFICIENT_PRIVILEGE, detail).on(own));
        return Ok(None);
    }
    Ok(Some(found))
}

/// Returns the statement of the script that has created the type.
pub fn created_type(run: &Run, names: &[String]) -> Option<i32> {
    let own = names.last()?;
    let schema = names.len().checked_sub(2).and_then(|index| names.get(index));
    match run.model.type_change(schema.map(String::as_str), own)? {
        Change::Created(number) => Some(number),
        Change::Dropped(_) => None,
    }
}

/// Returns the type of the catalogs that a new one of this name meets: none in a schema that the
/// script has made again, or if the script has moved it.
fn in_catalog(run: &mut Run, schema: &str, name: &str) -> Result<Option<KnownType>, Error> {
    let is_new = matches!(run.model.schemas.get(schema), Some(Change::Created(_)));
    if is_new || run.model.moved_names.contains(name) {
        return Ok(None);
    }
    known_type(run, &[schema.to_owned(), name.to_owned()])
}

/// CREATE TYPE and CREATE DOMAIN.
pub fn create_type(run: &mut Run, names: &[String], columns: &[TypeName<'_>]) -> Result<(), Error> {
    for column in columns {
        crate::precheck::types::type_of(run, column);
    }
    run.effects.is_definition = true;
    let own = names.last().cloned().unwrap_or_default();
    let schema = names.len().checked_sub(2).and_then(|index| names.get(index)).cloned();
    let Some(schema) = schema_for(run, schema.as_deref(), false, &own) else { return Ok(()) };
    let qualified = [schema.clone(), own.clone()];
    let is_taken = created_type(run, &qualified).is_some() || in_catalog(run, &schema, &own)?.is_some();
    if is_taken {
        let detail = format!("type {} already exists", quote_identifier(&own));
        run.add_name_error(Note::error("name_taken", Code::ERRCODE_DUPLICATE_OBJECT, detail).on(own.clone()));
    }
    let number = run.number();
    run.model.types.insert((schema, own), Change::Created(number));
    Ok(())
}

/// Adds an error if a type has the name already: a table has a type of its own.
pub fn type_taken(run: &mut Run, schema: &str, name: &str) -> Result<(), Error> {
    let qualified = [schema.to_owned(), name.to_owned()];
    let is_taken = created_type(run, &qualified).is_some()
        || in_catalog(run, schema, name)?.is_some_and(|known| !is_row_type(known.oid));
    if is_taken {
        let detail = format!("type {} already exists, and a table has a type of its own name", quote_identifier(name));
        run.add_name_error(Note::error("name_taken", Code::ERRCODE_DUPLICATE_OBJECT, detail).on(name.to_owned()));
    }
    Ok(())
}

pub fn drop_type(run: &mut Run, object: &Object, drop: &Drop) -> Result<(), Error> {
    let own = object.last().to_owned();
    let number = run.number();
    if created_type(run, &object.names).is_some() {
        let users: Vec<String> = users_of_new_type(run, &own);
        if !dependents::report(run, &own, &users, drop.cascade) {
            run.model.types.retain(|(_, name), _| *name != own);
        }
        return Ok(());
    }
    if drop.missing_ok && known_type(run, &object.names)?.is_none() {
        run.add(Note::info("if_exists", "the type does not exist, so that nothing is dropped").on(own));
        return Ok(());
    }
    let Some(found) = require_type(run, &object.names)? else { return Ok(()) };
    let new: Vec<String> = run
        .model
        .loaded()
        .filter(|(_, relation)| relation.dropped.is_none())
        .flat_map(|(_, relation)| {
            let uses = |column: &&crate::precheck::model::relation::Column| {
                column.type_oid() == Some(found.oid) && (column.number.is_none() || column.retyped.is_some())
            };
            let columns = relation.columns.iter().filter(uses);
            columns.map(|column| format!("column {} of {}", column.name, relation.quoted())).collect::<Vec<_>>()
        })
        .collect();
    if dependents::report(run, &own, &new, drop.cascade) {
        return Ok(());
    }
    if !cascade::judge_drop(run, &own, &[Address::type_(found.oid)], drop.cascade, &[])? {
        run.model.dropped_objects.insert(found.oid);
        run.model.renamed_types.remove(&own);
        run.model.types.insert((String::new(), own), Change::Dropped(number));
        if drop.cascade {
            run.model.distrust_names(Cause::Statement(number));
        }
    }
    Ok(())
}

/// ALTER TYPE … RENAME TO.
pub fn rename_type(run: &mut Run, names: &[String], new: &str) -> Result<(), Error> {
    let old = names.last().cloned().unwrap_or_default();
    let number = run.number();
    let is_created = created_type(run, names).is_some();
    let Some(known) = require_type(run, names)? else {
        if is_created {
            // Columns may have the type under either name.
            run.model.enum_labels.insert(old.clone(), None);
            run.model.types.retain(|(_, name), _| *name != old);
            run.model.types.insert((String::new(), new.to_owned()), Change::Created(number));
            rename_users(run, &old, new);
        }
        return Ok(());
    };
    let taken = [names.len().checked_sub(2).and_then(|index| names.get(index)).cloned(), Some(new.to_owned())];
    let taken: Vec<String> = taken.into_iter().flatten().collect();
    if created_type(run, &taken).is_some() || known_type(run, &taken)?.is_some() {
        let detail = format!("type {} already exists", quote_identifier(new));
        run.add_name_error(Note::error("name_taken", Code::ERRCODE_DUPLICATE_OBJECT, detail).on(new.to_owned()));
        return Ok(());
    }
    run.model.renamed_types.remove(&old);
    run.model.renamed_types.insert(new.to_owned(), known);
    run.model.types.retain(|(_, name), _| *name != new);
    run.model.types.insert((String::new(), old), Change::Dropped(number));
    Ok(())
}

/// Gives a type that the script has created its new name in the columns that have it.
fn rename_users(run: &mut Run, old: &str, new: &str) {
    let relations: Vec<_> = run.model.loaded().map(|(id, _)| id).collect();
    for id in relations {
        for column in &mut run.model.get_mut(id).columns {
            if matches!(&column.type_, Type::New(name) if name.rsplit('.').next() == Some(old)) {
                column.type_ = Type::New(new.to_owned());
            }
        }
    }
}

pub fn users_of_new_type(run: &Run, own: &str) -> Vec<String> {
    let mut users = Vec::new();
    for (_, relation) in run.model.loaded().filter(|(_, relation)| relation.dropped.is_none()) {
        for column in &relation.columns {
            if matches!(&column.type_, Type::New(name) if name.rsplit('.').next() == Some(own)) {
                users.push(format!("column {} of {}", column.name, relation.quoted()));
            }
        }
    }
    users
}

/// ALTER TYPE … ADD VALUE and RENAME VALUE.
pub fn alter_enum(
    run: &mut Run,
    names: &[String],
    old: Option<&str>,
    value: &str,
    if_not_exists: bool,
) -> Result<(), Error> {
    run.effects.is_definition = true;
    let number = run.number();
    let own = names.last().cloned().unwrap_or_default();
    let created = created_type(run, names);
    run.model.added_enum_values.insert(value.to_owned());
    run.model.gone_enum_values.remove(&(own.clone(), value.to_owned()));
    if let Some(old) = old {
        run.model.gone_enum_values.insert((own.clone(), old.to_owned()), number);
    }
    if let Some(found) = require_type(run, names)? {
        let has = |label: &str| found.labels.iter().any(|known| known == label);
        let is_new = run.model.new_enum_values.contains_key(&(own.clone(), value.to_owned()));
        match old {
            Some(old) if !has(old) => {
                let detail = format!("\"{old}\" is not an existing enum label");
                run.add_name_error(
                    Note::error("unknown_value", Code::ERRCODE_INVALID_PARAMETER_VALUE, detail).on(own.clone()),
                );
            }
            _ if (has(value) || is_new) && !if_not_exists => {
                let detail = format!("enum label \"{value}\" already exists");
                run.add_name_error(Note::error("name_taken", Code::ERRCODE_DUPLICATE_OBJECT, detail).on(own.clone()));
            }
            _ => {}
        }
    }
    let may_be_used = created.is_some() && cfg!(since_17);
    if old.is_none() && run.in_transaction && !may_be_used {
        run.model.new_enum_values.insert((own, value.to_owned()), number);
    }
    Ok(())
}

/// Adds an error if the enum does not have the label that a new one stands before or after.
pub fn require_label(run: &mut Run, names: &[String], label: &str) -> Result<(), Error> {
    let own = names.last().cloned().unwrap_or_default();
    let is_new = run.model.added_enum_values.contains(label);
    if created_type(run, names).is_some() || is_new || run.has(crate::precheck::finding::Severity::Error) {
        return Ok(());
    }
    let Some(found) = known_type(run, names)? else { return Ok(()) };
    if !found.labels.iter().any(|known| known == label) {
        let detail = format!("\"{label}\" is not an existing enum label");
        run.add_name_error(Note::error("unknown_value", Code::ERRCODE_INVALID_PARAMETER_VALUE, detail).on(own));
    }
    Ok(())
}
