//! SET NOT NULL and DROP NOT NULL.

use super::constraint_names::{name, unknown_column};
use crate::error::Error;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::Constraint as Definition;
use crate::precheck::finding::Note;
use crate::precheck::model::relation::{Constraint, Id};
use crate::precheck::row_checks::{self, Asked};
use crate::precheck::rows::shown;
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;

/// Whether the column exists; adds a finding otherwise.
pub fn exists(run: &mut Run, id: Id, column: &str) -> bool {
    let found = run.model.get(id).column(column).is_some();
    if !found {
        unknown_column(run, id, column);
    }
    found
}

/// SET NOT NULL; `only` if the inheriting tables are left alone.
pub fn set_not_null(run: &mut Run, id: Id, name: &str, is_not_valid: bool, only: bool) -> Result<(), Error> {
    if !exists(run, id, name) {
        return Ok(());
    }
    let relation = run.model.get(id);
    if relation.has_no_null(name) {
        return Ok(());
    }
    if is_not_valid {
        if let Some(column) = run.model.get_mut(id).column_mut(name) {
            column.is_not_null = true;
        }
        return Ok(());
    }
    if super::safer::is_proven_not_null(relation, name) {
        run.effects.remark("a valid CHECK constraint proves it, so that the rows are not read");
    } else if only {
        of_table_alone(run, id, name)?;
    } else {
        run.scan_tree(id, false)?;
        null_rows(run, id, name, false);
    }
    if let Some(column) = run.model.get_mut(id).column_mut(name) {
        column.is_not_null = true;
    }
    run.model.get_mut(id).is_changed = true;
    Ok(())
}

/// Adds the constraint that NOT NULL has since version 18, unless the column has one.
pub fn name_constraint(run: &mut Run, id: Id, column: &str, definition: Option<&Definition<'_>>) -> Result<(), Error> {
    let has_column = |constraint: &Constraint| constraint.kind == b'n' && constraint.columns == [column];
    let relation = run.model.get(id);
    if !cfg!(since_18) || relation.column(column).is_none() || relation.constraints.iter().any(has_column) {
        return Ok(());
    }
    let given = definition.and_then(|definition| definition.name.as_deref());
    let columns = [column.to_owned()];
    let Some(name) = name(run, id, given, &columns, "not_null", false)? else { return Ok(()) };
    let number = run.number();
    run.model.get_mut(id).constraints.push(Constraint {
        name,
        kind: b'n',
        columns: columns.to_vec(),
        is_valid: definition.is_none_or(|definition| !definition.is_not_valid),
        is_enforced: true,
        added: Some(number),
        ..Constraint::default()
    });
    Ok(())
}

/// SET NOT NULL of ONLY a table, which the inheriting ones may have to have as well.
fn of_table_alone(run: &mut Run, id: Id, name: &str) -> Result<(), Error> {
    let has_children = !run.model.descendants(id)?.is_empty();
    if has_children && run.model.get(id).is_partitioned() {
        let detail = "fails unless the column is NOT NULL in the inheriting tables as well";
        let note = Note::unknown("not_null_rows", detail).raising(Code::ERRCODE_INVALID_TABLE_DEFINITION);
        run.add(note.on(run.model.get(id).quoted()));
    }
    run.effects.scans.insert(id);
    null_rows(run, id, name, true);
    Ok(())
}

/// Counts the rows in which the column is NULL; with `only`, those of the table alone.
pub fn null_rows(run: &mut Run, id: Id, name: &str, only: bool) {
    if run.model.get(id).has_no_null(name) {
        return;
    }
    let columns = [name];
    if !row_checks::has_rows_to_ask(run, id, "not_null_rows", &columns) {
        return;
    }
    let relation = run.model.get(id);
    let Some(from) = relation.as_subquery(only) else { return };
    let quoted = quote_identifier(name);
    let query = format!("SELECT {} FROM {from} WHERE {quoted} IS NULL", shown(relation, &[]));
    let (state, what) = (Code::ERRCODE_NOT_NULL_VIOLATION, "have NULL in the column");
    row_checks::judge(run, Asked { check: "not_null_rows", id, columns: &columns, query, state, noun: "row", what });
}

pub fn drop_not_null(run: &mut Run, id: Id, name: &str) -> Result<(), Error> {
    if !exists(run, id, name) {
        return Ok(());
    }
    let of_parent = parent_forbids_null(run, id, name)?;
    let relation = run.model.get(id);
    let in_key = relation.primary_key().is_some_and(|key| key.columns.iter().any(|column| column == name));
    let is_identity = relation.column(name).is_some_and(|column| column.identity != 0);
    let object = format!("{}.{}", relation.quoted(), quote_identifier(name));
    if is_identity {
        let detail = format!("column {} is an identity column", quote_identifier(name));
        run.add_name_error(Note::error("identity", Code::ERRCODE_SYNTAX_ERROR, detail).on(object));
    } else if in_key {
        let detail = format!("column {} is in a primary key", quote_identifier(name));
        run.add_name_error(Note::error("dependents", Code::ERRCODE_INVALID_TABLE_DEFINITION, detail).on(object));
    } else if of_parent {
        let detail = format!("column {} is NOT NULL in the parent table", quote_identifier(name));
        run.add_name_error(Note::error("dependents", Code::ERRCODE_INVALID_TABLE_DEFINITION, detail).on(object));
    } else {
        let relation = run.model.get_mut(id);
        relation.constraints.retain(|constraint| constraint.kind != b'n' || constraint.columns != [name]);
        if let Some(column) = relation.column_mut(name) {
            column.is_not_null = false;
        }
    }
    Ok(())
}

/// Whether the column is NOT NULL in a parent, whose constraint the table inherits: since 18, not
/// only as a partition.
fn parent_forbids_null(run: &mut Run, id: Id, name: &str) -> Result<bool, Error> {
    let relation = run.model.get(id);
    if !relation.is_partition && !cfg!(since_18) {
        return Ok(false);
    }
    let mut parents = relation.new_parents.clone();
    for oid in relation.parents.clone() {
        parents.extend(run.model.by_oid(oid)?);
    }
    Ok(parents.into_iter().any(|parent| run.model.get(parent).column(name).is_some_and(|column| column.is_not_null)))
}
