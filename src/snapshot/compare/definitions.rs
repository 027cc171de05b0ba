//! Constraints, indexes and triggers of a table that both have.

use super::difference::Kind;
use super::report::{Cause, Report, Row};
use super::tables::Pair;
use super::{columns, spelling};
use crate::checks::finding::Severity;
use crate::snapshot::model::{Constraint, ConstraintKind, Firing, Index, Table, Trigger};
use std::collections::{BTreeMap, HashMap};

pub fn compare<'a>(source: Pair<'a>, report: &mut Report<'a>) {
    for parts in [constraints, indexes, triggers] {
        let [here, there] = [parts(source.here), parts(source.there)];
        let (mut missing, mut extra) = (alone(&here, &there), alone(&there, &here));
        for (before, after) in renamed(&mut missing, &mut extra) {
            rename(source, here[before], [before, after], report);
        }
        missing.iter().for_each(|(name, part)| lone(source, name, *part, report));
        extra.iter().for_each(|(name, part)| lone(source.flipped(), name, *part, report));
        for (name, part) in &here {
            if let Some(other) = there.get(name) {
                change(source, name, [*part, *other], report);
            }
        }
    }
}

/// What belongs to a table and is defined by a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part<'a> {
    Constraint(&'a Constraint),
    Index(&'a Index),
    Trigger(&'a Trigger),
}

type Parts<'a> = BTreeMap<&'a str, Part<'a>>;

fn constraints(table: &Table) -> Parts<'_> {
    table.constraints.iter().map(|(name, constraint)| (name.as_str(), Part::Constraint(constraint))).collect()
}

fn indexes(table: &Table) -> Parts<'_> {
    table.indexes.iter().map(|(name, index)| (name.as_str(), Part::Index(index))).collect()
}

fn triggers(table: &Table) -> Parts<'_> {
    table.triggers.iter().map(|(name, trigger)| (name.as_str(), Part::Trigger(trigger))).collect()
}

fn alone<'a>(here: &Parts<'a>, there: &Parts<'a>) -> Parts<'a> {
    here.iter().filter(|(name, _)| !there.contains_key(*name)).map(|(name, part)| (*name, *part)).collect()
}

/// Takes out what is in both under different names.
fn renamed<'a>(missing: &mut Parts<'a>, extra: &mut Parts<'a>) -> Vec<(&'a str, &'a str)> {
    let mut by_meaning: HashMap<String, Vec<&str>> = HashMap::new();
    if !missing.is_empty() {
        for (name, part) in extra.iter().rev() {
            by_meaning.entry(part.meaning()).or_default().push(name);
        }
    }
    let mut pairs = Vec::new();
    missing.retain(|before, part| {
        let after = by_meaning.get_mut(&part.meaning()).and_then(Vec::pop);
        pairs.extend(after.map(|after| (*before, after)));
        after.is_none()
    });
    extra.retain(|name, _| pairs.iter().all(|(_, after)| after != name));
    pairs
}

fn rename<'a>(source: Pair<'a>, part: Part<'a>, [before, after]: [&'a str; 2], report: &mut Report<'a>) {
    let kind = match part {
        Part::Constraint(_) => Kind::ConstraintRenamed,
        // A trigger's name is in its definition.
        Part::Index(_) | Part::Trigger(_) => Kind::IndexRenamed,
    };
    let values = [before, after].map(|name| report.quoted(name));
    let [before_quoted, after_quoted] = values;
    report.add(Row::new(Severity::Info, kind, source.part(before)).values(before_quoted, after_quoted));
}

/// One that this side of the pair has alone.
fn lone<'a>(pair: Pair<'a>, name: &'a str, part: Part<'a>, report: &mut Report<'a>) {
    let object = pair.part(name);
    if let Some(cause) = cause_of_other_parent(pair, part).or_else(|| cause(pair, part)) {
        return report.follows(cause, part.word(), object);
    }
    let (missing, extra) = part.kinds();
    let invalid = part
        .is_invalid()
        .then_some("it is invalid, as a failed CREATE INDEX CONCURRENTLY leaves it")
        .unwrap_or_default();
    report.add(if pair.side.is_source {
        Row::new(part.severity(), missing, object).source(part.described()).detail(invalid)
    } else {
        Row::new(Severity::Info, extra, object).target(part.described()).detail(invalid)
    });
}

