//! Policies of row security.

use super::constraint_names::used_columns;
use super::{parts, roles};
use crate::error::Error;
use crate::pg::parser::tree::{ObjectKind, Policy};
use crate::precheck::analysis::expressions;
use crate::precheck::effects::Mode;
use crate::precheck::finding::Note;
use crate::precheck::model::Found;
use crate::precheck::model::relation::Id;
use crate::precheck::relations::existing;
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;

/// CREATE POLICY.
pub fn create(run: &mut Run, policy: &Policy<'_>) -> Result<(), Error> {
    if let Some(detail) = policy.refused {
        run.add(Note::error("syntax", Code::ERRCODE_SYNTAX_ERROR, detail).on(policy.name.clone()));
        return Ok(());
    }
    find_roles(run, policy);
    parts::create(run, "policy", &policy.relation, &policy.name, false)?;
    if let Found::Relation(id) = run.model.find(&policy.relation)? {
        let columns = look_up(run, id, policy)?;
        note_columns(run, id, policy, columns);
    }
    Ok(())
}

/// ALTER POLICY.
pub fn alter(run: &mut Run, policy: &Policy<'_>) -> Result<(), Error> {
    run.effects.is_definition = true;
    find_roles(run, policy);
    let Some(id) = existing(run, &policy.relation)? else { return Ok(()) };
    run.effects.lock(id, Mode::AccessExclusive);
    if !roles::require_owner(run, id) {
        return Ok(());
    }
    let columns = look_up(run, id, policy)?;
    if parts::require(run, id, ObjectKind::Policy, &policy.name, false)? {
        note_columns(run, id, policy, columns);
    }
    Ok(())
}

fn find_roles(run: &mut Run, policy: &Policy<'_>) {
    for role in &policy.roles {
        roles::find(run, role);
    }
}

/// Has the conditions analyzed, and notes the locks on what they read. Returns the columns of the
/// table that they use.
fn look_up(run: &mut Run, id: Id, policy: &Policy<'_>) -> Result<Vec<String>, Error> {
    if policy.conditions.is_empty() {
        return Ok(Vec::new());
    }
    let Some(analyzed) = expressions(run, id, &policy.conditions) else { return Ok(Vec::new()) };
    for accessed in &analyzed.accesses {
        if let Some(read) = run.model.by_oid(accessed.relation)? {
            run.effects.lock(read, Mode::AccessShare);
        }
    }
    Ok(used_columns(run, id, &analyzed))
}

fn note_columns(run: &mut Run, id: Id, policy: &Policy<'_>, columns: Vec<String>) {
    if !columns.is_empty() {
        run.model.new_parts.insert((id, "policy", policy.name.clone()), columns);
    }
}
