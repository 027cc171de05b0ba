//! Compares the tables that both snapshots have.

use super::difference::Kind;
use super::one_sided::kind_words;
use super::report::{Cause, DifferenceRow, Object, Report};
use super::sides::{DEEPEST, LocatedTable, Side};
use super::{column_order, columns, definitions, normalize, partition_triggers, properties, rows};
use crate::report::severity::Severity;
use crate::snapshot::model::{RelationName, Table};

pub fn compare<'a>(source: Side<'a>, report: &mut Report<'a>) {
    for pair in source.tables().filter_map(|table| TablePair::of(source, table)) {
        (report.interrupt)();
        // A table that could not be read is reported even if both sides are equal.
        if pair.here != pair.there || !pair.is_described() || pair.here.unread.is_some() {
            pair.compare(report);
        }
    }
}

/// A table that both snapshots have, seen from one side.
#[derive(Clone, Copy)]
pub struct TablePair<'a> {
    pub side: Side<'a>,
    pub schema: &'a str,
    pub name: &'a str,
    pub here: &'a Table,
    pub there: &'a Table,
}

impl<'a> TablePair<'a> {
    pub fn of(side: Side<'a>, table: LocatedTable<'a>) -> Option<Self> {
        let there = side.flipped().schema(table.schema)?.tables.get(table.name)?;
        Some(TablePair { side, schema: table.schema, name: table.name, here: table.table, there })
    }

    /// Returns the pair; `None` if one of the snapshots has no such table.
    pub fn named(side: Side<'a>, name: &RelationName) -> Option<Self> {
        TablePair::of(side, side.table(name)?)
    }

    pub fn flipped(self) -> Self {
        TablePair { side: self.side.flipped(), here: self.there, there: self.here, ..self }
    }

    /// Returns the table that it is a partition of.
    pub fn parent(self) -> Option<Self> {
        TablePair::named(self.side, self.here.partition_of.as_ref()?)
    }

    /// Returns the first table that it is a partition of or inherits from that matches.
    pub fn parent_with(self, matches: impl Fn(Self) -> bool) -> Option<Self> {
        let mut names = self.here.partition_of.iter().chain(&self.here.inherits);
        names.find_map(|name| TablePair::named(self.side, name).filter(|parent| matches(*parent)))
    }

    /// Returns the furthest ancestor that is reached through matching parents only, or this table.
    pub fn topmost(self, matches: impl Fn(Self) -> bool) -> Self {
        let parents = std::iter::successors(Some(self), |pair| pair.parent_with(&matches));
        parents.take(DEEPEST).last().unwrap_or(self)
    }

