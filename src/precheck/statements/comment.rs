//! COMMENT ON.

use super::names::{is_of_kind, refuse_kind};
use super::{alter_constraint, not_null, parts, roles};
use crate::error::Error;
use crate::pg::parser::analysis::Needs;
use crate::pg::parser::tree::{Object, ObjectKind, Raw};
use crate::precheck::effects::Mode;
use crate::precheck::relations::existing;
use crate::precheck::run::Run;

pub fn comment(run: &mut Run, statement: Raw<'_>, kind: ObjectKind, object: Option<&Object>) -> Result<(), Error> {
    let Some(object) = object else { return Ok(()) };
    let relation = match kind {
        ObjectKind::Table
        | ObjectKind::View
        | ObjectKind::MaterializedView
        | ObjectKind::Sequence
        | ObjectKind::ForeignTable => object.relation(),
        ObjectKind::Column
        | ObjectKind::TableConstraint
        | ObjectKind::Trigger
        | ObjectKind::Policy
        | ObjectKind::Rule => object.owning_relation(),
        _ => {
            super::objects::require(run, statement, kind, std::slice::from_ref(object), Needs::Ownership);
            return Ok(());
        }
    };
    let Some(id) = existing(run, &relation)? else { return Ok(()) };
    if kind == ObjectKind::Table && !matches!(run.model.get(id).kind, b'r' | b'p') {
        refuse_kind(run, id, "is not a table");
        return Ok(());
    }
    if !is_of_kind(run, id, kind) {
        return Ok(());
    }
    let of_relation =
        !matches!(kind, ObjectKind::TableConstraint | ObjectKind::Trigger | ObjectKind::Policy | ObjectKind::Rule);
    run.effects.lock(id, if of_relation { Mode::ShareUpdateExclusive } else { Mode::AccessShare });
    let name = object.last();
    // The server looks the object up before it asks who owns it.
    let exists = match kind {
        ObjectKind::Column => not_null::exists(run, id, name),
        ObjectKind::TableConstraint => alter_constraint::find(run, id, name, false).is_some(),
        ObjectKind::Trigger | ObjectKind::Policy | ObjectKind::Rule => parts::require(run, id, kind, name, false)?,
        _ => true,
    };
    if exists {
        roles::require_owner(run, id);
    }
    Ok(())
}
