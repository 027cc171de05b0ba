//! ALTER, VALIDATE and DROP CONSTRAINT.

use super::foreign_key;
use crate::error::Error;
use crate::pg::catalog_query::read;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::RelationName;
use crate::precheck::dependents::{self, Address};
use crate::precheck::effects::Mode;
use crate::precheck::finding::Note;
use crate::precheck::model::relation::{Constraint, Id};
use crate::precheck::reach;
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;
use pgrx::pg_sys::Oid;

const NAMED: &str = include_str!("../../../sql/queries/precheck_constraints_named.sql");
const CONSTRAINT: &str = include_str!("../../../sql/queries/precheck_constraint.sql");

/// Returns the constraint; adds a finding if it does not exist.
pub fn find(run: &mut Run, id: Id, name: &str, missing_ok: bool) -> Option<Constraint> {
    if let Some(constraint) = run.model.get(id).constraint(name) {
        return Some(constraint.clone());
    }
    let relation = run.model.get(id);
    let object = relation.quoted();
    if missing_ok {
        let detail =
            format!("constraint {} does not exist, so that the statement does nothing", quote_identifier(name));
        run.add(Note::info("if_exists", detail).on(object));
    } else if relation.is_opaque {
        run.add(Note::unknown("unknown_constraint", "the relation's constraints are not known").on(object));
    } else {
        let detail = format!("constraint {} of {object} does not exist", quote_identifier(name));
        run.add_name_error(Note::error("unknown_constraint", Code::ERRCODE_UNDEFINED_OBJECT, detail).on(object));
    }
    None
}

/// SET CONSTRAINTS: adds a finding if there is no such constraint, or if it cannot be deferred.
pub fn is_deferrable(run: &mut Run, name: &RelationName, deferred: bool) -> Result<(), Error> {
    let schemas = match &name.schema {
        Some(schema) => vec![schema.clone()],
        None => match run.model.effective_path() {
            Some(path) => path,
            None => return Ok(()),
        },
    };
    for relation in read(NAMED, &[schemas.clone().into(), name.name.as_str().into()], |row| row.get::<Oid>(1))? {
        run.model.by_oid(relation)?;
    }
    let found: Vec<bool> = run
        .model
        .loaded()
        .filter(|(_, relation)| relation.dropped.is_none() && schemas.contains(&relation.schema))
        .filter_map(|(_, relation)| relation.constraint(&name.name))
        .map(|constraint| constraint.is_deferrable)
        .collect();
    let quoted = quote_identifier(&name.name);
    let refused = if found.is_empty() {
        Some((Code::ERRCODE_UNDEFINED_OBJECT, format!("constraint {quoted} does not exist")))
    } else if deferred && found.contains(&false) {
        Some((Code::ERRCODE_WRONG_OBJECT_TYPE, format!("constraint {quoted} is not deferrable")))
    } else {
        None
    };
    if let Some((state, detail)) = refused {
        run.add_name_error(Note::error("unknown_constraint", state, detail).on(name.name.clone()));
    }
    Ok(())
}

pub fn alter(
    run: &mut Run,
    id: Id,
    name: &str,
    enforced: Option<bool>,
    changes_inheritance: bool,
) -> Result<(), Error> {
    let Some(constraint) = find(run, id, name, false) else { return Ok(()) };
    let fits = match constraint.kind {
        b'f' => !changes_inheritance,
        b'c' => cfg!(since_19) && enforced.is_some(),
        b'n' => changes_inheritance,
        _ => false,
    };
    if !fits {
        let detail = format!("constraint {} cannot be altered like this", quote_identifier(name));
        let object = run.model.get(id).quoted();
        run.add_name_error(Note::error("wrong_kind", Code::ERRCODE_WRONG_OBJECT_TYPE, detail).on(object));
        return Ok(());
    }
    if enforced.is_some()
        && let Some(parent) = constraint.parent
        && let Some(parent) = reach::parent(run, parent)?
    {
        reach::key_parent(run, parent, Mode::AccessExclusive)?;
    }
    if enforced == Some(true) && !constraint.is_enforced {
        if constraint.kind == b'f' {
            foreign_key::validate(run, id, &constraint)?;
        } else {
            run.scan_tree(id, false)?;
            super::check::validate_check(run, id, &constraint);
        }
    }
    if let (Some(enforced), Some(found)) =
        (enforced, run.model.get_mut(id).constraints.iter_mut().find(|known| known.name == name))
    {
        found.is_enforced = enforced;
        found.is_valid = enforced;
    }
    Ok(())
}