    pub fn object(self) -> Object<'a> {
        Object::Relation(self.schema, self.name)
    }

    pub fn column(self, name: &'a str) -> Object<'a> {
        Object::Column(self.schema, self.name, name)
    }

    pub fn part(self, name: &'a str) -> Object<'a> {
        Object::Subobject(self.schema, self.name, name)
    }

    fn compare(self, report: &mut Report<'a>) {
        if self.cause_of_kind().is_some() {
            let row = DifferenceRow::new(Severity::Error, Kind::TableRelkind, self.object());
            return report.add(row.values(kind_words(self.here.kind), kind_words(self.there.kind)));
        }
        self.compare_owners(report);
        self.compare_properties(report);
        if !self.is_described() {
            return report.add(self.definitions_unknown());
        }
        columns::compare(self, report);
        definitions::compare(self, report);
        properties::compare_parts(self, report);
        partition_triggers::compare(self, report);
        rows::compare(self, report);
    }

    /// Returns the row that reports another kind of relation, in which case nothing else is
    /// compared.
    pub fn cause_of_kind(self) -> Option<Cause<'a>> {
        (self.here.kind != self.there.kind).then(|| (Kind::TableRelkind, self.object()))
    }

    /// Whether columns and other definitions of both are known.
    pub fn is_described(self) -> bool {
        self.here.undescribed.is_none() && self.there.undescribed.is_none()
    }

    /// Returns one row for definitions and rows: a lock on a table prevents reading either.
    fn definitions_unknown(self) -> DifferenceRow<'a> {
        let detail = match (&self.here.undescribed, &self.there.undescribed) {
            (None, reason) => format!("not read in the target: {}", reason.as_deref().unwrap_or_default()),
            (Some(reason), None) => format!("not read in the source: {reason}"),
            (Some(_), Some(reason)) => format!("not read in either: {reason}"),
        };
        DifferenceRow::new(rows::severity_of_unread(self), Kind::DefinitionsUnknown, self.object()).detail(detail)
    }

    fn compare_owners(self, report: &mut Report<'a>) {
        let (source, target) = (&self.here.owner, &self.there.owner);
        if source != target && !self.parent().is_some_and(|parent| parent.has_owners(source, target)) {
            report.change_owner(Kind::TableOwner, self.object(), source, target);
        }
    }

    pub fn has_owners(self, source: &str, target: &str) -> bool {
        self.here.owner == source && self.there.owner == target
    }

    fn compare_properties(self, report: &mut Report<'a>) {
        let (source, target) = (self.here, self.there);
        let mut changed = changed_flags(source, target);
        changed.extend(self.inheritance(report));
        changed.extend(properties::changed(self));
        if source.partition_of != target.partition_of {
            match self.lost_parent() {
                Some(cause) => report.add_consequence(cause, "what was its partition", self.object()),
                None => changed.push([source, target].map(|table| partition_words(table, report))),
            }
        } else if !is_bound_same(source, target) {
            changed.push([source, target].map(|table| table.partition_bound.clone().unwrap_or_default()));
        }
        let order = column_order::changed(self, report);
        let detail = order.as_ref().map_or("", |_| "INSERT and COPY without a list of columns use another order");
        changed.extend(order);
        let values = |side: usize| changed.iter().map(|pair| pair[side].as_str()).collect::<Vec<_>>().join(", ");
        if !changed.is_empty() {
            let severity = if moves_or_shows_rows(source, target) { Severity::Error } else { Severity::Warning };
            let row = DifferenceRow::new(severity, Kind::TableChanged, self.object()).values(values(0), values(1));
            report.add(row.detail(detail));
        }
    }

    /// Returns the tables it inherits from if they differ, except for parents that only one
    /// snapshot has.
    fn inheritance(self, report: &Report<'_>) -> Option<[String; 2]> {
        let kept = |side: Side<'a>, table: &'a Table| -> Vec<&'a RelationName> {
            table.inherits.iter().filter(|parent| side.cause_of_named(parent).is_none()).collect()
        };
        let both = [kept(self.side, self.here), kept(self.side.flipped(), self.there)];
        let words = |parents: &Vec<&RelationName>| match parents.as_slice() {
            [] => "no inheritance".to_owned(),
            parents => {
                let names = parents.iter().map(|parent| report.spelled(Object::Relation(&parent.schema, &parent.name)));
                format!("inherits {}", names.collect::<Vec<_>>().join(" and "))
            }
        };
        (both[0] != both[1]).then(|| both.each_ref().map(words))
    }

    /// Returns the row that reports the partitioned table if that is missing.
    fn lost_parent(self) -> Option<Cause<'a>> {
        self.side.cause_of_named(self.here.partition_of.as_ref()?)
    }

    /// Returns the row that reports that it was attached or detached.
    pub fn cause_of_other_parent(self) -> Option<Cause<'a>> {
        let source = if self.side.is_source { self } else { self.flipped() };
        let own = (Kind::TableChanged, self.object());
        if self.here.partition_of != self.there.partition_of {
            return Some(source.lost_parent().unwrap_or(own));
        }
        let lost = source.here.inherits.iter().find_map(|parent| source.side.cause_of_named(parent));
        let came = || source.there.inherits.iter().find_map(|parent| source.side.flipped().cause_of_named(parent));
        (self.here.inherits != self.there.inherits).then(|| lost.or_else(came).unwrap_or(own))
    }
}

fn changed_flags(source: &Table, target: &Table) -> Vec<[String; 2]> {
    let flags = |table: &Table| {
        [
            if table.unlogged { "unlogged" } else { "logged" },
            if table.row_security { "row security" } else { "no row security" },
            if table.force_row_security { "row security forced" } else { "row security not forced" },
        ]
    };
    let pairs = flags(source).into_iter().zip(flags(target));
    pairs.filter(|(before, after)| before != after).map(|(before, after)| [before.into(), after.into()]).collect()
}

/// Whether queries show rows that they did not show before, or no longer find rows where they were.
fn moves_or_shows_rows(source: &Table, target: &Table) -> bool {
    let is_lost = |has: fn(&Table) -> bool| has(source) && !has(target);
    is_lost(|table| table.row_security)
        || is_lost(|table| table.force_row_security)
        || source.inherits.iter().any(|parent| !target.inherits.contains(parent))
        || (source.partition_of == target.partition_of && !is_bound_same(source, target))
}

fn is_bound_same(source: &Table, target: &Table) -> bool {
    let bound = |table: &'_ Table| table.partition_bound.clone().unwrap_or_default();
    normalize::is_same(&bound(source), &bound(target))
}

fn partition_words(table: &Table, report: &Report<'_>) -> String {
    match &table.partition_of {
        Some(parent) => format!("partition of {}", report.spelled(Object::Relation(&parent.schema, &parent.name))),
        None => "not a partition".to_owned(),
    }
}
