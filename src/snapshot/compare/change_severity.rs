//! Judges how severe a changed definition of an object of a table is.

use super::difference::Kind;
use super::normalize;
use super::subobjects::Subobject;
use crate::report::severity::Severity;
use crate::snapshot::model::{Constraint, Firing, Index, Trigger};

type Change = (Severity, Kind, &'static str);

/// Returns the row for two definitions; `None` if they have the same meaning.
pub fn judge_change(before: Subobject<'_>, after: Subobject<'_>) -> Option<Change> {
    let is_same = normalize::is_same(before.definition(), after.definition());
    match (before, after) {
        (Subobject::Constraint(before), Subobject::Constraint(after)) => constraint_change(before, after, is_same),
        (Subobject::Index(before), Subobject::Index(after)) => index_change(before, after, is_same),
        (Subobject::Trigger(before), Subobject::Trigger(after)) => {
            trigger_change(before, after, is_same, Kind::TriggerChanged)
        }
        (Subobject::Rule(before), Subobject::Rule(after)) => trigger_change(before, after, is_same, Kind::RuleChanged),
        (Subobject::Policy(_), Subobject::Policy(_)) => {
            (!is_same).then_some((Severity::Error, Kind::PolicyChanged, "other rows are shown or accepted"))
        }
        _ => None,
    }
}

fn constraint_change(before: &Constraint, after: &Constraint, is_same: bool) -> Option<Change> {
    let kind = Kind::ConstraintChanged;
    let unproven = |constraint: &Constraint| format!("{} NOT VALID", constraint.definition);
    match (before.enforced, after.enforced) {
        (true, false) => Some((Severity::Error, kind, "its triggers are disabled: rows are not checked")),
        (false, true) if is_same => Some((Severity::Info, kind, "its triggers are enabled again")),
        _ if is_same => None,
        _ if normalize::is_same(&before.definition, &unproven(after)) => {
            Some((Severity::Info, kind, "it has been validated"))
        }
        _ if normalize::is_same(&unproven(before), &after.definition) => {
            Some((Severity::Error, kind, "older rows may violate it: VALIDATE CONSTRAINT checks them"))
        }
        _ => Some((Severity::Error, kind, "")),
    }
}

fn index_change(before: &Index, after: &Index, is_same: bool) -> Option<Change> {
    let kind = Kind::IndexChanged;
    let properties = |index: &Index| (index.unique, index.valid);
    match (before.unique && before.valid, after.unique && after.valid) {
        _ if is_same && properties(before) == properties(after) => None,
        (true, false) => Some((Severity::Error, kind, "it no longer enforces uniqueness")),
        (true, true) if !normalize::is_same_uniqueness(&before.definition, &after.definition) => {
            Some((Severity::Error, kind, "what counts as a duplicate has changed"))
        }
        _ if is_same && before.unique == after.unique && after.valid => Some((Severity::Info, kind, "it is now valid")),
        _ => Some((Severity::Warning, kind, "")),
    }
}

fn trigger_change(before: &Trigger, after: &Trigger, is_same: bool, kind: Kind) -> Option<Change> {
    let fires = |trigger: &Trigger| matches!(trigger.firing, Firing::Origin | Firing::Always);
    match (fires(before), fires(after)) {
        _ if is_same && before.firing == after.firing && before.arguments == after.arguments => None,
        (true, false) => Some((Severity::Error, kind, "it is disabled: it no longer fires")),
        (false, true) => Some((Severity::Warning, kind, "it is enabled: it now fires")),
        _ => Some((Severity::Warning, kind, "")),
    }
}
