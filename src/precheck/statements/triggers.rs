//! Triggers.

use super::trigger_condition;
use super::trigger_shape::{refuse_kind, refuse_parts};
use crate::error::Error;
use crate::pg::access::{self, Write};
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::CreateTrigger;
use crate::precheck::effects::Mode;
use crate::precheck::finding::{Note, Severity};
use crate::precheck::model::Change;
use crate::precheck::model::relation::{Constraint, Id, ROW, Trigger};
use crate::precheck::reach;
use crate::precheck::relations::existing;
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;

pub fn create(run: &mut Run, create: &CreateTrigger<'_>) -> Result<(), Error> {
    run.effects.is_definition = true;
    let Some(id) = existing(run, &create.relation)? else { return Ok(()) };
    run.effects.lock(id, Mode::ShareRowExclusive);
    let is_inherited = create.events & ROW != 0 && run.model.get(id).is_partitioned();
    if is_inherited {
        reach::family(run, id, Mode::ShareRowExclusive)?;
    }
    if let Some(name) = &create.referenced
        && let Some(referenced) = existing(run, name)?
    {
        run.effects.lock(referenced, Mode::AccessShare);
    }
    let relation = run.model.get(id);
    if let Some((state, detail)) = refuse_kind(create, relation.kind) {
        run.add_name_error(Note::error("wrong_kind", state, detail).on(run.model.get(id).quoted()));
        return Ok(());
    }
    if !may_create(run, id) {
        return Ok(());
    }
    let relation = run.model.get(id);
    if let Some((state, detail)) = refuse_parts(create, relation.kind, !relation.parents.is_empty()) {
        run.add_name_error(Note::error("trigger", state, detail).on(run.model.get(id).quoted()));
        return Ok(());
    }
    let condition = trigger_condition::check(run, id, create);
    if condition.is_none() && run.has(Severity::Error) || !trigger_function(run, &create.function)? {
        return Ok(());
    }
    let relation = run.model.get(id);
    let object = relation.quoted();
    if relation.triggers.iter().any(|trigger| trigger.name == create.name) && !create.is_replace {
        let detail = format!("trigger {} for relation {object} already exists", quote_identifier(&create.name));
        run.add_name_error(Note::error("name_taken", Code::ERRCODE_DUPLICATE_OBJECT, detail).on(object));
        return Ok(());
    }
    if !super::constraint_names::columns_exist(run, id, &create.columns) {
        return Ok(());
    }
    // A trigger for rows is created for each partition as well.
    if is_inherited {
        for partition in run.model.descendants(id)? {
            may_create(run, partition);
        }
    }
    let number = run.number();
    let relation = run.model.get_mut(id);
    relation.triggers.retain(|trigger| trigger.name != create.name);
    relation.triggers.push(Trigger {
        name: create.name.clone(),
        function: create.function.join("."),
        is_enabled: true,
        events: create.events,
        added: Some(number),
        columns: create.columns.iter().cloned().chain(condition.unwrap_or_default()).collect(),
        ..Trigger::default()
    });
    Ok(())
}

/// Whether the role may create triggers of the table; adds a finding otherwise.
fn may_create(run: &mut Run, id: Id) -> bool {
    let relation = run.model.get(id);
    let may = run.model.owns(id)
        || relation.oid.is_none_or(|oid| access::role_may_write(run.model.role, oid, Write::Trigger));
    if !may {
        let object = relation.quoted();
        let detail = format!("role {} has no TRIGGER privilege on {object}", quote_identifier(&run.model.role_name()));
        run.add_name_error(Note::error("privilege", Code::ERRCODE_INSUFFICIENT_PRIVILEGE, detail).on(object));
    }
    may
}

/// Whether the trigger's function returns a trigger; adds an error otherwise, or if it does not
/// exist and is not one that the script creates.
fn trigger_function(run: &mut Run, names: &[String]) -> Result<bool, Error> {
    let own = names.last().cloned().unwrap_or_default();
    let returns_trigger = match run.model.functions.get(&own) {
        Some(Change::Created(_)) => Some(run.model.trigger_functions.get(&own) != Some(&false)),
        _ => {
            let Some(results) = super::functions::results_without_arguments(run, names)? else { return Ok(true) };
            results.first().map(|result| *result == super::functions::TRIGGER)
        }
    };
    let note = match returns_trigger {
        Some(true) => return Ok(true),
        Some(false) => {
            let detail = format!("function {own} must return type trigger");
            Note::error("function", Code::ERRCODE_INVALID_OBJECT_DEFINITION, detail)
        }
        None => {
            let detail = format!("function {}() does not exist", names.join("."));
            Note::error("unknown_function", Code::ERRCODE_UNDEFINED_FUNCTION, detail)
        }
    };
    run.add_name_error(note.on(own));
    Ok(false)
}

/// ENABLE and DISABLE TRIGGER.
pub fn switch(run: &mut Run, id: Id, name: Option<&str>, is_all: bool, enables: bool) {
    let relation = run.model.get(id);
    let object = relation.quoted();
    if let Some(name) = name {
        if is_internal_name(name) {
            run.unchecked("whether the constraint's trigger exists, which only a superuser may switch,");
        } else if !relation.triggers.iter().any(|trigger| trigger.name == name) {
            let detail = format!("trigger {} for table {object} does not exist", quote_identifier(name));
            run.add_name_error(Note::error("unknown_trigger", Code::ERRCODE_UNDEFINED_OBJECT, detail).on(object));
        } else if let Some(trigger) = run.model.get_mut(id).triggers.iter_mut().find(|trigger| trigger.name == name) {
            trigger.is_enabled = enables;
        }
        return;
    }
    let has_system_triggers = relation.constraints.iter().any(has_triggers)
        || run.model.references_to(id).is_ok_and(|found| !found.is_empty());
    if is_all && has_system_triggers && !access::is_superuser(run.model.role) {
        let detail = "permission denied: the triggers of foreign keys and of deferrable constraints are system \
                      triggers, which only a superuser may switch";
        let safer = [format!("ALTER TABLE {object} {} TRIGGER USER;", if enables { "ENABLE" } else { "DISABLE" })];
        run.add_name_error(
            Note::error("privilege", Code::ERRCODE_INSUFFICIENT_PRIVILEGE, detail).on(object).safer(safer),
        );
        return;
    }
    let number = run.number();
    for trigger in &mut run.model.get_mut(id).triggers {
        trigger.is_enabled = enables;
    }
    run.model.get_mut(id).triggers_off = (is_all && !enables).then_some(number);
    if is_all && !enables && has_system_triggers {
        let detail = "rows that later statements write are not checked against foreign keys, and stay as they are";
        run.add(Note::warning("triggers_off", detail).on(object));
    }
}

/// Whether the server checks the constraint by triggers of its own.
fn has_triggers(constraint: &Constraint) -> bool {
    match constraint.kind {
        b'f' => constraint.is_enforced,
        b'p' | b'u' | b'x' => constraint.is_deferrable,
        _ => false,
    }
}

/// Whether the server gives the name to triggers of constraints (CreateTriggerFiringOn in
/// commands/trigger.c appends the OID).
fn is_internal_name(name: &str) -> bool {
    let begins = ["RI_ConstraintTrigger_", "PK_ConstraintTrigger_", "Unique_ConstraintTrigger_"];
    begins.iter().any(|begin| name.starts_with(begin))
}
