//! Compares the columns of a table that both snapshots have.

use super::difference::Kind;
use super::report::{Cause, DifferenceRow, Report};
use super::tables::TablePair;
use super::{normalize, referenced_names, sequences};
use crate::report::severity::Severity;
use crate::snapshot::model::{Column, Generated, IdentityColumn, TableKind};
use std::collections::BTreeSet;

pub fn compare<'a>(source: TablePair<'a>, report: &mut Report<'a>) {
    compare_one_sided(source, report);
    compare_one_sided(source.flipped(), report);
    for (name, column) in source.here.columns.iter() {
        if let Some(other) = source.there.columns.get(name) {
            compare_both(source, name, [column, other], report);
        }
    }
}

fn compare_one_sided<'a>(pair: TablePair<'a>, report: &mut Report<'a>) {
    for name in one_sided(pair) {
        if pair.parent_with(|parent| is_one_sided(parent, name)).is_some() {
            continue;
        }
        let Some(column) = pair.here.columns.get(name) else { continue };
        let (kind, object) = cause(pair, name);
        if !matches!(kind, Kind::ColumnMissing | Kind::ColumnExtra) {
            report.add_consequence((kind, object), "column", pair.column(name));
            continue;
        }
        let is_unfed = column.not_null && column.default.is_none() && column.identity.is_none();
        let row = match (pair.side.is_source, is_unfed) {
            (true, _) => DifferenceRow::new(Severity::Error, kind, object).source(&column.data_type),
            (false, true) => DifferenceRow::new(Severity::Warning, kind, object)
                .target(format!("{} {}", column.data_type, described(column)))
                .detail("an INSERT that omits it fails with 23502"),
            (false, false) => DifferenceRow::new(Severity::Info, kind, object).target(&column.data_type),
        };
        // The same column of many tables is one change.
        report.add_alike(pair.schema, name, row);
    }
}

/// Returns the columns that only this side of the pair has.
pub fn one_sided(pair: TablePair<'_>) -> impl Iterator<Item = &str> {
    pair.here.columns.keys().map(String::as_str).filter(move |name| is_one_sided(pair, name))
}

pub fn is_one_sided(pair: TablePair<'_>, name: &str) -> bool {
    let is_compared = pair.is_described() && pair.cause_of_kind().is_none();
    is_compared && pair.here.columns.contains_key(name) && !pair.there.columns.contains_key(name)
}

/// Returns the row that reports a column that only this side has: that of an object that it uses,
/// such as its type, or of the topmost partitioned table.
pub fn cause<'a>(pair: TablePair<'a>, name: &'a str) -> Cause<'a> {
    cause_at(pair, name, 0)
}

/// Does the same after following this many objects that use one another.
pub fn cause_at<'a>(pair: TablePair<'a>, name: &'a str, depth: usize) -> Cause<'a> {
    let topmost = pair.topmost(|pair| is_one_sided(pair, name));
    let own = (pair.side.kind(Kind::ColumnMissing, Kind::ColumnExtra), topmost.column(name));
    cause_of_uses(topmost, name, depth).unwrap_or(own)
}

/// Returns the row of an object that only this side has and the column uses.
fn cause_of_uses<'a>(pair: TablePair<'a>, name: &str, depth: usize) -> Option<Cause<'a>> {
    let of_part =
        |part: &str| pair.side.cause_of_uses(pair.here.attributes.as_deref(), &format!("{part} {name}"), depth);
    pair.here.attributes.as_ref()?;
    of_part("column").or_else(|| of_part("default"))
}

/// Returns the row of the first of these columns that only this side has.
pub fn cause_of_named<'a, 'n>(pair: TablePair<'a>, names: impl IntoIterator<Item = &'n String>) -> Option<Cause<'a>> {
    let name = names.into_iter().find(|name| is_one_sided(pair, name))?;
    let (name, _) = pair.here.columns.get_key_value(name)?;
    Some(cause(pair, name))
}

