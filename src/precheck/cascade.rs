//! Whether a drop fails because others need what it drops, and what CASCADE drops with it.

use super::dependents::{self, Address, Dependent, Kind};
use super::effects::Mode;
use super::model::Cause;
use super::model::relation::{Default_, Id};
use super::run::Run;
use crate::error::Error;

/// Adds the finding for a drop of objects that others need, which fails without CASCADE, or takes
/// them along. Returns whether it fails.
pub fn judge_drop(run: &mut Run, object: &str, targets: &[Address], cascade: bool, own: &[Id]) -> Result<bool, Error> {
    let dependents = dependents::of(run, targets)?;
    let mut needing: Vec<String> = Vec::new();
    for dependent in dependents.iter().filter(|dependent| !dependent.goes_along) {
        let is_own = run.model.known(dependent.relation).is_some_and(|id| own.contains(&id));
        if !is_own && !needing.contains(&dependent.description) {
            needing.push(dependent.description.clone());
        }
    }
    for id in own {
        needing.extend(dependents::new_dependents(run, *id, None).into_iter().map(|(_, text)| text));
    }
    if cascade {
        super::reach::dependents(run, targets)?;
    }
    if dependents::report(run, object, &needing, cascade) {
        return Ok(true);
    }
    if cascade {
        follow(run, &dependents)?;
        own.iter().for_each(|id| follow_new(run, *id, None));
    }
    Ok(false)
}

/// Removes the dependents that need a dropped object. If the model does not follow one of them,
/// names are unknown from now on.
pub fn follow(run: &mut Run, dependents: &[Dependent]) -> Result<(), Error> {
    let number = run.number();
    for dependent in dependents.iter().filter(|dependent| !dependent.goes_along) {
        if !remove(run, dependent)? {
            run.model.distrust_names(Cause::Statement(number));
            let is_column = matches!(dependent.kind, Kind::Column | Kind::Default);
            if let Some(id) = run.model.by_oid(dependent.relation)?.filter(|_| is_column) {
                // Which columns and conditions are left is not known.
                let relation = run.model.get_mut(id);
                (relation.is_opaque, relation.is_changed) = (true, true);
            }
        }
    }
    Ok(())
}

fn remove(run: &mut Run, dependent: &Dependent) -> Result<bool, Error> {
    let Some(id) = run.model.by_oid(dependent.relation)? else { return Ok(false) };
    let is_view = matches!(run.model.get(id).kind, b'v' | b'm');
    match dependent.kind {
        Kind::Rule | Kind::Relation if is_view => relation(run, id)?,
        Kind::Constraint => {
            let name = dependent.name.clone().unwrap_or_default();
            let Some(kind) = run.model.get(id).constraint(&name).map(|found| found.kind) else { return Ok(true) };
            run.effects.lock(id, Mode::AccessExclusive);
            let number = run.number();
            run.model.forget_constraint(id, &name, kind, number);
        }
        Kind::Default => {
            let number = i16::try_from(dependent.number).ok();
            let column = run.model.get_mut(id).columns.iter_mut().find(|column| column.number == number);
            let Some(column) = column.filter(|column| column.generated == 0) else { return Ok(false) };
            column.default = Default_::None;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// Drops a view, with the views that read it.
fn relation(run: &mut Run, id: Id) -> Result<(), Error> {
    if run.model.get(id).dropped.is_some() {
        return Ok(());
    }
    run.effects.lock(id, Mode::AccessExclusive);
    let target = run.model.get(id).oid.map(Address::relation);
    let number = run.number();
    run.model.drop_relation(id, number);
    if let Some(target) = target {
        let dependents = dependents::of(run, &[target])?;
        follow(run, &dependents)?;
    }
    follow_new(run, id, None);
    Ok(())
}

/// Drops the views of the script that read the relation, or one of its columns.
pub fn follow_new(run: &mut Run, id: Id, column: Option<&str>) {
    let number = run.number();
    let reads = |relation: &super::model::relation::Relation| {
        relation.reads.iter().any(|(read, name)| *read == id && column.is_none_or(|column| column == name))
    };
    let views: Vec<Id> = run
        .model
        .loaded()
        .filter(|(view, relation)| *view != id && relation.dropped.is_none() && reads(relation))
        .map(|(view, _)| view)
        .collect();
    for view in views {
        run.model.drop_relation(view, number);
        follow_new(run, view, None);
    }
}
