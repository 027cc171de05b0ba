//! Foreign keys of inserted rows.

use super::inserted_row::{KEYS, Row, constants};
use crate::error::Error;
use crate::pg::names::quote_identifier;
use crate::precheck::finding::Note;
use crate::precheck::model::relation::{Constraint, Id};
use crate::precheck::reach;
use crate::precheck::rows::ask;
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;

/// Looks the parents of foreign keys up.
pub fn keys(run: &mut Run, id: Id, rows: &[Row], doubts: &mut Vec<String>) -> Result<(), Error> {
    if run.model.get(id).triggers_off.is_some() {
        if run.model.get(id).constraints.iter().any(|key| key.kind == b'f') {
            let object = run.model.get(id).quoted();
            let detail = "the triggers are off, so that a row without a matching one is accepted, and stays";
            run.add(Note::unknown("fk_rows", detail).on(object));
        }
        return Ok(());
    }
    let keys: Vec<Constraint> =
        run.model.get(id).constraints.iter().filter(|key| key.kind == b'f' && key.is_enforced).cloned().collect();
    for key in keys {
        let doubt = format!("foreign key {}", key.name);
        let Some(parent) = key.parent else { continue };
        let Some(parent) = reach::parent(run, parent)? else { continue };
        for row in rows.iter().take(KEYS) {
            let Some(values) = constants(run, id, row, &key.columns) else {
                doubts.push(doubt.clone());
                break;
            };
            let Some(values) = values.into_iter().collect::<Option<Vec<String>>>() else { continue };
            let own = parent == id && refers_to_own(run, id, rows, &key, &values);
            match if own { Some(true) } else { has_parent(run, parent, &key, &values) } {
                Some(true) => {}
                Some(false) if !key.is_deferred => {
                    let object = run.model.get(id).quoted();
                    let detail = format!(
                        "key {} of foreign key {} has no row in {}",
                        values.join(", "),
                        key.name,
                        run.model.get(parent).quoted()
                    );
                    run.add(Note::error("fk_rows", Code::ERRCODE_FOREIGN_KEY_VIOLATION, detail).on(object));
                    break;
                }
                Some(false) | None => {
                    doubts.push(doubt.clone());
                    break;
                }
            }
        }
    }
    Ok(())
}

/// Whether a row of the statement itself has the key, or may.
pub fn refers_to_own(run: &Run, id: Id, rows: &[Row], key: &Constraint, values: &[String]) -> bool {
    rows.iter().any(|row| match constants(run, id, row, &key.parent_columns) {
        None => true,
        Some(found) => found
            .iter()
            .zip(values)
            .all(|(found, value)| found.as_deref().is_some_and(|found| untyped(found) == untyped(value))),
    })
}

/// Returns a constant without its type.
pub fn untyped(value: &str) -> &str {
    value.rsplit_once("::").map_or(value, |(text, _)| text)
}

/// Whether the referenced table has a row with the key; `None` if that is not known.
pub fn has_parent(run: &Run, parent: Id, key: &Constraint, values: &[String]) -> Option<bool> {
    let relation = run.model.get(parent);
    let changes = &relation.changes;
    let is_new = changes.new_rows.as_ref().is_some_and(|rows| {
        rows.iter().any(|row| {
            key.parent_columns.iter().zip(values).all(|(column, value)| {
                row.get(column).is_some_and(|known| known.as_deref().map(untyped) == Some(untyped(value)))
            })
        })
    });
    if is_new && changes.deleted.is_none() && changes.updated.is_empty() {
        return Some(true);
    }
    if run.model.rows_unknown.is_some()
        || changes.inserted.is_some()
        || changes.deleted.is_some()
        || !changes.updated.is_empty()
    {
        return None;
    }
    if relation.is_known_empty() {
        return Some(false);
    }
    let from = relation.as_subquery_named("p", true)?;
    let pairs = key
        .parent_columns
        .iter()
        .zip(values)
        .map(|(column, value)| format!("p.{} = {value}", quote_identifier(column)));
    let query = format!("SELECT 1 FROM {from} WHERE {} LIMIT 1", pairs.collect::<Vec<_>>().join(" AND "));
    let names: Vec<&str> = key.parent_columns.iter().map(String::as_str).collect();
    if crate::precheck::analysis::refuse_code(&query).is_some() {
        return None;
    }
    ask(run, &query, &[(parent, &names)]).ok().map(|table| !table.is_empty())
}
