//! How bad it is that a constraint, index or trigger is defined otherwise than before.

use super::difference::Kind;
use super::normalize;
use super::subobjects::Part;
use crate::report::severity::Severity;
use crate::snapshot::model::{Constraint, Firing, Index, Trigger};

type Change = (Severity, Kind, &'static str);

pub fn judged(before: Part<'_>, after: Part<'_>) -> Option<Change> {
    let is_same = normalize::is_same(before.definition(), after.definition());
    match (before, after) {
        (Part::Constraint(before), Part::Constraint(after)) => constraint_change(before, after, is_same),
        (Part::Index(before), Part::Index(after)) => index_change(before, after, is_same),
        (Part::Trigger(before), Part::Trigger(after)) => trigger_change(before, after, is_same),
        _ => None,
    }
}

fn constraint_change(before: &Constraint, after: &Constraint, is_same: bool) -> Option<Change> {
    let kind = Kind::ConstraintChanged;
    let unproven = |constraint: &Constraint| format!("{} NOT VALID", constraint.definition);
    match (before.enforced, after.enforced) {
        (true, false) => Some((Severity::Error, kind, "its triggers are switched off: nothing checks it")),
        (false, true) if is_same => Some((Severity::Info, kind, "its triggers are switched on again")),
        _ if is_same => None,
        _ if normalize::is_same(&before.definition, &unproven(after)) => {
            Some((Severity::Info, kind, "it has been validated"))
        }
        _ if normalize::is_same(&unproven(before), &after.definition) => {
            Some((Severity::Error, kind, "rows that were there before it may break it: VALIDATE CONSTRAINT tells"))
        }
        _ => Some((Severity::Error, kind, "")),
    }
}

fn index_change(before: &Index, after: &Index, is_same: bool) -> Option<Change> {
    let kind = Kind::IndexChanged;
    let properties = |index: &Index| (index.unique, index.valid);
    match (before.unique && before.valid, after.unique && after.valid) {
        _ if is_same && properties(before) == properties(after) => None,
        (true, false) => Some((Severity::Error, kind, "it keeps duplicates out no more")),
        (true, true) if !normalize::is_same_uniqueness(&before.definition, &after.definition) => {
            Some((Severity::Error, kind, "it keeps other duplicates out than before"))
        }
        _ if is_same && before.unique == after.unique && after.valid => Some((Severity::Info, kind, "it is valid now")),
        _ => Some((Severity::Warning, kind, "")),
    }
}

fn trigger_change(before: &Trigger, after: &Trigger, is_same: bool) -> Option<Change> {
    let fires = |trigger: &Trigger| matches!(trigger.firing, Firing::Origin | Firing::Always);
    match (fires(before), fires(after)) {
        _ if is_same && before.firing == after.firing => None,
        (true, false) => Some((Severity::Error, Kind::TriggerChanged, "it is disabled: it fires no more")),
        (false, true) => Some((Severity::Warning, Kind::TriggerChanged, "it is enabled: it fires now")),
        _ => Some((Severity::Warning, Kind::TriggerChanged, "")),
    }
}
