//! Constraints that a statement adds.

use super::check::check;
use super::constraint_names::Target;
use super::not_null;
use crate::error::Error;
use crate::pg::parser::tree::{Constraint as Definition, ConstraintKind};
use crate::precheck::model::relation::Id;
use crate::precheck::run::Run;

/// Judges the constraint, and adds it to the model.
pub fn add(run: &mut Run, id: Id, definition: &Definition<'_>, target: Target<'_>) -> Result<(), Error> {
    match definition.kind {
        ConstraintKind::Check => check(run, id, definition, target),
        ConstraintKind::PrimaryKey | ConstraintKind::Unique => super::unique::add(run, id, definition, target),
        ConstraintKind::Exclusion => super::exclusion::exclude(run, id, definition, target),
        ConstraintKind::ForeignKey => super::foreign_key::add(run, id, definition, target),
        ConstraintKind::NotNull => match target.column {
            Some(column) => not_null::name_constraint(run, id, column, Some(definition)),
            None => definition.key.columns.clone().iter().try_for_each(|column| {
                not_null::set_not_null(run, id, column, definition.is_not_valid, false)?;
                not_null::name_constraint(run, id, column, Some(definition))
            }),
        },
        _ => Ok(()),
    }
}
