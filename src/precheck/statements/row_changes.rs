//! What a statement does to rows, for the statements that follow.

use super::pending;
use crate::error::Error;
use crate::pg::parser::tree::{Dml, DmlKind};
use crate::precheck::effects::Mode;
use crate::precheck::model::relation::Id;
use crate::precheck::run::Run;

/// Notes which rows the statement changes.
pub fn note_rows(run: &mut Run, statement: &Dml<'_>, target: Option<Id>) -> Result<(), Error> {
    let Some(id) = target else { return Ok(()) };
    let number = run.number();
    let all: Vec<String> = run.model.get(id).columns.iter().map(|column| column.name.clone()).collect();
    let changes = &mut run.model.get_mut(id).changes;
    match statement.kind {
        DmlKind::Insert => changes.inserted = Some(number),
        DmlKind::Delete => changes.deleted = Some(number),
        DmlKind::Update => {
            for column in &statement.columns {
                changes.updated.insert(column.clone(), number);
            }
        }
        DmlKind::Merge => {
            (changes.inserted, changes.deleted, changes.new_rows) = (Some(number), Some(number), None);
            for column in all {
                changes.updated.insert(column, number);
            }
        }
        DmlKind::Select | DmlKind::Other => return Ok(()),
    }
    for column in &statement.conflict_updates {
        run.model.get_mut(id).changes.updated.insert(column.clone(), number);
    }
    // A generated column changes with those it is computed from, and partitions with their parent.
    for column in run
        .model
        .get(id)
        .columns
        .iter()
        .filter(|column| column.generated != 0)
        .map(|column| column.name.clone())
        .collect::<Vec<_>>()
    {
        run.model.get_mut(id).changes.updated.insert(column, number);
    }
    let changes = run.model.get(id).changes.clone();
    let relation = run.model.get(id);
    let relatives: Vec<_> = relation.children.iter().chain(&relation.parents).copied().collect();
    for relative in relatives {
        if let Some(relative) = run.model.by_oid(relative)? {
            let known = &mut run.model.get_mut(relative).changes;
            known.inserted = known.inserted.or(changes.inserted);
            known.deleted = known.deleted.or(changes.deleted);
            for (column, statement) in &changes.updated {
                known.updated.insert(column.clone(), *statement);
            }
        }
    }
    cascades(run, statement, id)?;
    lock_by_keys(run, statement, id)?;
    if matches!(statement.kind, DmlKind::Update | DmlKind::Delete) {
        let quoted = run.model.get(id).quoted();
        crate::precheck::order::comes_too_late(run, &quoted);
    }
    queue(run, statement, id)
}

/// Notes the locks of the queries that check foreign keys.
pub fn lock_by_keys(run: &mut Run, statement: &Dml<'_>, id: Id) -> Result<(), Error> {
    use crate::precheck::model::relation::Parent;
    let touched = |columns: &[String]| {
        statement.kind != DmlKind::Update || columns.iter().any(|column| statement.columns.contains(column))
    };
    let keys: Vec<Parent> = run
        .model
        .get(id)
        .constraints
        .iter()
        .filter(|key| statement.kind != DmlKind::Delete && !key.is_deferred && touched(&key.columns))
        .filter_map(|key| key.parent)
        .collect();
    for parent in keys {
        if let Parent::Existing(oid) = parent
            && let Some(parent) = run.model.by_oid(oid)?
        {
            run.effects.lock(parent, Mode::RowShare);
        }
    }
    if statement.kind == DmlKind::Insert {
        return Ok(());
    }
    for (table, name) in run.model.references_to(id)? {
        let Some(key) = run.model.get(table).constraint(&name) else { continue };
        if !key.is_deferred && touched(&key.parent_columns) {
            let actions = match statement.kind {
                DmlKind::Update => vec![key.on_update],
                DmlKind::Delete => vec![key.on_delete],
                _ => vec![key.on_update, key.on_delete],
            };
            let cascades = actions.iter().any(|action| !matches!(action, b'a' | b'r'));
            run.effects.lock(table, if cascades { Mode::RowExclusive } else { Mode::RowShare });
        }
    }
    Ok(())
}

/// Notes what the foreign keys do to the rows of other tables.
pub fn cascades(run: &mut Run, statement: &Dml<'_>, id: Id) -> Result<(), Error> {
    match statement.kind {
        DmlKind::Delete => return super::cascaded::deleted(run, id),
        DmlKind::Update | DmlKind::Merge => {}
        _ => return Ok(()),
    }
    let number = run.number();
    for (table, name) in run.model.references_to(id)? {
        let Some(key) = run.model.get(table).constraint(&name).cloned() else { continue };
        for column in &key.columns {
            run.model.get_mut(table).changes.updated.insert(column.clone(), number);
        }
    }
    Ok(())
}

/// Notes the rows whose deferred constraints are checked later.
pub fn queue(run: &mut Run, statement: &Dml<'_>, id: Id) -> Result<(), Error> {
    if run.constraints_immediate || run.model.get(id).triggers_off.is_some() {
        return Ok(());
    }
    let relation = run.model.get(id);
    let is_known_empty = relation.is_known_empty();
    let deferred: Vec<_> = relation
        .constraints
        .iter()
        .filter(|constraint| constraint.is_deferred || run.constraints_deferred && constraint.is_deferrable)
        .cloned()
        .collect();
    let inserts_rows = !statement.rows.is_empty() || statement.is_default_values;
    let has_inserted = relation.changes.inserted.is_some();
    for constraint in deferred {
        match statement.kind {
            // A unique or exclusion constraint queues only rows that may be duplicates.
            DmlKind::Insert => {
                let is_certain = inserts_rows && !statement.on_conflict && matches!(constraint.kind, b'f' | b't');
                pending::note(run, id, is_certain);
            }
            DmlKind::Update if is_known_empty => {}
            DmlKind::Update => {
                let touches = constraint.columns.iter().any(|column| statement.columns.contains(column));
                if touches || has_inserted {
                    pending::note(run, id, false);
                }
            }
            DmlKind::Merge => pending::note(run, id, false),
            _ => {}
        }
    }
    if matches!(statement.kind, DmlKind::Delete | DmlKind::Update | DmlKind::Merge) {
        for (table, name) in run.model.references_to(id)? {
            let key = run.model.get(table).constraint(&name).cloned();
            let touches = key.is_some_and(|key| {
                key.is_deferred
                    && (statement.kind != DmlKind::Update
                        || key.parent_columns.iter().any(|column| statement.columns.contains(column)))
            });
            if touches {
                pending::note(run, id, false);
            }
        }
    }
    Ok(())
}
