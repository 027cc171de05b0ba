//! Policies of row security.

use super::constraint_names::used_columns;
use super::{parts, roles};
use crate::error::Error;
use crate::pg::parser::tree::{ObjectKind, Raw, RelationName, Role};
use crate::precheck::analysis::expressions;
use crate::precheck::effects::Mode;
use crate::precheck::model::Found;
use crate::precheck::model::relation::Id;
use crate::precheck::relations::existing;
use crate::precheck::run::Run;

/// CREATE POLICY.
pub fn create(
    run: &mut Run,
    name: &str,
    table: &RelationName,
    conditions: &[Raw<'_>],
    grantees: &[Role],
) -> Result<(), Error> {
    for role in grantees {
        roles::find(run, role);
    }
    parts::create(run, "policy", table, name, false)?;
    match run.model.find(table)? {
        Found::Relation(id) => look_up(run, id, name, conditions),
        _ => Ok(()),
    }
}

/// ALTER POLICY.
pub fn alter(
    run: &mut Run,
    name: &str,
    table: &RelationName,
    conditions: &[Raw<'_>],
    grantees: &[Role],
) -> Result<(), Error> {
    run.effects.is_definition = true;
    for role in grantees {
        roles::find(run, role);
    }
    let Some(id) = existing(run, table)? else { return Ok(()) };
    run.effects.lock(id, Mode::AccessExclusive);
    if !roles::require_owner(run, id) {
        return Ok(());
    }
    look_up(run, id, name, conditions)?;
    parts::require(run, id, ObjectKind::Policy, name, false)?;
    Ok(())
}

/// Has the conditions analyzed, and notes the locks on what they read.
fn look_up(run: &mut Run, id: Id, name: &str, conditions: &[Raw<'_>]) -> Result<(), Error> {
    if conditions.is_empty() {
        return Ok(());
    }
    let analyzed = expressions(run, id, conditions);
    if let Some(analyzed) = &analyzed {
        let columns = used_columns(run, id, analyzed);
        run.policy_columns.push((id, name.to_owned(), columns));
    }
    for accessed in analyzed.iter().flat_map(|analyzed| &analyzed.accesses) {
        if let Some(read) = run.model.by_oid(accessed.relation)? {
            run.effects.lock(read, Mode::AccessShare);
        }
    }
    Ok(())
}