pub fn validate(run: &mut Run, id: Id, name: &str) -> Result<(), Error> {
    let Some(constraint) = find(run, id, name, false) else { return Ok(()) };
    if matches!(constraint.kind, b'p' | b'u' | b'x') {
        let detail = format!("constraint {} is not a foreign key or check constraint", quote_identifier(name));
        let object = run.model.get(id).quoted();
        run.add_name_error(Note::error("wrong_kind", Code::ERRCODE_WRONG_OBJECT_TYPE, detail).on(object));
        return Ok(());
    }
    if constraint.is_valid {
        run.effects.remark("the constraint is valid already, so that nothing is read");
        return Ok(());
    }
    match constraint.kind {
        b'f' => foreign_key::validate(run, id, &constraint)?,
        b'c' => {
            run.scan_tree(id, false)?;
            super::check::validate_check(run, id, &constraint);
        }
        b'n' => {
            run.scan_tree(id, false)?;
            for column in &constraint.columns {
                super::not_null::null_rows(run, id, column, false);
            }
        }
        _ => {}
    }
    let relation = run.model.get_mut(id);
    if let Some(found) = relation.constraints.iter_mut().find(|known| known.name == name) {
        found.is_valid = true;
    }
    Ok(())
}

pub fn drop(run: &mut Run, id: Id, name: &str, missing_ok: bool, cascade: bool) -> Result<(), Error> {
    let Some(constraint) = find(run, id, name, missing_ok) else { return Ok(()) };
    let object = format!("{} of {}", quote_identifier(name), run.model.get(id).quoted());
    if constraint.is_inherited {
        let detail = format!("cannot drop inherited constraint {}", quote_identifier(name));
        run.add_name_error(Note::error("dependents", Code::ERRCODE_INVALID_TABLE_DEFINITION, detail).on(object));
        return Ok(());
    }
    if let Some(parent) = constraint.parent
        && let Some(parent) = reach::parent(run, parent)?.filter(|parent| *parent != id)
    {
        reach::key_parent(run, parent, Mode::AccessExclusive)?;
        run.effects.is_surprising = true;
    }
    let mut needing = referencing(run, id, &constraint)?;
    if let (Some(oid), None) = (run.model.get(id).oid, constraint.added) {
        let oids = read(CONSTRAINT, &[oid.into(), name.into()], |row| row.get::<Oid>(1))?;
        for oid in oids {
            if cascade {
                reach::dependents(run, &[Address::constraint(oid)])?;
            }
            let found = dependents::of(run, &[Address::constraint(oid)])?;
            let others =
                found.into_iter().filter(|found| !found.goes_along && found.kind != dependents::Kind::Constraint);
            needing.extend(others.map(|found| found.description));
        }
    }
    if dependents::report(run, &object, &needing, cascade) {
        return Ok(());
    }
    forget(run, id, name, constraint.kind);
    Ok(())
}

/// Returns the foreign keys that need the constraint's index.
fn referencing(run: &mut Run, id: Id, constraint: &Constraint) -> Result<Vec<String>, Error> {
    if !matches!(constraint.kind, b'p' | b'u') {
        return Ok(Vec::new());
    }
    let mut needing = Vec::new();
    for (table, name) in run.model.references_to(id)? {
        let relation = run.model.get(table);
        let Some(key) = relation.constraint(&name) else { continue };
        let same = key.parent_columns.len() == constraint.columns.len()
            && key.parent_columns.iter().all(|column| constraint.columns.contains(column));
        if same {
            needing.push(format!("constraint {name} on table {}", relation.quoted()));
        }
    }
    Ok(needing)
}

/// Removes the constraint from the model, with its index.
pub fn forget(run: &mut Run, id: Id, name: &str, kind: u8) {
    let number = run.number();
    run.model.forget_constraint(id, name, kind, number);
}
