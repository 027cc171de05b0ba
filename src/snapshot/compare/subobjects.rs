//! Describes objects that belong to a table and have a textual definition: constraints, indexes,
//! triggers, policies, rules.

use super::difference::Kind;
use super::normalize;
use super::referenced_names;
use crate::report::severity::Severity;
use crate::snapshot::model::{Constraint, ConstraintKind, Firing, Index, Policy, Table, Trigger};
use std::collections::BTreeMap;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Subobject<'a> {
    Constraint(&'a Constraint),
    Index(&'a Index),
    Trigger(&'a Trigger),
    Policy(&'a Policy),
    Rule(&'a Trigger),
}

pub type Subobjects<'a> = BTreeMap<&'a str, Subobject<'a>>;

pub fn constraints(table: &Table) -> Subobjects<'_> {
    table.constraints.iter().map(|(name, constraint)| (name.as_str(), Subobject::Constraint(constraint))).collect()
}

pub fn indexes(table: &Table) -> Subobjects<'_> {
    table.indexes.iter().map(|(name, index)| (name.as_str(), Subobject::Index(index))).collect()
}

pub fn triggers(table: &Table) -> Subobjects<'_> {
    table.triggers.iter().map(|(name, trigger)| (name.as_str(), Subobject::Trigger(trigger))).collect()
}

pub fn policies(table: &Table) -> Subobjects<'_> {
    table.policies.iter().map(|(name, policy)| (name.as_str(), Subobject::Policy(policy))).collect()
}

pub fn rules(table: &Table) -> Subobjects<'_> {
    table.rules.iter().map(|(name, rule)| (name.as_str(), Subobject::Rule(rule))).collect()
}

impl<'a> Subobject<'a> {
    pub fn definition(self) -> &'a str {
        match self {
            Subobject::Constraint(constraint) => &constraint.definition,
            Subobject::Index(index) => &index.definition,
            Subobject::Trigger(trigger) | Subobject::Rule(trigger) => &trigger.definition,
            Subobject::Policy(policy) => &policy.definition,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Subobject::Constraint(_) => "constraint",
            Subobject::Index(_) => "index",
            Subobject::Trigger(_) => "trigger",
            Subobject::Policy(_) => "policy",
            Subobject::Rule(_) => "rule",
        }
    }

    /// Returns the kinds of row for a missing, an extra and a changed one.
    pub fn kinds(self) -> [Kind; 3] {
        match self {
            Subobject::Constraint(_) => [Kind::ConstraintMissing, Kind::ConstraintExtra, Kind::ConstraintChanged],
            Subobject::Index(_) => [Kind::IndexMissing, Kind::IndexExtra, Kind::IndexChanged],
            Subobject::Trigger(_) => [Kind::TriggerMissing, Kind::TriggerExtra, Kind::TriggerChanged],
            Subobject::Policy(_) => [Kind::PolicyMissing, Kind::PolicyExtra, Kind::PolicyChanged],
            Subobject::Rule(_) => [Kind::RuleMissing, Kind::RuleExtra, Kind::RuleChanged],
        }
    }

    /// Returns the severity of its loss.
    pub fn severity(self) -> Severity {
        match self {
            // Without a policy, rows are hidden or shown that were not.
            Subobject::Constraint(_) | Subobject::Policy(_) => Severity::Error,
            // No query uses an invalid index, and pg_dump leaves it out.
            Subobject::Index(index) if !index.valid => Severity::Info,
            Subobject::Index(index) if index.unique => Severity::Error,
            Subobject::Index(_) | Subobject::Trigger(_) | Subobject::Rule(_) => Severity::Warning,
        }
    }

    pub fn is_invalid(self) -> bool {
        matches!(self, Subobject::Index(index) if !index.valid)
    }

    pub fn described(self) -> String {
        match self {
            Subobject::Constraint(constraint) => {
                let note = if constraint.enforced { "" } else { " (not enforced)" };
                format!("{}{note}", constraint.definition)
            }
            Subobject::Index(index) => {
                let unique = if index.unique { "UNIQUE " } else { "" };
                let invalid = if index.valid { "" } else { " (invalid)" };
                format!("{unique}{}{invalid}", index.definition)
            }
            Subobject::Trigger(trigger) | Subobject::Rule(trigger) => {
                let hash = trigger.arguments.as_ref().map(|hash| format!(" (hash of its arguments: {hash})"));
                format!("{}{}{}", trigger.definition, hash.unwrap_or_default(), firing_note(trigger.firing))
            }
            Subobject::Policy(policy) => policy.definition.clone(),
        }
    }

    /// Returns a text that is the same for all that differ only by name.
    pub fn meaning(self) -> String {
        let form = normalize::normalized(self.definition());
        match self {
            Subobject::Index(index) => format!("{} {} {form}", index.unique, index.valid),
            Subobject::Constraint(constraint) => format!("{} {form}", constraint.enforced),
            Subobject::Trigger(trigger) => format!("{form} {}", trigger.arguments.as_deref().unwrap_or_default()),
            Subobject::Policy(_) | Subobject::Rule(_) => form,
        }
    }

    /// Returns the columns that it keeps unique together.
    pub fn unique_columns(self) -> Option<Vec<String>> {
        let keeps_unique = match self {
            Subobject::Constraint(Constraint { kind, .. }) => {
                matches!(kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique)
            }
            Subobject::Index(index) => index.unique && index.valid,
            Subobject::Trigger(_) | Subobject::Policy(_) | Subobject::Rule(_) => false,
        };
        keeps_unique.then(|| referenced_names::unique_columns(self.definition())).flatten()
    }

    /// Ranks objects that keep the same columns unique: a higher rank enforces more.
    pub fn rank(self) -> u8 {
        match self {
            Subobject::Constraint(Constraint { kind: ConstraintKind::PrimaryKey, .. }) => 2,
            Subobject::Constraint(_) => 1,
            _ => 0,
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
