//! Reports schemas and tables that only one snapshot has, each with all that it contains; and
//! compares schemas' owners.

use super::difference::Kind;
use super::report::{Cause, DifferenceRow, Object, Report};
use super::sides::{LocatedTable, Side};
use crate::report::severity::Severity;
use crate::report::wording;
use crate::snapshot::model::{Table, TableKind};
use std::collections::BTreeMap;

pub fn compare<'a>(source: Side<'a>, report: &mut Report<'a>) {
    compare_one_sided(source, report);
    compare_one_sided(source.flipped(), report);
    for (name, schema) in source.schemas() {
        if let Some(other) = source.flipped().schema(name)
            && schema.owner != other.owner
        {
            report.change_owner(Kind::SchemaOwner, Object::Named(name), &schema.owner, &other.owner);
        }
    }
}

fn compare_one_sided<'a>(side: Side<'a>, report: &mut Report<'a>) {
    let (summaries, dependents) = summaries(side);
    for (cause, table) in dependents {
        report.add_consequence(cause, kind_words(table.table.kind), table.object());
    }
    for ((kind, object), held) in summaries {
        let severity = if side.is_source { Severity::Error } else { Severity::Info };
        let row = DifferenceRow::new(severity, kind, object).detail(held.described());
        let row = match held.own {
            Some(table) if side.is_source => row.source(kind_words(table.kind)),
            Some(table) => row.target(kind_words(table.kind)),
            None => row,
        };
        report.add(row);
    }
}

type Dependents<'a> = Vec<(Cause<'a>, LocatedTable<'a>)>;

/// Groups the objects by the rows that report them. Lists apart from them those that are missing
/// because they used an object that is not their schema or partitioned table.
fn summaries(side: Side<'_>) -> (BTreeMap<Cause<'_>, Summary<'_>>, Dependents<'_>) {
    let mut dependents = Vec::new();
    let mut summaries: BTreeMap<Cause<'_>, Summary<'_>> = BTreeMap::new();
    for (schema, held) in side.schemas() {
        if let Some(cause) = side.cause_of_schema(schema) {
            let summary = summaries.entry(cause).or_default();
            summary.sequences = held.sequences.len();
            summary.objects = held.objects.values().map(BTreeMap::len).sum();
        }
    }
    for table in side.tables() {
        if let Some(cause) = side.cause_of_table(table) {
            if is_dependent(table, cause) {
                dependents.push((cause, table));
            } else {
                summaries.entry(cause).or_default().add(table, cause);
            }
        }
    }
    (summaries, dependents)
}

fn is_dependent(table: LocatedTable<'_>, (kind, object): Cause<'_>) -> bool {
    match kind {
        Kind::SchemaMissing | Kind::SchemaExtra => object != Object::Named(table.schema),
        Kind::TableMissing | Kind::TableExtra => object != table.object() && table.table.partition_of.is_none(),
        _ => true,
    }
}

/// The contents of the objects that one row reports.
#[derive(Default)]
struct Summary<'a> {
    /// The table that the row is about, unless it is about a schema.
    own: Option<&'a Table>,
    tables: usize,
    sequences: usize,
    objects: usize,
    rows: i128,
    is_estimate: bool,
    is_part_unknown: bool,
    has_rows: bool,
}

impl<'a> Summary<'a> {
    fn add(&mut self, table: LocatedTable<'a>, (_, object): Cause<'a>) {
        let is_own = table.object() == object;
        self.own = self.own.or(is_own.then_some(table.table));
        self.tables += 1;
        if let Some(rows) = table.table.rows {
            self.has_rows = true;
            self.rows += i128::from(rows.count);
            self.is_estimate |= !rows.exact;
        }
        self.is_part_unknown |= table.table.rows.is_none() && table.table.unread.is_some();
    }

    /// Returns, for instance, `30 rows in 2 partitions`, or `7 rows in 2 tables, and no sequences`.
    fn described(&self) -> String {
        let partitions = self.tables.saturating_sub(1);
        let place = match (self.own, partitions) {
            (None, _) => {
                let tables = counted(self.tables, "table");
                let sequences = counted(self.sequences, "sequence");
                Some(match self.objects {
                    0 => format!("{tables}, and {sequences}"),
                    objects => format!("{tables}, {sequences}, and {}", counted(objects, "other object")),
                })
            }
            (Some(_), 0) => None,
            (Some(_), _) => Some(counted(partitions, "partition")),
        };
        self.rows_described().into_iter().chain(place).collect::<Vec<_>>().join(" in ")
    }

    fn rows_described(&self) -> Option<String> {
        let about = match (self.is_part_unknown, self.is_estimate) {
            (true, _) => "at least ",
            (false, true) => "about ",
            (false, false) => "",
        };
        self.has_rows.then(|| format!("{about}{}", counted(self.rows, "row")))
    }
}

/// Returns, for instance, `no rows`, `1 row` or `2 rows`.
pub fn counted<N: TryInto<i128>>(count: N, what: &str) -> String {
    match count.try_into() {
        Ok(0) => format!("no {what}s"),
        Ok(count) => wording::counted(count, what),
        Err(_) => format!("many {what}s"),
    }
}

pub fn kind_words(kind: TableKind) -> &'static str {
    match kind {
        TableKind::Table => "table",
        TableKind::PartitionedTable => "partitioned table",
        TableKind::MaterializedView => "materialized view",
        TableKind::View => "view",
        TableKind::ForeignTable => "foreign table",
    }
}