/// The row that tells of the table's parent, if the part was or is the parent's own.
fn cause_of_other_parent<'a>(pair: Pair<'a>, part: Part<'a>) -> Option<Cause<'a>> {
    let cause = pair.cause_of_other_parent()?;
    let other = pair.side.flipped();
    let parents = other.ancestry(other.located(pair.schema, pair.name)?).skip(1);
    let has_it = |parent: &Table| match part {
        Part::Constraint(_) => constraints(parent).values().any(|own| own.meaning() == part.meaning()),
        Part::Index(_) => indexes(parent).values().any(|own| own.meaning() == part.meaning()),
        Part::Trigger(_) => false,
    };
    parents.into_iter().any(|parent| has_it(parent.table)).then_some(cause)
}

/// The row of what the definition needs and only this side of the pair has.
fn cause<'a>(pair: Pair<'a>, part: Part<'a>) -> Option<Cause<'a>> {
    let reference = spelling::reference(part.definition());
    let of_reference = || {
        let (table, columns) = reference.as_ref()?;
        let gone = || cause_of_referenced(Pair::named(pair.side, table)?, columns);
        pair.side.cause_of_named(table).or_else(gone)
    };
    let of_column = || {
        let mut alone = columns::alone(pair).peekable();
        alone.peek()?;
        // A foreign key names columns of two tables.
        let names = match reference {
            Some(_) => spelling::key_columns(part.definition()).into_iter().collect(),
            None => spelling::names(part.definition()),
        };
        alone.find(|column| names.contains(*column)).map(|column| columns::cause(pair, column))
    };
    of_column().or_else(of_reference)
}

/// The row of the column or the key that a foreign key referred to.
fn cause_of_referenced<'a>(table: Pair<'a>, columns: &[String]) -> Option<Cause<'a>> {
    let column = columns::alone(table).find(|column| columns.iter().any(|name| name == column));
    let of_key = || {
        let is_key = |constraint: &Constraint| {
            matches!(constraint.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique)
                && is_same_set(&spelling::key_columns(&constraint.definition), columns)
        };
        let (name, _) = table.here.constraints.iter().find(|(_, constraint)| is_key(constraint))?;
        let is_alone = table.is_described()
            && !table.there.constraints.contains_key(name)
            && !table.there.constraints.values().any(is_key);
        is_alone.then(|| (table.side.kind(Kind::ConstraintMissing, Kind::ConstraintExtra), table.part(name)))
    };
    column.map(|column| columns::cause(table, column)).or_else(of_key)
}

fn is_same_set(one: &[String], other: &[String]) -> bool {
    one.len() == other.len() && one.iter().all(|name| other.contains(name))
}

/// One that both have by this name.
fn change<'a>(source: Pair<'a>, name: &'a str, [before, after]: [Part<'a>; 2], report: &mut Report<'a>) {
    let Some((severity, kind, detail)) = judged(before, after) else { return };
    let object = source.part(name);
    match cause(source, before).filter(|_| !spelling::is_same(before.definition(), after.definition())) {
        Some(cause) => report.follows(cause, before.word(), object),
        None => {
            let row = Row::new(severity, kind, object).values(before.described(), after.described());
            report.add(row.detail(detail));
        }
    }
}

fn judged(before: Part<'_>, after: Part<'_>) -> Option<(Severity, Kind, &'static str)> {
    let is_same = spelling::is_same(before.definition(), after.definition());
    match (before, after) {
        (Part::Constraint(before), Part::Constraint(after)) => (!is_same).then(|| constraint_change(before, after)),
        (Part::Index(before), Part::Index(after)) => index_change(before, after, is_same),
        (Part::Trigger(before), Part::Trigger(after)) => trigger_change(before, after, is_same),
        _ => None,
    }
}

