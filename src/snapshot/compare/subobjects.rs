//! What belongs to a table and is defined by a text: constraints, indexes, triggers.

use super::difference::Kind;
use super::normalize;
use super::referenced_names;
use crate::report::severity::Severity;
use crate::snapshot::model::{Constraint, ConstraintKind, Firing, Index, Table, Trigger};
use std::collections::BTreeMap;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    Constraint(&'a Constraint),
    Index(&'a Index),
    Trigger(&'a Trigger),
}

pub type Parts<'a> = BTreeMap<&'a str, Part<'a>>;

pub fn constraints(table: &Table) -> Parts<'_> {
    table.constraints.iter().map(|(name, constraint)| (name.as_str(), Part::Constraint(constraint))).collect()
}

pub fn indexes(table: &Table) -> Parts<'_> {
    table.indexes.iter().map(|(name, index)| (name.as_str(), Part::Index(index))).collect()
}

pub fn triggers(table: &Table) -> Parts<'_> {
    table.triggers.iter().map(|(name, trigger)| (name.as_str(), Part::Trigger(trigger))).collect()
}

impl<'a> Part<'a> {
    pub fn definition(self) -> &'a str {
        match self {
            Part::Constraint(constraint) => &constraint.definition,
            Part::Index(index) => &index.definition,
            Part::Trigger(trigger) => &trigger.definition,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Part::Constraint(_) => "constraint",
            Part::Index(_) => "index",
            Part::Trigger(_) => "trigger",
        }
    }

    /// For what is missing, extra, changed.
    pub fn kinds(self) -> [Kind; 3] {
        match self {
            Part::Constraint(_) => [Kind::ConstraintMissing, Kind::ConstraintExtra, Kind::ConstraintChanged],
            Part::Index(_) => [Kind::IndexMissing, Kind::IndexExtra, Kind::IndexChanged],
            Part::Trigger(_) => [Kind::TriggerMissing, Kind::TriggerExtra, Kind::TriggerChanged],
        }
    }

    /// Of its loss.
    pub fn severity(self) -> Severity {
        match self {
            Part::Constraint(_) => Severity::Error,
            // It served nobody, and pg_dump leaves it out.
            Part::Index(index) if !index.valid => Severity::Info,
            Part::Index(index) if index.unique => Severity::Error,
            Part::Index(_) | Part::Trigger(_) => Severity::Warning,
        }
    }

    pub fn is_invalid(self) -> bool {
        matches!(self, Part::Index(index) if !index.valid)
    }

    pub fn described(self) -> String {
        match self {
            Part::Constraint(constraint) => {
                let note = if constraint.enforced { "" } else { " (not enforced)" };
                format!("{}{note}", constraint.definition)
            }
            Part::Index(index) => {
                let unique = if index.unique { "UNIQUE " } else { "" };
                let invalid = if index.valid { "" } else { " (invalid)" };
                format!("{unique}{}{invalid}", index.definition)
            }
            Part::Trigger(trigger) => format!("{}{}", trigger.definition, firing_note(trigger.firing)),
        }
    }

    /// The same for all that differ by name alone.
    pub fn meaning(self) -> String {
        let form = normalize::normalized(self.definition());
        match self {
            Part::Index(index) => format!("{} {} {form}", index.unique, index.valid),
            Part::Constraint(constraint) => format!("{} {form}", constraint.enforced),
            Part::Trigger(_) => form,
        }
    }

    /// The columns that it keeps unique together.
    pub fn unique_columns(self) -> Option<Vec<String>> {
        let keeps_unique = match self {
            Part::Constraint(Constraint { kind, .. }) => {
                matches!(kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique)
            }
            Part::Index(index) => index.unique && index.valid,
            Part::Trigger(_) => false,
        };
        keeps_unique.then(|| referenced_names::unique_columns(self.definition())).flatten()
    }

    /// Of two that keep the same columns unique, the higher does more.
    pub fn rank(self) -> u8 {
        match self {
            Part::Constraint(Constraint { kind: ConstraintKind::PrimaryKey, .. }) => 2,
            Part::Constraint(_) => 1,
            Part::Index(_) | Part::Trigger(_) => 0,
        }
    }
}

fn firing_note(firing: Firing) -> &'static str {
    match firing {
        Firing::Origin => "",
        Firing::Disabled => " (disabled)",
        Firing::Replica => " (fires on replicas only)",
        Firing::Always => " (fires on replicas too)",
    }
}
