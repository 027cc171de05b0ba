//! What makes ALTER COLUMN … TYPE fail, and what it changes besides.

use crate::error::Error;
use crate::pg::names::quote_identifier;
use crate::precheck::dependents::{self, Address, Kind};
use crate::precheck::effects::Mode;
use crate::precheck::finding::Note;
use crate::precheck::model::relation::Id;
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;

/// Whether the type may be changed; adds a finding otherwise (ATPrepAlterColumnType and
/// RememberAllDependentForRebuilding in commands/tablecmds.c).
pub fn check(run: &mut Run, id: Id, name: &str) -> Result<bool, Error> {
    let relation = run.model.get(id);
    let object = format!("{}.{}", relation.quoted(), quote_identifier(name));
    let quoted = quote_identifier(name);
    let column = relation.column(name).cloned().unwrap_or_default();
    let refused = if relation.is_typed {
        Some((Code::ERRCODE_WRONG_OBJECT_TYPE, "cannot alter column type of typed table".to_owned()))
    } else if column.is_inherited {
        Some((Code::ERRCODE_INVALID_TABLE_DEFINITION, format!("cannot alter inherited column {quoted}")))
    } else if relation.partition_columns.iter().any(|key| key == name) {
        let detail = format!("column {quoted} is part of the partition key");
        Some((Code::ERRCODE_INVALID_TABLE_DEFINITION, detail))
    } else {
        None
    };
    if let Some((state, detail)) = refused {
        run.add_name_error(Note::error("dependents", state, detail).on(object));
        return Ok(false);
    }
    let mut needing: Vec<String> = Vec::new();
    if let (Some(oid), Some(number)) = (relation.oid, column.number) {
        let row_type = relation.row_type;
        let direct = dependents::of(run, &[Address::column(oid, number)])?;
        needing.extend(direct.into_iter().filter(blocks).map(|found| found.description));
        if let Some(row_type) = row_type {
            let users = dependents::of(run, &[Address::type_(row_type)])?;
            let columns = users.into_iter().filter(|found| found.kind == Kind::Column && found.relation != oid);
            needing.extend(columns.map(|found| found.description));
        }
    }
    let new = dependents::new_dependents(run, id, Some(name));
    needing.extend(new.into_iter().filter(|(kind, _)| *kind != Kind::Constraint).map(|(_, text)| text));
    if needing.is_empty() {
        return Ok(true);
    }
    let verb = if needing.len() == 1 { "uses" } else { "use" };
    let detail = format!("cannot alter the type: {} {verb} the column", dependents::listed(&needing));
    run.add_name_error(Note::error("dependents", Code::ERRCODE_FEATURE_NOT_SUPPORTED, detail).on(object));
    Ok(false)
}

/// Whether the server cannot rebuild the dependent object with the new type. What goes along with
/// the column, such as a constraint and its triggers, is rebuilt.
fn blocks(found: &dependents::Dependent) -> bool {
    let kinds = [Kind::Rule, Kind::Trigger, Kind::Policy, Kind::Function, Kind::Default];
    !found.goes_along && kinds.contains(&found.kind)
}

/// Notes the tables whose foreign keys refer to the column, or which it refers to: the constraints
/// are checked again.
pub fn lock_references(run: &mut Run, id: Id, name: &str) -> Result<(), Error> {
    for (table, key) in run.model.references_to(id)? {
        let uses = run
            .model
            .get(table)
            .constraint(&key)
            .is_some_and(|key| key.parent_columns.iter().any(|column| column == name));
        if uses && table != id {
            run.effects.lock(table, Mode::AccessExclusive);
            run.effects.scans.insert(table);
            run.effects.is_surprising = true;
        }
    }
    let keys: Vec<_> = run
        .model
        .get(id)
        .constraints
        .iter()
        .filter(|key| key.kind == b'f' && key.columns.iter().any(|column| column == name))
        .cloned()
        .collect();
    for key in keys {
        if let Some(crate::precheck::model::relation::Parent::Existing(oid)) = key.parent
            && let Some(parent) = run.model.by_oid(oid)?
        {
            crate::precheck::reach::key_parent(run, parent, Mode::AccessExclusive)?;
            run.effects.is_surprising = true;
        }
    }
    super::identity::warn_of_sequence_type(run, id, name)
}
