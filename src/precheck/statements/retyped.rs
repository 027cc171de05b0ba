//! What ALTER COLUMN … TYPE checks again: foreign keys, CHECK constraints and indexes.

use super::{foreign_key, unique};
use crate::error::Error;
use crate::pg::foreign_key_operator::default_class;
use crate::pg::parser::analysis::Failure;
use crate::precheck::analysis::{catalog_expression, check_of};
use crate::precheck::finding::Note;
use crate::precheck::model::relation::{Column, Constraint, Id, Index, Type};
use crate::precheck::reach;
use crate::precheck::run::Run;
use crate::report::wording;
use pgrx::PgSqlErrorCode as Code;
use pgrx::pg_sys::BuiltinOid;

/// Adds an error for an identity column of a type that sequences do not generate.
pub fn refuse_identity(run: &mut Run, object: &str, old: &Column, new: &Type) {
    let Type::Known { oid, .. } = new else { return };
    let integers = [BuiltinOid::INT2OID, BuiltinOid::INT4OID, BuiltinOid::INT8OID];
    if old.identity != 0 && !integers.iter().any(|type_| *oid == type_.value()) {
        let detail = "identity column type must be smallint, integer, or bigint";
        let note = Note::error("identity", Code::ERRCODE_INVALID_PARAMETER_VALUE, detail);
        run.add_name_error(note.on(object.to_owned()));
    }
}

/// Whether values that stay as they are compare as before, by the operator class for btree.
pub fn compare_alike(old: &Type, new: &Type) -> bool {
    let class = |type_: &Type| match type_ {
        Type::Known { oid, .. } => default_class(*oid),
        Type::New(_) => None,
    };
    class(old) == class(new)
}

/// Judges what is built or checked again after the column has got its new type.
pub fn check(run: &mut Run, id: Id, name: &str, is_same: bool) -> Result<(), Error> {
    keys(run, id, name, is_same)?;
    conditions(run, id, name, is_same);
    indexes(run, id, name, is_same);
    Ok(())
}

/// The foreign keys of the column, and those that refer to it.
fn keys(run: &mut Run, id: Id, name: &str, is_same: bool) -> Result<(), Error> {
    let own =
        |constraint: &&Constraint| constraint.kind == b'f' && constraint.columns.iter().any(|column| column == name);
    let own: Vec<Constraint> = run.model.get(id).constraints.iter().filter(own).cloned().collect();
    let mut all: Vec<(Id, Id, Constraint)> = Vec::new();
    for key in own {
        let Some(parent) = key.parent else { continue };
        all.extend(reach::parent(run, parent)?.map(|parent| (id, parent, key)));
    }
    for (table, key) in run.model.references_to(id)? {
        let key = run.model.get(table).constraint(&key).cloned();
        let key = key.filter(|key| key.parent_columns.iter().any(|column| column == name));
        all.extend(key.map(|key| (table, id, key)));
    }
    for (table, parent, key) in all {
        let fits = foreign_key::has_operators(run, table, &key.columns, parent, &key.parent_columns);
        if fits && !is_same && key.is_valid && key.is_enforced {
            foreign_key::orphans(run, table, parent, &key, false);
        }
    }
    Ok(())
}

/// The CHECK constraints that use the column.
fn conditions(run: &mut Run, id: Id, name: &str, is_same: bool) {
    let uses =
        |constraint: &&Constraint| constraint.kind == b'c' && constraint.columns.iter().any(|column| column == name);
    let constraints: Vec<Constraint> = run.model.get(id).constraints.iter().filter(uses).cloned().collect();
    for constraint in constraints {
        let text = constraint.condition.clone();
        if analyzes(run, id, text.as_deref(), &format!("constraint {}", constraint.name))
            && !is_same
            && constraint.is_valid
        {
            super::check::validate_check(run, id, &constraint);
        }
    }
}

/// Whether an expression still fits the column; adds a finding otherwise.
fn analyzes(run: &mut Run, id: Id, text: Option<&str>, what: &str) -> bool {
    let object = run.model.get(id).quoted();
    let outcome = text.and_then(|text| catalog_expression(run, id, text));
    let note = match outcome {
        Some(Ok(_)) => return true,
        Some(Err(Failure::Raised(raised))) => {
            let state = raised.error.sqlstate;
            let detail = format!("{what} does not fit the new type: {}", wording::error(&raised.error));
            Note::error(check_of(state), state, detail)
        }
        _ => Note::unknown("dependents", format!("whether {what} fits the new type is not known"))
            .raising(Code::ERRCODE_UNDEFINED_FUNCTION),
    };
    run.add_name_error(note.on(object));
    false
}

/// The indexes that use the column.
fn indexes(run: &mut Run, id: Id, name: &str, is_same: bool) {
    let uses = |index: &&Index| index.needs.iter().any(|column| column == name);
    let indexes: Vec<Index> = run.model.get(id).indexes.iter().filter(uses).cloned().collect();
    for index in indexes {
        let what = format!("index {}", index.name);
        if (index.has_predicate || index.has_expressions) && index.texts.is_empty() {
            analyzes(run, id, None, &what);
            continue;
        }
        let fits = index.texts.iter().all(|text| analyzes(run, id, Some(text), &what));
        if !fits || !has_class(run, id, &index, name) {
            continue;
        }
        let is_plain = !index.has_predicate && !index.has_expressions;
        match &index.columns {
            Some(columns) if index.is_unique && is_plain && !is_same => {
                unique::duplicates(run, id, columns, index.nulls_not_distinct);
            }
            _ if index.is_unique && !is_same => {
                let object = run.model.get(id).quoted();
                let detail = format!("whether {what} stays unique is not checked");
                run.add(Note::unknown("unique_rows", detail).on(object));
            }
            _ => {}
        }
    }
}

/// Adds an error if the new type has no default operator class for the index's access method.
fn has_class(run: &mut Run, id: Id, index: &Index, name: &str) -> bool {
    if index.names_classes {
        return true;
    }
    let is_key = index.columns.as_ref().is_some_and(|columns| columns.iter().any(|column| column == name));
    let oid = run.model.get(id).column(name).and_then(|column| column.type_oid());
    let Some(oid) = oid.filter(|_| is_key) else { return true };
    if crate::pg::catalog_types::has_default_class(oid, &index.method) != Some(false) {
        return true;
    }
    let of = crate::pg::parser::analysis::type_text(oid, -1);
    let detail = format!("data type {of} has no default operator class for access method \"{}\"", index.method);
    run.add_name_error(Note::error("unknown_type", Code::ERRCODE_UNDEFINED_OBJECT, detail).on(index.name.clone()));
    false
}
