//! Compares the constraints, indexes, triggers, policies and rules of a table that both snapshots
//! have.

use super::change_severity::judge_change;
use super::difference::Kind;
use super::report::{Cause, DifferenceRow, Report};
use super::subobjects::{Subobject, Subobjects, constraints, indexes, policies, rules, triggers};
use super::tables::TablePair;
use super::{columns, normalize, referenced_names};
use crate::report::severity::Severity;
use crate::snapshot::model::{Constraint, ConstraintKind, Table};
use std::collections::{HashMap, HashSet};

pub fn compare<'a>(source: TablePair<'a>, report: &mut Report<'a>) {
    let (mut missing, mut extra) = (Vec::new(), Vec::new());
    for parts in [constraints, indexes, triggers, policies, rules] {
        let [here, there] = [parts(source.here), parts(source.there)];
        let (mut only_here, mut only_there) = (one_sided(&here, &there), one_sided(&there, &here));
        for (before, after) in renamed(&mut only_here, &mut only_there) {
            rename(source, here[before], [before, after], report);
        }
        missing.extend(only_here);
        extra.extend(only_there);
        for (name, part) in &here {
            if let Some(other) = there.get(name) {
                change(source, name, [*part, *other], report);
            }
        }
    }
    replace_keys(source, &mut missing, &mut extra, report);
    missing.iter().for_each(|(name, part)| report_one_sided(source, name, *part, report));
    extra.iter().for_each(|(name, part)| report_one_sided(source.flipped(), name, *part, report));
}

type Named<'a> = (&'a str, Subobject<'a>);

/// Takes out the objects that keep the same columns unique in another way: by a primary key, a
/// unique constraint or a unique index.
fn replace_keys<'a>(
    source: TablePair<'a>,
    missing: &mut Vec<Named<'a>>,
    extra: &mut Vec<Named<'a>>,
    report: &mut Report<'a>,
) {
    let mut by_columns: HashMap<Vec<String>, Vec<Named<'a>>> = HashMap::new();
    for (name, part) in extra.iter() {
        if let Some(columns) = part.unique_columns() {
            by_columns.entry(columns).or_default().push((name, *part));
        }
    }
    let mut taken = HashSet::new();
    missing.retain(|(name, before)| {
        let same = before.unique_columns().and_then(|columns| by_columns.get_mut(&columns)?.pop());
        if let Some((other, after)) = same {
            taken.insert((other, after.word()));
            replace(source, name, [*before, after], report);
        }
        same.is_none()
    });
    extra.retain(|(name, part)| !taken.contains(&(*name, part.word())));
}

fn replace<'a>(source: TablePair<'a>, name: &'a str, [before, after]: [Subobject<'a>; 2], report: &mut Report<'a>) {
    let severity = match (before.rank(), after.rank()) {
        (before, after) if after >= before => Severity::Info,
        (2, _) => Severity::Error,
        _ => Severity::Warning,
    };
    let [.., kind] = before.kinds();
    let row = DifferenceRow::new(severity, kind, source.part(name)).values(before.described(), after.described());
    report.add(row.detail("the same columns are still unique"));
}

fn one_sided<'a>(here: &Subobjects<'a>, there: &Subobjects<'a>) -> Subobjects<'a> {
    here.iter().filter(|(name, _)| !there.contains_key(*name)).map(|(name, part)| (*name, *part)).collect()
}

/// Takes out the objects that both have under different names.
fn renamed<'a>(missing: &mut Subobjects<'a>, extra: &mut Subobjects<'a>) -> Vec<(&'a str, &'a str)> {
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
    for (_, after) in &pairs {
        extra.remove(after);
    }
    pairs
}

fn rename<'a>(source: TablePair<'a>, part: Subobject<'a>, [before, after]: [&'a str; 2], report: &mut Report<'a>) {
    let kind = match part {
        Subobject::Constraint(_) => Kind::ConstraintRenamed,
        // The name of an object of another kind is in its definition.
        _ => Kind::IndexRenamed,
    };
    let row = DifferenceRow::new(Severity::Info, kind, source.part(before));
    report.add(row.values(report.quoted(before), report.quoted(after)));
}

/// Reports an object that only this side of the pair has.
fn report_one_sided<'a>(pair: TablePair<'a>, name: &'a str, part: Subobject<'a>, report: &mut Report<'a>) {
    (report.interrupt)();
    let object = pair.part(name);
    let of_use = || cause_of_uses(pair, name, part);
    if let Some(cause) = cause_of_other_parent(pair, part).or_else(|| cause(pair, part)).or_else(of_use) {
        return report.add_consequence(cause, part.word(), object);
    }
    let [missing, extra, _] = part.kinds();
    let detail = if part.is_invalid() { "it is invalid, as after a failed CREATE INDEX CONCURRENTLY" } else { "" };
    let row = if pair.side.is_source {
        DifferenceRow::new(part.severity(), missing, object).source(part.described()).detail(detail)
    } else {
        DifferenceRow::new(Severity::Info, extra, object).target(part.described()).detail(detail)
    };
    report.add_alike(pair.schema, detail, row);
}

