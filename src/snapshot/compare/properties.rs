//! Compares what only some tables have: storage parameters, the partition key, a view's query and
//! so on, and what was set for single columns, indexes and constraints.

use super::difference::Kind;
use super::lexer::{path, tokens};
use super::report::{DifferenceRow, Report};
use super::sides::{DEEPEST, Side};
use super::tables::TablePair;
use super::{columns, normalize};
use crate::report::severity::Severity;
use crate::snapshot::model::Table;
use std::collections::BTreeSet;

/// The property that is the query of a view.
const QUERY: &str = "query";
/// The property of a materialized view that no query can read.
pub const POPULATED: &str = "populated";

/// Returns the properties of the tables themselves that differ, except the query of a view.
pub fn changed<'a>(pair: TablePair<'a>) -> Vec<[String; 2]> {
    let words = |name: &str, value: Option<&str>| match value {
        Some(_) if name == POPULATED => "not populated".to_owned(),
        Some(value) => format!("{name} {value}"),
        None if name == "clustered on" => "not clustered".to_owned(),
        None if name == POPULATED => "populated".to_owned(),
        None if name == "replica identity" => "default replica identity".to_owned(),
        None => format!("no {name}"),
    };
    let own = differing(pair).into_iter().filter(|name| part_of(name).is_none() && *name != QUERY);
    let own = own.filter(|name| *name != POPULATED || !is_about_rows(pair));
    let own = own.filter(|name| !has_lost_index(pair, name) && !has_lost_index(pair.flipped(), name));
    own.map(|name| values(pair, name).map(|value| words(name, value))).collect()
}

/// Reports the query of a view, and the properties of columns, indexes and constraints that both
/// tables have.
pub fn compare_parts<'a>(source: TablePair<'a>, report: &mut Report<'a>) {
    for name in differing(source) {
        let [before, after] = values(source, name).map(|value| value.unwrap_or("none set"));
        match part_of(name) {
            // A part that only one of the tables has is reported as such.
            Some(_) if !have_part(source, name) => {}
            Some((kind, part)) => {
                let object = if kind == Kind::ColumnChanged { source.column(part) } else { source.part(part) };
                report.add(DifferenceRow::new(Severity::Warning, kind, object).values(before, after));
            }
            None if name == QUERY => compare_queries(source, [before, after], report),
            None => {}
        }
    }
}

/// Returns the names of the properties that differ, unless those of the parent differ as well.
fn differing<'a>(pair: TablePair<'a>) -> Vec<&'a str> {
    let (here, there) = (&pair.here.properties, &pair.there.properties);
    if here == there {
        return Vec::new();
    }
    let names: BTreeSet<&str> = here.keys().chain(there.keys()).map(String::as_str).collect();
    names.into_iter().filter(|name| is_different(pair, name) && !is_parents(pair, name)).collect()
}

fn is_different(pair: TablePair<'_>, name: &str) -> bool {
    match values(pair, name) {
        [Some(before), Some(after)] if name == QUERY && !pair.side.is_same_major() => {
            !normalize::is_same_across_majors(before, after)
        }
        [Some(before), Some(after)] if name == QUERY => {
            // A query casts columns that have another type.
            let is_same = normalize::is_same(before, after)
                || normalize::is_same_but_for_casts(before, after) && has_other_types(pair.side);
            !is_same
        }
        [Some(before), Some(after)] => before != after && !normalize::is_same(before, after),
        [before, after] => before != after,
    }
}

/// Whether a column of any table or view has another type.
fn has_other_types(source: Side<'_>) -> bool {
    source.tables().filter_map(|table| TablePair::of(source, table)).any(columns::has_other_type)
}

/// Whether the parent differs in the same way.
fn is_parents(pair: TablePair<'_>, name: &str) -> bool {
    name.contains(' ') && pair.parent_with(|parent| values(parent, name) == values(pair, name)).is_some()
}

