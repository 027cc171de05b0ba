//! CREATE DOMAIN.

use super::domains::looks_up;
use crate::error::Error;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::{self, Constraint, ConstraintKind, TypeName};
use crate::precheck::finding::Note;
use crate::precheck::model::relation::{Column, Type};
use crate::precheck::run::Run;
use crate::precheck::types::type_of;
use pgrx::PgSqlErrorCode as Code;

/// Judges the definition (DefineDomain in commands/typecmds.c).
pub fn create(
    run: &mut Run,
    names: &[String],
    base: Option<&TypeName<'_>>,
    constraints: &[Constraint<'_>],
) -> Result<(), Error> {
    let own = names.last().cloned().unwrap_or_default();
    let base = base.and_then(|base| type_of(run, base));
    if let Some(detail) = contradiction(constraints) {
        run.add(Note::error("syntax", Code::ERRCODE_SYNTAX_ERROR, detail).on(own.clone()));
    }
    match &base {
        Some(type_ @ Type::Known { .. }) => {
            let column = Column { name: own.clone(), type_: type_.clone(), ..Column::default() };
            for constraint in constraints {
                part(run, constraint, &column);
            }
        }
        Some(Type::New(_)) if !constraints.is_empty() => run.unchecked("the domain's definition"),
        _ => {}
    }
    super::types::create_type(run, names, &[])
}

/// Returns what the definition says twice, both ways, or of a kind that a domain cannot have. Pure.
fn contradiction(constraints: &[Constraint<'_>]) -> Option<&'static str> {
    let count = |kind| constraints.iter().filter(|constraint| constraint.kind == kind).count();
    let (nulls, not_nulls) = (count(ConstraintKind::Null), count(ConstraintKind::NotNull));
    if nulls > 0 && not_nulls > 0 {
        return Some("conflicting NULL/NOT NULL constraints");
    }
    if count(ConstraintKind::Default) > 1 {
        return Some("multiple default expressions");
    }
    constraints.iter().find_map(|constraint| match constraint.kind {
        ConstraintKind::Unique => Some("unique constraints not possible for domains"),
        ConstraintKind::PrimaryKey => Some("primary key constraints not possible for domains"),
        ConstraintKind::Exclusion => Some("exclusion constraints not possible for domains"),
        ConstraintKind::ForeignKey => Some("foreign key constraints not possible for domains"),
        _ => None,
    })
}

/// Has the server look up a condition or a default. `column` has the domain's name and base type.
fn part(run: &mut Run, constraint: &Constraint<'_>, column: &Column) {
    let Some(raw) = constraint.expression else { return };
    match constraint.kind {
        ConstraintKind::Check if tree::names(raw).has_subquery => {
            let detail = "cannot use subquery in check constraint";
            let note = Note::error("analysis", Code::ERRCODE_FEATURE_NOT_SUPPORTED, detail);
            run.add(note.on(quote_identifier(&column.name)));
        }
        ConstraintKind::Check => {
            looks_up(run, &column.type_text(), raw);
        }
        ConstraintKind::Default => {
            super::columns::default(run, raw, column);
        }
        _ => {}
    }
}
