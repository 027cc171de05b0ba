//! What ON DELETE does to the rows of other tables, at any depth.

use crate::error::Error;
use crate::precheck::dependents::listed;
use crate::precheck::effects::Mode;
use crate::precheck::finding::Note;
use crate::precheck::model::Cause;
use crate::precheck::model::relation::{Constraint, DELETE, Id};
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;
use std::collections::HashSet;

/// Judges the tables whose rows DELETE of the table's rows takes along.
pub fn deleted(run: &mut Run, id: Id) -> Result<(), Error> {
    let mut seen = HashSet::from([id]);
    let mut left = vec![id];
    while let Some(parent) = left.pop() {
        for (table, name) in run.model.references_to(parent)? {
            let Some(key) = run.model.get(table).constraint(&name).cloned() else { continue };
            match key.on_delete {
                b'c' if seen.insert(table) => {
                    cascade(run, table, &key);
                    left.push(table);
                }
                b'c' => {}
                b'n' | b'd' => set_to_default(run, table, &key),
                _ if parent != id && table != parent => restricted(run, parent, table, &key),
                _ => {}
            }
        }
    }
    Ok(())
}

fn cascade(run: &mut Run, table: Id, key: &Constraint) {
    let number = run.number();
    run.effects.lock(table, Mode::RowExclusive);
    run.model.get_mut(table).changes.deleted = Some(number);
    let relation = run.model.get(table);
    let object = relation.quoted();
    let begins = |columns: &Vec<String>| key.columns.iter().all(|column| columns.first() == Some(column));
    let has_index = relation.indexes.iter().any(|index| index.columns.as_ref().is_some_and(begins));
    let without = if has_index { "" } else { ", and no index begins with the key's columns" };
    let detail = format!("ON DELETE CASCADE deletes the rows of {object} that refer to the deleted ones{without}");
    let fired = relation.fired(DELETE);
    run.add(Note::warning("data_loss", detail).on(object.clone()));
    if !fired.is_empty() {
        run.model.distrust_rows(Cause::Statement(number));
        let detail = format!("ON DELETE CASCADE fires trigger {} there, whose code is not run", listed(&fired));
        run.add(Note::unknown("trigger_fires", detail).on(object));
    }
}

/// ON DELETE SET NULL and SET DEFAULT.
fn set_to_default(run: &mut Run, table: Id, key: &Constraint) {
    let number = run.number();
    run.effects.lock(table, Mode::RowExclusive);
    for column in &key.columns {
        run.model.get_mut(table).changes.updated.insert(column.clone(), number);
    }
    let relation = run.model.get(table);
    if relation.is_known_empty() {
        return;
    }
    let object = relation.quoted();
    let refuses = |name: &&String| relation.column(name).is_some_and(|column| column.is_not_null);
    let note = match key.columns.iter().find(refuses) {
        Some(column) if key.on_delete == b'n' => {
            let detail =
                format!("ON DELETE SET NULL fails if a row refers to a deleted one: column {column} is NOT NULL");
            Note::unknown("not_null_rows", detail).raising(Code::ERRCODE_NOT_NULL_VIOLATION)
        }
        _ => return,
    };
    run.add(note.on(object));
}

/// A foreign key that refers to rows which a cascade deletes.
fn restricted(run: &mut Run, parent: Id, table: Id, key: &Constraint) {
    run.effects.lock(table, Mode::RowShare);
    if run.model.get(table).is_known_empty() {
        return;
    }
    let object = run.model.get(table).quoted();
    let detail = format!(
        "fails if a row of {object} refers to one of {} that the cascade deletes (constraint {})",
        run.model.get(parent).quoted(),
        key.name
    );
    let state = match key.on_delete {
        b'r' if cfg!(since_18) => Code::ERRCODE_RESTRICT_VIOLATION,
        _ => Code::ERRCODE_FOREIGN_KEY_VIOLATION,
    };
    run.add(Note::unknown("referenced_rows", detail).raising(state).on(object));
}
