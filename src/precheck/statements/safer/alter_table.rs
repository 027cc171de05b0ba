//! ALTER TABLE, whose actions become statements of their own where that helps one of them.

use super::columns::{self, Addition};
use super::constraints::{self, Text, is_proven_not_null, not_null};
use super::spelled::Spelled;
use super::steps::Steps;
use super::subject::{NewNames, Subject};
use crate::error::Error;
use crate::pg::parser::tree::{AlterAction, AlterCommand, Constraint as Definition, ConstraintKind, RelationName};
use crate::precheck::run::Run;
use std::ops::Range;

/// Returns safer statements; `None` if none are known.
pub fn alter_table(
    run: &mut Run,
    subject: &Subject,
    name: &RelationName,
    commands: &[AlterCommand<'_>],
) -> Result<Option<Steps>, Error> {
    let is_separable = commands.len() == 1 || commands.iter().all(|command| rank(&command.action).is_some());
    let leaves_children = name.only && subject.has_children();
    if !matches!(subject.before.kind, b'r' | b'p') || leaves_children || !is_separable {
        return Ok(None);
    }
    let Some(spelled) = Spelled::of(&run.text) else { return Ok(None) };
    let Some(head) = head_end(&spelled) else { return Ok(None) };
    let parts = spelled.parts(head..spelled.len());
    if parts.len() != commands.len() {
        return Ok(None);
    }
    let mut ordered: Vec<(&AlterCommand<'_>, Range<usize>)> = commands.iter().zip(parts).collect();
    ordered.sort_by_key(|(command, _)| rank(&command.action));
    let head = spelled.join(0..head);
    let mut names = NewNames::of(run, subject);
    let (mut steps, mut is_safer) = (Steps::default(), false);
    for (command, own) in ordered {
        let text = Text { spelled: &spelled, own };
        match action(run, &mut steps, subject, &head, command, text, &mut names)? {
            Some(differs) => is_safer |= differs,
            None => return Ok(None),
        }
    }
    Ok(is_safer.then_some(steps))
}

/// Returns the place among the statements of an action that may become one of its own: that of its
/// pass in the server.
fn rank(action: &AlterAction<'_>) -> Option<u8> {
    match action {
        AlterAction::AddColumn(_) => Some(0),
        AlterAction::SetNotNull(_) | AlterAction::SetDefault { expression: Some(_), .. } => Some(1),
        AlterAction::AddConstraint(constraint) => match constraint.kind {
            ConstraintKind::Check => Some(3),
            ConstraintKind::ForeignKey => Some(4),
            _ => Some(2),
        },
        _ => None,
    }
}

/// Returns the end of `ALTER TABLE [ IF EXISTS ] [ ONLY ] name [ * ]`.
fn head_end(spelled: &Spelled) -> Option<usize> {
    let mut at = if spelled.are(0, &["alter", "table"]) { 2 } else { return None };
    if spelled.are(at, &["if", "exists"]) {
        at += 2;
    }
    if spelled.is(at, "only") {
        at += 1;
    }
    let end = spelled.name_end(at)?;
    Some(if spelled.is_symbol(end, b'*') { end + 1 } else { end })
}

/// Adds the statements for one action. Returns whether they are safer; `None` if nothing is known.
fn action(
    run: &mut Run,
    steps: &mut Steps,
    subject: &Subject,
    head: &str,
    command: &AlterCommand<'_>,
    text: Text<'_>,
    names: &mut NewNames,
) -> Result<Option<bool>, Error> {
    match &command.action {
        AlterAction::AddConstraint(definition) => constraint(run, steps, subject, head, definition, text, names),
        AlterAction::SetNotNull(column) => {
            if subject.before.has_no_null(column) || is_proven_not_null(&subject.before, column) {
                steps.strong(format!("{head} {};", text.spelled.join(text.own)));
                return Ok(Some(false));
            }
            not_null(run, steps, subject, column, names.not_null(column))?;
            Ok(Some(true))
        }
        AlterAction::AddColumn(definition) if !command.missing_ok => {
            columns::add(run, steps, &Addition { subject, head, definition, text }, names)
        }
        AlterAction::SetDefault { expression: Some(_), .. } => {
            steps.strong(format!("{head} {};", text.spelled.join(text.own)));
            Ok(Some(false))
        }
        _ => Ok(None),
    }
}

/// ADD CONSTRAINT.
fn constraint(
    run: &mut Run,
    steps: &mut Steps,
    subject: &Subject,
    head: &str,
    definition: &Definition<'_>,
    text: Text<'_>,
    names: &mut NewNames,
) -> Result<Option<bool>, Error> {
    let Text { spelled, own } = text;
    let mut start = own.start + 1;
    if spelled.is(start, "constraint") {
        let Some(end) = spelled.name_end(start + 1) else { return Ok(None) };
        start = end;
    }
    let text = Text { spelled, own: start..own.end };
    match definition.kind {
        ConstraintKind::PrimaryKey | ConstraintKind::Unique => {
            constraints::key(run, steps, subject, definition, &definition.key.columns, &text, names)
        }
        ConstraintKind::ForeignKey | ConstraintKind::Check | ConstraintKind::NotNull => {
            let own = spelled.join(text.own);
            Ok(constraints::not_valid(steps, subject, head, definition, &own, names))
        }
        _ => Ok(None),
    }
}