fn values<'a>(pair: TablePair<'a>, name: &str) -> [Option<&'a str>; 2] {
    [pair.here, pair.there].map(|table: &'a Table| table.properties.get(name).map(String::as_str))
}

/// Returns the kind of row and the name of the part that a property is about.
fn part_of(name: &str) -> Option<(Kind, &str)> {
    let (what, part) = name.split_once(' ')?;
    match what {
        "column" => Some((Kind::ColumnChanged, part)),
        "index" => Some((Kind::IndexChanged, part)),
        "constraint" => Some((Kind::ConstraintChanged, part)),
        "trigger" => Some((Kind::TriggerChanged, part)),
        _ => None,
    }
}

/// Whether the property names an index that only this side has: that one is reported.
fn has_lost_index(pair: TablePair<'_>, name: &str) -> bool {
    if !matches!(name, "clustered on" | "replica identity") {
        return false;
    }
    let index =
        pair.here.properties.get(name).and_then(|value| tokens(value).last().and_then(|word| path(word.text).pop()));
    let has = |table: &Table, index: &str| table.indexes.contains_key(index) || table.constraints.contains_key(index);
    index.is_some_and(|index| has(pair.here, &index) && !has(pair.there, &index))
}

/// Whether the number of rows says that the materialized view is empty.
fn is_about_rows(pair: TablePair<'_>) -> bool {
    let count = |table: &Table| table.rows.map(|rows| rows.count);
    count(pair.here) != count(pair.there)
}

/// Reports another query of a view, unless that follows from an object that only one side has, or
/// from other columns.
fn compare_queries<'a>(source: TablePair<'a>, [before, after]: [&str; 2], report: &mut Report<'a>) {
    let of_uses = |pair: TablePair<'a>| pair.side.cause_of_uses(pair.here.attributes.as_deref(), "", 0);
    // A view that used something missing would be missing, too: each query names something that
    // only its side has.
    let of_rename = of_uses(source.flipped()).and_then(|_| of_uses(source));
    let of_rename = of_rename.filter(|_| normalize::is_renamed(before, after));
    match of_rename.or_else(|| columns::cause_of_other_columns(source)) {
        Some(cause) => report.add_consequence(cause, "the query of", source.object()),
        None => report.add(
            DifferenceRow::new(Severity::Warning, Kind::ViewChanged, source.object())
                .values(before.trim(), after.trim()),
        ),
    }
}

/// Whether a materialized view has rows in the source and is not populated in the target.
pub fn is_unpopulated(pair: TablePair<'_>) -> bool {
    pair.here.properties.get(POPULATED).is_none() && pair.there.properties.get(POPULATED).is_some()
}

/// Whether an index or a key may be one that the partition has from its parent, which lists it, and
/// of whose indexes and keys none is missing.
fn is_from_parent(pair: TablePair<'_>, name: &str) -> bool {
    let has_it = |table: &Table| table.indexes.contains_key(name) || table.constraints.contains_key(name);
    let has_same = |pair: TablePair<'_>| {
        pair.here.indexes.keys().eq(pair.there.indexes.keys())
            && pair.here.constraints.keys().eq(pair.there.constraints.keys())
    };
    let mut parents = std::iter::successors(pair.parent(), |parent| parent.parent()).take(DEEPEST).peekable();
    !has_it(pair.here) && !has_it(pair.there) && parents.peek().is_some() && parents.all(has_same)
}

/// Whether the part of a table is compared: both have it.
pub fn have_part(pair: TablePair<'_>, part: &str) -> bool {
    let Some((what, name)) = part.split_once(' ') else { return part.is_empty() };
    let both = |has: fn(&Table, &str) -> bool| has(pair.here, name) && has(pair.there, name);
    match what {
        "column" => both(|table, name| table.columns.contains_key(name)),
        "constraint" => both(|table, name| table.constraints.contains_key(name)) || is_from_parent(pair, name),
        // An index may be that of a constraint.
        "index" => {
            both(|table, name| table.indexes.contains_key(name) || table.constraints.contains_key(name))
                || is_from_parent(pair, name)
        }
        "trigger" => both(|table, name| table.triggers.contains_key(name)),
        "policy" => both(|table, name| table.policies.contains_key(name)),
        "rule" => both(|table, name| table.rules.contains_key(name)),
        "NOT" => {
            both(|table, name| name.strip_prefix("NULL ").is_some_and(|column| table.columns.contains_key(column)))
        }
        _ => true,
    }
}
