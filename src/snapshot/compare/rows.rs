//! Compares the rows of a table that both snapshots have.

use super::columns;
use super::difference::Kind;
use super::one_sided::counted;
use super::properties;
use super::report::{DifferenceRow, Object, Report};
use super::tables::TablePair;
use crate::report::refresh_order;
use crate::report::severity::Severity;
use crate::snapshot::model::{Checksum, Column, KeyRange, Rows, Table};

pub fn compare<'a>(pair: TablePair<'a>, report: &mut Report<'a>) {
    let (source, target) = (pair.here, pair.there);
    match (source.rows, target.rows) {
        (Some(of_source), Some(of_target)) => compare_counts(pair, of_source, of_target, report),
        (None, None) if source.unread.is_none() && target.unread.is_none() => {}
        _ if is_without_estimate(pair) => {
            report.without_estimate += usize::from(source.rows.is_some() || target.rows.is_some());
        }
        _ => report.add(unknown(pair, "")),
    }
}

fn compare_counts<'a>(pair: TablePair<'a>, source: Rows, target: Rows, report: &mut Report<'a>) {
    let both_exact = source.exact && target.exact;
    let found = match (i128::from(source.count), i128::from(target.count)) {
        (1.., 0) if target.exact => Some((Severity::Error, Kind::RowsEmptied, String::new())),
        (before, after) if !both_exact => is_far(before, after).then(|| {
            (
                Severity::Info,
                Kind::RowsEstimated,
                "an estimate: ANALYZE improves it, exact => true counts the rows".to_owned(),
            )
        }),
        (before, after) if after < before => Some((Severity::Error, Kind::RowsFewer, fewer(pair, before, after))),
        (before, after) if after > before => {
            Some((Severity::Info, Kind::RowsMore, format!("{} more", counted(after - before, "row"))))
        }
        _ => return compare_contents(pair, report),
    };
    if let Some((severity, kind, mut detail)) = found {
        if pair.here.inherited || pair.there.inherited {
            let lead = if detail.is_empty() { String::new() } else { format!("{detail}; ") };
            detail = format!("{lead}rows of tables that inherit from it are counted there");
        }
        let row = DifferenceRow::new(severity, kind, pair.object());
        let row = match kind == Kind::RowsEmptied && properties::is_unpopulated(pair) {
            true => unpopulated(pair, row, report),
            false => row.detail(detail),
        };
        report.add(row.values(described(source), described(target)));
    }
}

/// Returns the row of a materialized view that is not populated, with its REFRESH if that can
/// succeed now.
fn unpopulated<'a>(pair: TablePair<'a>, row: DifferenceRow<'a>, report: &Report<'a>) -> DifferenceRow<'a> {
    let row = row.detail("it is not populated");
    let first = report.to_refresh_first.get(&(pair.schema, pair.name)).map_or(&[][..], Vec::as_slice);
    match refresh_order::reason(first) {
        Some(reason) => row.clause(reason),
        None => row.fix(Some(format!("REFRESH MATERIALIZED VIEW {};", report.spelled(pair.object())))),
    }
}

/// Whether they differ by more than a fifth of the larger number.
fn is_far(one: i128, other: i128) -> bool {
    (one - other).abs() * 5 > one.abs().max(other.abs())
}

fn fewer(pair: TablePair<'_>, before: i128, after: i128) -> String {
    let lost = before - after;
    let percent = match lost * 100 / before.max(1) {
        0 => "less than 1 %".to_owned(),
        percent => format!("{percent} %"),
    };
    let keys = match (&pair.here.key_range, &pair.there.key_range) {
        (Some(before), Some(after)) if before != after => {
            format!("; keys were {}, and are {}", range(before), range(after))
        }
        _ => String::new(),
    };
    format!("{} fewer ({percent}){keys}", counted(lost, "row"))
}