fn compare_both<'a>(pair: TablePair<'a>, name: &'a str, both: [&'a Column; 2], report: &mut Report<'a>) {
    if let Some([source, target]) = types(pair, both)
        && !is_parents(pair, name, types)
    {
        // A view's column only reflects the change of a table's column.
        let severity = if pair.here.kind == TableKind::View { Severity::Warning } else { Severity::Error };
        report.add(DifferenceRow::new(severity, Kind::ColumnType, pair.column(name)).values(source, target));
    }
    if let Some([source, target]) = properties(pair, both)
        && !is_parents(pair, name, properties)
    {
        match lost_sequence(pair, both).or_else(|| cause_of_default(pair, name, both)) {
            Some(cause) => report.add_consequence(cause, "the default of", pair.column(name)),
            None => {
                let change = format!("{source} {target}");
                let row = DifferenceRow::new(Severity::Warning, Kind::ColumnChanged, pair.column(name));
                report.add_alike(pair.schema, change, row.values(source, target));
            }
        }
    }
}

/// Returns how the two differ, if they do.
type Differing = fn(TablePair<'_>, [&Column; 2]) -> Option<[String; 2]>;

fn differing(pair: TablePair<'_>, name: &str, how: Differing) -> Option<[String; 2]> {
    let is_compared = pair.is_described() && pair.cause_of_kind().is_none();
    how(pair, [pair.here.columns.get(name)?, pair.there.columns.get(name)?]).filter(|_| is_compared)
}

/// Whether a parent's column differs in the same way.
fn is_parents(pair: TablePair<'_>, name: &str, how: Differing) -> bool {
    let own = differing(pair, name, how);
    pair.parent_with(|parent| differing(parent, name, how) == own).is_some()
}

/// Returns the row that reports another type or other properties of a column: that of the topmost
/// table.
fn cause_of_differing<'a>(pair: TablePair<'a>, name: &'a str, how: Differing, kind: Kind) -> Option<Cause<'a>> {
    let own = differing(pair, name, how)?;
    Some((kind, pair.topmost(|pair| differing(pair, name, how).as_ref() == Some(&own)).column(name)))
}

/// Returns the row of the first of these columns that has another type.
pub fn cause_of_other_type<'a>(source: TablePair<'a>, names: &BTreeSet<String>) -> Option<Cause<'a>> {
    let columns = source.here.columns.keys().filter(|name| names.contains(*name));
    columns.map(String::as_str).find_map(|name| cause_of_differing(source, name, types, Kind::ColumnType))
}

/// Whether a column has another type.
pub fn has_other_type(source: TablePair<'_>) -> bool {
    source.here.columns.keys().any(|name| differing(source, name, types).is_some())
}

/// Returns the row that reports other properties of a column.
pub fn cause_of_change<'a>(source: TablePair<'a>, name: &'a str) -> Option<Cause<'a>> {
    cause_of_differing(source, name, properties, Kind::ColumnChanged)
}