fn constraint_change(before: &Constraint, after: &Constraint) -> (Severity, Kind, &'static str) {
    let unproven = |constraint: &Constraint| format!("{} NOT VALID", constraint.definition);
    let kind = Kind::ConstraintChanged;
    if spelling::is_same(&before.definition, &unproven(after)) {
        (Severity::Info, kind, "it has been validated")
    } else if spelling::is_same(&unproven(before), &after.definition) {
        (Severity::Error, kind, "rows that were there before it may break it: VALIDATE CONSTRAINT tells")
    } else {
        (Severity::Error, kind, "")
    }
}

fn index_change(before: &Index, after: &Index, is_same: bool) -> Option<(Severity, Kind, &'static str)> {
    let kind = Kind::IndexChanged;
    let properties = |index: &Index| (index.unique, index.valid);
    match (before.unique && before.valid, after.unique && after.valid) {
        _ if is_same && properties(before) == properties(after) => None,
        (true, false) => Some((Severity::Error, kind, "it keeps duplicates out no more")),
        (true, true) => Some((Severity::Error, kind, "it keeps other duplicates out than before")),
        _ if is_same && before.unique == after.unique && after.valid => Some((Severity::Info, kind, "it is valid now")),
        _ => Some((Severity::Warning, kind, "")),
    }
}

fn trigger_change(before: &Trigger, after: &Trigger, is_same: bool) -> Option<(Severity, Kind, &'static str)> {
    let fires = |trigger: &Trigger| matches!(trigger.firing, Firing::Origin | Firing::Always);
    match (fires(before), fires(after)) {
        _ if is_same && before.firing == after.firing => None,
        (true, false) => Some((Severity::Error, Kind::TriggerChanged, "it is disabled: it fires no more")),
        (false, true) => Some((Severity::Warning, Kind::TriggerChanged, "it is enabled: it fires now")),
        _ => Some((Severity::Warning, Kind::TriggerChanged, "")),
    }
}

impl<'a> Part<'a> {
    fn definition(self) -> &'a str {
        match self {
            Part::Constraint(constraint) => &constraint.definition,
            Part::Index(index) => &index.definition,
            Part::Trigger(trigger) => &trigger.definition,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Part::Constraint(_) => "constraint",
            Part::Index(_) => "index",
            Part::Trigger(_) => "trigger",
        }
    }

    fn kinds(self) -> (Kind, Kind) {
        match self {
            Part::Constraint(_) => (Kind::ConstraintMissing, Kind::ConstraintExtra),
            Part::Index(_) => (Kind::IndexMissing, Kind::IndexExtra),
            Part::Trigger(_) => (Kind::TriggerMissing, Kind::TriggerExtra),
        }
    }

    /// Of its loss.
    fn severity(self) -> Severity {
        match self {
            Part::Constraint(_) => Severity::Error,
            // It served nobody, and pg_dump leaves it out.
            Part::Index(index) if !index.valid => Severity::Info,
            Part::Index(index) if index.unique => Severity::Error,
            Part::Index(_) | Part::Trigger(_) => Severity::Warning,
        }
    }

    fn is_invalid(self) -> bool {
        matches!(self, Part::Index(index) if !index.valid)
    }

    fn described(self) -> String {
        match self {
            Part::Constraint(constraint) => constraint.definition.clone(),
            Part::Index(index) => {
                let unique = if index.unique { "UNIQUE " } else { "" };
                let invalid = if index.valid { "" } else { " (invalid)" };
                format!("{unique}{}{invalid}", index.definition)
            }
            Part::Trigger(trigger) => format!("{}{}", trigger.definition, firing_note(trigger.firing)),
        }
    }

    /// The same for all that differ by name alone.
    fn meaning(self) -> String {
        let form = spelling::normalized(self.definition());
        match self {
            Part::Index(index) => format!("{} {} {form}", index.unique, index.valid),
            Part::Constraint(_) | Part::Trigger(_) => form,
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