/// Compares the contents of tables with the same number of rows.
fn compare_contents<'a>(pair: TablePair<'a>, report: &mut Report<'a>) {
    let (source, target) = (pair.here, pair.there);
    let checksums = comparable_checksums(source, target);
    if source.checksum.is_some()
        && target.checksum.is_some()
        && let Some(cause) = columns::cause_of_other_columns(pair)
    {
        report.add_consequence(cause, "no comparison of the checksums of", pair.object());
    }
    let keys = source.key_range.as_ref().zip(target.key_range.as_ref()).filter(|_| has_same_key(source, target));
    match (checksums, keys) {
        (Some([before, after]), _) if before != after => {
            let row =
                DifferenceRow::new(Severity::Error, Kind::Checksum, pair.object()).values(&before.value, &after.value);
            report.add(row.detail("same number of rows, but different rows"));
        }
        (None, Some((before, after))) if before != after => {
            let row =
                DifferenceRow::new(Severity::Error, Kind::KeyRange, pair.object()).values(range(before), range(after));
            report.add(row.detail("same number of rows, but different keys"));
        }
        (None, _) if pair.side.have_checksums() && (source.unread.is_some() || target.unread.is_some()) => {
            report.add(unknown(pair, "same number of rows, but the rows were not compared; "));
        }
        _ => {}
    }
}

fn comparable_checksums<'a>(source: &'a Table, target: &'a Table) -> Option<[&'a Checksum; 2]> {
    let (before, after) = source.checksum.as_ref().zip(target.checksum.as_ref())?;
    let is_comparable = before.algorithm == after.algorithm && has_same_columns(source, target);
    is_comparable.then_some([before, after])
}

fn has_same_columns(source: &Table, target: &Table) -> bool {
    // A virtual generated column is not part of a checksum.
    let is_same = |one: &Column, other: &Column| one.data_type == other.data_type && one.generated == other.generated;
    source.columns.len() == target.columns.len()
        && source.columns.iter().all(|(name, one)| target.columns.get(name).is_some_and(|other| is_same(one, other)))
}

fn has_same_key(source: &Table, target: &Table) -> bool {
    let data_type =
        |table: &'_ Table| source.primary_key.first().and_then(|key| Some(&table.columns.get(key)?.data_type)).cloned();
    source.primary_key == target.primary_key && data_type(source) == data_type(target)
}

/// Whether there is nothing to compare because counts were not requested, as in all tables of a
/// database before the first ANALYZE.
fn is_without_estimate(pair: TablePair<'_>) -> bool {
    let has_none = |table: &Table, is_counted: bool| table.rows.is_none() && !is_counted;
    has_none(pair.here, pair.side.counts_rows()) || has_none(pair.there, pair.side.flipped().counts_rows())
}

/// Returns one row for all tables of which only one snapshot has an estimate.
pub fn without_estimate<'a>(database: Object<'a>, tables: usize) -> DifferenceRow<'a> {
    let tables = counted(tables, "table");
    let detail =
        format!("only one snapshot has the number of rows of {tables}: run ANALYZE, or count with exact => true");
    DifferenceRow::new(Severity::Warning, Kind::RowsUnknown, database).detail(detail)
}

/// Returns `Error` if the source had rows and those of the target are unknown: they may be lost.
pub fn severity_of_unread(pair: TablePair<'_>) -> Severity {
    let had_rows = pair.here.rows.is_some_and(|rows| rows.count > 0);
    if had_rows && pair.there.rows.is_none() { Severity::Error } else { Severity::Warning }
}

/// Returns the row that reports a table that could not be read in one snapshot or in both.
fn unknown<'a>(pair: TablePair<'a>, lead: &str) -> DifferenceRow<'a> {
    let (source, target) = (pair.here, pair.there);
    let reason = |table: &Table| table.unread.clone().unwrap_or_else(|| "no rows were counted".to_owned());
    let is_read = |table: &Table| table.rows.is_some() && table.unread.is_none();
    let detail = match (is_read(source), is_read(target)) {
        (true, _) => format!("not read in the target: {}", reason(target)),
        (false, true) => format!("not read in the source: {}", reason(source)),
        (false, false) => format!("not read in either: {}", reason(target)),
    };
    let severity = severity_of_unread(pair);
    let row = DifferenceRow::new(severity, Kind::RowsUnknown, pair.object()).detail(format!("{lead}{detail}"));
    let row = source.rows.into_iter().fold(row, |row, rows| row.source(described(rows)));
    target.rows.into_iter().fold(row, |row, rows| row.target(described(rows)))
}

/// Returns, for instance, `120` or `about 120`.
fn described(rows: Rows) -> String {
    if rows.exact { rows.count.to_string() } else { format!("about {}", rows.count) }
}

fn range(keys: &KeyRange) -> String {
    format!("{} to {}", keys.first, keys.last)
}