/// Returns the row of a column because of which checksums cannot be compared.
pub fn cause_of_other_columns(source: TablePair<'_>) -> Option<Cause<'_>> {
    let missing = one_sided(source).map(|name| cause(source, name)).next();
    let extra = || one_sided(source.flipped()).map(|name| cause(source.flipped(), name)).next();
    let of_column =
        |name| cause_of_differing(source, name, types, Kind::ColumnType).or_else(|| cause_of_change(source, name));
    missing.or_else(extra).or_else(|| {
        let is_other =
            |one: &Column, other: &Column| (&one.data_type, one.generated) != (&other.data_type, other.generated);
        let mut columns = source.here.columns.iter();
        let (name, _) =
            columns.find(|(name, one)| source.there.columns.get(name).is_some_and(|other| is_other(one, other)))?;
        of_column(name)
    })
}

fn types(_: TablePair<'_>, both: [&Column; 2]) -> Option<[String; 2]> {
    let [source, target] = both;
    (source.data_type != target.data_type).then(|| both.map(|column| column.data_type.clone()))
}

/// Returns all properties except the type, if they differ.
fn properties(pair: TablePair<'_>, both: [&Column; 2]) -> Option<[String; 2]> {
    let [source, target] = both;
    // A partition has its parent's identity, and only since PostgreSQL 17 in the catalogs.
    let is_partition = pair.here.partition_of.is_some() || pair.there.partition_of.is_some();
    let is_identity_same = source.identity == target.identity || is_partition;
    // Collations of different types cannot be compared.
    let is_collation_same = source.collation == target.collation || source.data_type != target.data_type;
    // The default is cast to the type.
    let is_default_same = is_default_same(source, target)
        || source.data_type != target.data_type && is_default_same_but_for_casts(source, target);
    let is_same = is_collation_same && is_identity_same && is_default_same && is_rest_same(source, target);
    (!is_same).then(|| both.map(described))
}

fn is_default_same(source: &Column, target: &Column) -> bool {
    match (&source.default, &target.default) {
        (Some(source), Some(target)) => normalize::is_same(source, target),
        (source, target) => source == target,
    }
}

fn is_default_same_but_for_casts(source: &Column, target: &Column) -> bool {
    let both = source.default.as_deref().zip(target.default.as_deref());
    both.is_some_and(|(source, target)| normalize::is_same_but_for_casts(source, target))
}

fn is_rest_same(source: &Column, target: &Column) -> bool {
    let rest = |column: &Column| (column.not_null, column.not_valid, column.generated);
    rest(source) == rest(target)
}

/// Whether only the default differs.
fn is_only_default(source: &Column, target: &Column) -> bool {
    let is_rest_same = is_rest_same(source, target) && source.identity == target.identity;
    source.collation == target.collation && is_rest_same
}

/// Returns the row that reports a sequence if only the default was lost, together with the
/// sequence.
fn lost_sequence<'a>(pair: TablePair<'a>, [source, target]: [&Column; 2]) -> Option<Cause<'a>> {
    let is_all = target.default.is_none() && is_only_default(source, target);
    let sequence = source.default.as_deref().filter(|_| is_all).and_then(referenced_names::sequence)?;
    sequences::cause(pair.side, &sequence)
}

/// Returns the row that reports a function if only the default differs, which uses it: a
/// missing function takes the default away, and a renamed one has another name in it.
fn cause_of_default<'a>(pair: TablePair<'a>, name: &str, both: [&Column; 2]) -> Option<Cause<'a>> {
    let [source, target] = both;
    let [of_source, of_target] = [pair, pair.flipped()].map(|pair| cause_of_uses(pair, name, 0));
    match (&source.default, &target.default) {
        _ if !is_only_default(source, target) => None,
        (Some(_), None) => of_source,
        (None, Some(_)) => of_target,
        (Some(one), Some(other)) => of_source.filter(|_| of_target.is_some() && normalize::is_renamed(one, other)),
        (None, None) => None,
    }
}

/// Returns the properties as SQL declares them after the type.
fn described(column: &Column) -> String {
    let mut words = Vec::new();
    words.extend(column.collation.as_ref().map(|collation| format!("COLLATE {collation}")));
    words.extend(column.not_null.then(|| "NOT NULL".to_owned()));
    words.extend(column.not_valid.then(|| "NOT VALID".to_owned()));
    words.extend(match (&column.default, column.generated) {
        (Some(default), None) => Some(format!("DEFAULT {default}")),
        (Some(expression), Some(Generated::Stored)) => Some(format!("GENERATED ALWAYS AS ({expression}) STORED")),
        (Some(expression), Some(Generated::Virtual)) => Some(format!("GENERATED ALWAYS AS ({expression}) VIRTUAL")),
        (None, _) => None,
    });
    words.extend(column.identity.map(|identity| match identity {
        IdentityColumn::Always => "GENERATED ALWAYS AS IDENTITY".to_owned(),
        IdentityColumn::ByDefault => "GENERATED BY DEFAULT AS IDENTITY".to_owned(),
    }));
    if words.is_empty() { "NULL".to_owned() } else { words.join(" ") }
}
