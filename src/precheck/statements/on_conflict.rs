//! The keys of INSERT … ON CONFLICT.

use super::inserted_row::{Row, constants};
use super::inserted_unique::{repeated, unique, unique_indexes};
use crate::error::Error;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::Dml;
use crate::precheck::finding::{Note, Severity};
use crate::precheck::model::relation::Id;
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;

/// Judges the keys that ON CONFLICT does not name, and rows that meet twice. ON CONFLICT DO NOTHING
/// without columns skips all duplicates.
pub fn check(run: &mut Run, id: Id, statement: &Dml<'_>, rows: &[Row], doubts: &mut Vec<String>) -> Result<(), Error> {
    if statement.updates_on_conflict {
        updated_twice(run, id, statement, rows);
    } else if !statement.names_conflict {
        refuse_deferrable(run, id, rows);
        return Ok(());
    }
    let arbiter = statement.conflict_columns.as_deref();
    let before = run.findings.len();
    if arbiter.is_some() {
        unique(run, id, rows, arbiter, doubts)?;
    }
    let is_duplicate = run.findings.iter().skip(before).any(|finding| finding.severity == Severity::Error);
    run.findings.truncate(before);
    for index in unique_indexes(run, id, arbiter) {
        // Whether the row is inserted at all depends on the key that ON CONFLICT names.
        let is_updated = index.needs.iter().any(|column| statement.conflict_updates.contains(column));
        let is_unnamed =
            arbiter.is_none() && run.model.get(id).indexes.iter().filter(|index| index.is_unique).count() > 1;
        if is_duplicate || is_updated || is_unnamed {
            doubts.push(format!("unique index {}", index.name));
        }
    }
    Ok(())
}

/// Adds an error if ON CONFLICT DO UPDATE gets the same key twice.
fn updated_twice(run: &mut Run, id: Id, statement: &Dml<'_>, rows: &[Row]) {
    let Some(columns) = &statement.conflict_columns else { return };
    let known = rows.iter().filter_map(|row| constants(run, id, row, columns)?.into_iter().collect());
    let keys: Vec<Vec<String>> = known.collect();
    if let Some(key) = repeated(&keys) {
        let detail = format!(
            "key {} occurs twice in the statement: ON CONFLICT DO UPDATE cannot affect a row a second time",
            crate::report::quoting::clip(&key.join(", "), 80)
        );
        let object = run.model.get(id).quoted();
        run.add(Note::error("on_conflict", Code::ERRCODE_CARDINALITY_VIOLATION, detail).on(object));
    }
}

/// Adds an error for a unique constraint that ON CONFLICT without columns cannot wait for
/// (ExecCheckIndexConstraints in executor/execIndexing.c).
fn refuse_deferrable(run: &mut Run, id: Id, rows: &[Row]) {
    let relation = run.model.get(id);
    let deferrable = relation.indexes.iter().find(|index| index.is_unique && !index.is_immediate);
    let Some(index) = deferrable.filter(|_| !rows.is_empty()) else { return };
    let detail = format!(
        "ON CONFLICT does not support deferrable unique constraints such as {}: name the columns of another key",
        quote_identifier(&index.name)
    );
    let object = relation.quoted();
    run.add(Note::error("on_conflict", Code::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, detail).on(object));
}