/// Returns the row that reports another parent of the table, if the parent has or had the same
/// object.
fn cause_of_other_parent<'a>(pair: TablePair<'a>, part: Subobject<'a>) -> Option<Cause<'a>> {
    let cause = pair.cause_of_other_parent()?;
    let other = pair.side.flipped();
    let parents = other.ancestors(other.located(pair.schema, pair.name)?);
    let has_it = |parent: &Table| match part {
        Subobject::Constraint(_) => constraints(parent).values().any(|own| own.meaning() == part.meaning()),
        Subobject::Index(_) => indexes(parent).values().any(|own| own.meaning() == part.meaning()),
        _ => false,
    };
    parents.into_iter().any(|parent| has_it(parent.table)).then_some(cause)
}

/// Returns the row of an object that only this side has and the part uses, such as a function.
fn cause_of_uses<'a>(pair: TablePair<'a>, name: &str, part: Subobject<'_>) -> Option<Cause<'a>> {
    let attributes = pair.here.attributes.as_deref()?;
    pair.side.cause_of_uses(Some(attributes), &format!("{} {name}", part.word()), 0)
}

/// Returns the row of the object that the definition needs and only this side of the pair has.
fn cause<'a>(pair: TablePair<'a>, part: Subobject<'a>) -> Option<Cause<'a>> {
    let reference = referenced_names::reference(part.definition());
    let of_reference = || {
        let (table, columns) = reference.as_ref()?;
        let of_part = || {
            let table = TablePair::named(pair.side, table)?;
            table.cause_of_kind().or_else(|| cause_of_referenced(table, columns))
        };
        pair.side.cause_of_named(table).or_else(of_part)
    };
    let of_column = || {
        // A foreign key names columns of two tables.
        match reference {
            Some(_) => columns::cause_of_named(pair, &referenced_names::key_columns(part.definition())),
            None => columns::cause_of_named(pair, &referenced_names::names(part.definition())),
        }
    };
    of_column().or_else(of_reference)
}

/// Returns the row of the column or the key that a foreign key referred to.
fn cause_of_referenced<'a>(table: TablePair<'a>, columns: &[String]) -> Option<Cause<'a>> {
    let of_key = || {
        let is_key = |constraint: &Constraint| {
            matches!(constraint.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique)
                && is_same_set(&referenced_names::key_columns(&constraint.definition), columns)
        };
        let (name, _) = table.here.constraints.iter().find(|(_, constraint)| is_key(constraint))?;
        let keeps_unique =
            |part: &Subobject<'_>| part.unique_columns().is_some_and(|unique| is_same_set(&unique, columns));
        let is_one_sided = table.is_described()
            && !table.there.constraints.contains_key(name)
            && ![constraints, indexes].iter().any(|parts| parts(table.there).values().any(keeps_unique));
        is_one_sided.then(|| (table.side.kind(Kind::ConstraintMissing, Kind::ConstraintExtra), table.part(name)))
    };
    columns::cause_of_named(table, columns).or_else(of_key)
}

fn is_same_set(one: &[String], other: &[String]) -> bool {
    one.len() == other.len() && one.iter().all(|name| other.contains(name))
}

/// Reports an object that both have with this name, if it has changed.
fn change<'a>(source: TablePair<'a>, name: &'a str, [before, after]: [Subobject<'a>; 2], report: &mut Report<'a>) {
    (report.interrupt)();
    let Some((severity, kind, detail)) = judge_change(before, after) else { return };
    let object = source.part(name);
    let [one, other] = [before, after].map(Subobject::definition);
    let cause = match normalize::is_same(one, other) {
        true => None,
        false => cause_of_rename(source, name, [before, after]).or_else(|| cause_of_other_type(source, [one, other])),
    };
    match cause {
        Some(cause) => report.add_consequence(cause, before.word(), object),
        None => {
            let row = DifferenceRow::new(severity, kind, object).values(before.described(), after.described());
            report.add(row.detail(detail));
        }
    }
}

/// Returns the row of what was renamed, if the definitions differ by that only: each of them names
/// something that only its side has. An object that used something missing would be missing, too.
fn cause_of_rename<'a>(source: TablePair<'a>, name: &str, both: [Subobject<'a>; 2]) -> Option<Cause<'a>> {
    let [before, after] = both;
    let cause_in =
        |pair: TablePair<'a>, part: Subobject<'a>| cause(pair, part).or_else(|| cause_of_uses(pair, name, part));
    let is_renamed = normalize::is_renamed(before.definition(), after.definition());
    cause_in(source.flipped(), after).filter(|_| is_renamed)?;
    cause_in(source, before)
}

/// Returns the row of a column that has another type, if the definitions differ by casts only.
fn cause_of_other_type<'a>(source: TablePair<'a>, [before, after]: [&str; 2]) -> Option<Cause<'a>> {
    let is_same = normalize::is_same_but_for_casts(before, after);
    is_same.then(|| columns::cause_of_other_type(source, &referenced_names::names(before))).flatten()
}
