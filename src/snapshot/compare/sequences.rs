//! Compares sequences: which exist, their definitions and their positions.

use super::difference::Kind;
use super::report::{Cause, DifferenceRow, Object, Report};
use super::sides::Side;
use super::tables::TablePair;
use super::{columns, referenced_names};
use crate::report::severity::Severity;
use crate::snapshot::model::{Column, RelationName, Sequence};

pub fn compare<'a>(source: Side<'a>, report: &mut Report<'a>) {
    compare_one_sided(source, report);
    compare_one_sided(source.flipped(), report);
    for (schema, held) in source.schemas() {
        for (name, sequence) in &held.sequences {
            if let Some(other) = source.flipped().sequence(schema, name)
                && (sequence != other || sequence.unread.is_some())
            {
                SequencePair { side: source, object: Object::Relation(schema, name), source: sequence, target: other }
                    .compare(report);
            }
        }
    }
}

fn compare_one_sided<'a>(side: Side<'a>, report: &mut Report<'a>) {
    for (schema, held) in side.schemas() {
        for (name, sequence) in &held.sequences {
            (report.interrupt)();
            let object = Object::Relation(schema, name);
            match cause_of(side, schema, name, sequence) {
                None => {}
                // The row of the schema reports how many sequences went with it.
                Some(_) if side.cause_of_schema(schema).is_some() => {}
                Some(cause) if cause == own_cause(side, object) => {
                    let severity = if side.is_source { Severity::Error } else { Severity::Info };
                    let row = DifferenceRow::new(severity, cause.0, object);
                    let value = format!("next value {}", position_words(sequence));
                    report.add_alike(schema, "", if side.is_source { row.source(value) } else { row.target(value) });
                }
                Some(cause) => {
                    report.add_consequence(cause, "sequence", object);
                    compare_with_successor(side, name_of(schema, name), sequence, report);
                }
            }
        }
    }
}

fn name_of(schema: &str, name: &str) -> RelationName {
    RelationName { schema: schema.to_owned(), name: name.to_owned() }
}

/// Compares the position with that of the sequence that the same column of the target draws from
/// instead, if only the target has that one.
fn compare_with_successor<'a>(side: Side<'a>, own: RelationName, sequence: &'a Sequence, report: &mut Report<'a>) {
    let successor = || {
        let table = TablePair::named(side, sequence.owned_by.as_ref()?).filter(|_| side.is_source)?;
        let (column, _) = table.here.columns.iter().find(|(_, column)| draws(column, &own))?;
        let other = referenced_names::sequence(table.there.columns.get(column)?.default.as_deref()?)?;
        let (schema, name, target) = side.flipped().located_sequence(&other)?;
        let is_new = side.sequence(schema, name).is_none();
        is_new.then_some(SequencePair { side, object: Object::Relation(schema, name), source: sequence, target })
    };
    if let Some(both) = successor() {
        both.compare_positions(report);
    }
}

fn draws(column: &Column, sequence: &RelationName) -> bool {
    column.default.as_deref().and_then(referenced_names::sequence).as_ref() == Some(sequence)
}

/// Returns the row that reports a sequence that only this side has: that of its schema, its table,
/// the column that it feeds, or its own.
pub fn cause<'a>(side: Side<'a>, name: &RelationName) -> Option<Cause<'a>> {
    let (schema, name, sequence) = side.located_sequence(name)?;
    cause_of(side, schema, name, sequence)
}

fn cause_of<'a>(side: Side<'a>, schema: &'a str, name: &'a str, sequence: &Sequence) -> Option<Cause<'a>> {
    if !side.covers(schema) || side.flipped().sequence(schema, name).is_some() {
        return None;
    }
    let owner = sequence.owned_by.as_ref();
    let of_table = || side.cause_of_named(owner?);
    let of_column = || {
        let table = TablePair::named(side, owner?)?;
        let of_owner = || {
            let (column, _) = table.here.columns.get_key_value(sequence.owned_by_column.as_deref()?)?;
            columns::is_one_sided(table, column).then(|| columns::cause(table, column))
        };
        table.cause_of_kind().or_else(of_owner).or_else(|| cause_of_fed_column(table, schema, name))
    };
    let own = || own_cause(side, Object::Relation(schema, name));
    Some(side.cause_of_schema(schema).or_else(of_table).or_else(of_column).unwrap_or_else(own))
}

fn own_cause<'a>(side: Side<'a>, object: Object<'a>) -> Cause<'a> {
    (side.kind(Kind::SequenceMissing, Kind::SequenceExtra), object)
}

/// Returns the row of the column that the sequence went or came with: one with a default that draws
/// from it, or an identity column.
fn cause_of_fed_column<'a>(pair: TablePair<'a>, schema: &str, name: &str) -> Option<Cause<'a>> {
    if !pair.is_described() {
        return None;
    }
    let sequence = name_of(schema, name);
    let mut columns = pair.here.columns.iter();
    let by_default = columns.find(|(_, column)| draws(column, &sequence)).map(|(column, _)| column.as_str());
    match by_default {
        Some(column) if columns::is_one_sided(pair, column) => Some(columns::cause(pair, column)),
        // A missing sequence takes the default away, unless another default replaces it.
        Some(column) if pair.there.columns.get(column)?.default.is_some() || !pair.side.is_source => {
            cause_of_change(pair, column)
        }
        Some(_) => None,
        None => cause_of_identity(pair),
    }
}

fn cause_of_identity(pair: TablePair<'_>) -> Option<Cause<'_>> {
    let mut identities = pair.here.columns.iter().filter(|(_, column)| column.identity.is_some());
    identities.find_map(|(name, _)| match pair.there.columns.get(name) {
        None => Some(columns::cause(pair, name)),
        Some(other) if other.identity.is_none() => cause_of_change(pair, name),
        Some(_) => None,
    })
}

fn cause_of_change<'a>(pair: TablePair<'a>, column: &'a str) -> Option<Cause<'a>> {
    columns::cause_of_change(if pair.side.is_source { pair } else { pair.flipped() }, column)
}

/// A sequence that both snapshots have.
struct SequencePair<'a> {
    side: Side<'a>,
    object: Object<'a>,
    source: &'a Sequence,
    target: &'a Sequence,
}

impl<'a> SequencePair<'a> {
    fn compare(&self, report: &mut Report<'a>) {
        self.compare_owners(report);
        self.compare_definitions(report);
        self.compare_positions(report);
    }

    fn compare_positions(&self, report: &mut Report<'a>) {
        if let Some((severity, kind, detail)) = self.position() {
            let row = DifferenceRow::new(severity, kind, self.object).detail(detail);
            report.add(row.values(position_words(self.source), position_words(self.target)));
        }
    }

    fn table(&self) -> Option<TablePair<'a>> {
        TablePair::named(self.side, self.source.owned_by.as_ref()?)
    }

    fn compare_owners(&self, report: &mut Report<'a>) {
        let (source, target) = (&self.source.owner, &self.target.owner);
        if source != target && !self.table().is_some_and(|table| table.has_owners(source, target)) {
            report.change_owner(Kind::SequenceOwner, self.object, source, target);
        }
    }

    fn compare_definitions(&self, report: &mut Report<'a>) {
        let (source, target) = (self.source, self.target);
        let mut changed = Vec::new();
        let mut note = |word: &str, values: [String; 2]| {
            if values[0] != values[1] {
                changed.push(values.map(|value| format!("{word}{value}")));
            }
        };
        if !self.is_retyped() {
            note("", [source, target].map(|sequence| sequence.data_type.clone()));
            note("MINVALUE ", [source, target].map(|sequence| sequence.min.to_string()));
            note("MAXVALUE ", [source, target].map(|sequence| sequence.max.to_string()));
        }
        note("START ", [source, target].map(|sequence| sequence.start.to_string()));
        note("CACHE ", [source, target].map(|sequence| sequence.cache.to_string()));
        // That of a column follows its table.
        if self.table().is_none_or(|table| table.here.unlogged == table.there.unlogged) {
            note("", [source, target].map(|sequence| if sequence.unlogged { "unlogged" } else { "logged" }.to_owned()));
        }
        note("INCREMENT ", [source, target].map(|sequence| sequence.increment.to_string()));
        note("", [source, target].map(|sequence| if sequence.cycle { "CYCLE" } else { "NO CYCLE" }.to_owned()));
        if !self.is_left_by_its_table() {
            note("OWNED BY ", [source, target].map(|sequence| owner_words(sequence, report)));
        }
        let is_exhausted = self.has_other_values() && self.is_exhausted();
        let (severity, detail) = if is_exhausted { (Severity::Error, EXHAUSTED) } else { (Severity::Warning, "") };
        let values = |side: usize| changed.iter().map(|pair| pair[side].as_str()).collect::<Vec<_>>().join(" ");
        if !changed.is_empty() {
            let row = DifferenceRow::new(severity, Kind::SequenceChanged, self.object).values(values(0), values(1));
            report.add(row.detail(detail));
        }
    }

    /// Whether a row reports a changed increment or bounds, so that its position may only follow
    /// from that.
    fn has_other_values(&self) -> bool {
        let bounds = |sequence: &Sequence| (sequence.min, sequence.max);
        let has_other_bounds = bounds(self.source) != bounds(self.target) && !self.is_retyped();
        has_other_bounds || self.source.increment != self.target.increment
    }

    /// Whether its type changed together with that of the identity column that it feeds.
    fn is_retyped(&self) -> bool {
        let is_retyped = |table: TablePair<'_>| {
            table.here.columns.iter().any(|(name, column)| {
                let other = table.there.columns.get(name);
                column.identity.is_some() && other.is_some_and(|other| other.data_type != column.data_type)
            })
        };
        self.table().is_some_and(is_retyped)
    }

    /// Whether the table that owned it is missing, or the table that owns it is new.
    fn is_left_by_its_table(&self) -> bool {
        let left = self.source.owned_by.as_ref().and_then(|table| self.side.cause_of_named(table));
        let came = self.target.owned_by.as_ref().and_then(|table| self.side.flipped().cause_of_named(table));
        left.or(came).is_some()
    }

    fn is_exhausted(&self) -> bool {
        let is_exhausted = |sequence: &Sequence| sequence.next_value.is_none() && sequence.unread.is_none();
        is_exhausted(self.target) && !is_exhausted(self.source)
    }

    fn position(&self) -> Option<(Severity, Kind, String)> {
        let (source, target) = (self.source, self.target);
        match (&source.unread, &target.unread) {
            (None, None) => self.moved(),
            (None, Some(reason)) => {
                Some((Severity::Warning, Kind::SequenceUnknown, format!("not read in the target: {reason}")))
            }
            (Some(reason), None) => {
                Some((Severity::Warning, Kind::SequenceUnknown, format!("not read in the source: {reason}")))
            }
            (Some(_), Some(reason)) => {
                Some((Severity::Warning, Kind::SequenceUnknown, format!("not read in either: {reason}")))
            }
        }
    }

    fn moved(&self) -> Option<(Severity, Kind, String)> {
        let sign = |sequence: &Sequence| if sequence.increment < 0 { -1 } else { 1 };
        let direction = sign(self.source);
        if sign(self.target) != direction {
            return None;
        }
        let source_bound = if direction < 0 { self.source.min } else { self.source.max };
        let ahead = match (self.source.next_value, self.target.next_value) {
            (None, None) => return None,
            (Some(_), None) if self.has_other_values() => return None,
            (Some(_), None) => return Some((Severity::Error, Kind::SequenceAhead, EXHAUSTED.to_owned())),
            // All values up to its bound were generated.
            (None, Some(after)) => (i128::from(after) - i128::from(source_bound)) * direction - 1,
            (Some(before), Some(after)) => (i128::from(after) - i128::from(before)) * direction,
        };
        match ahead {
            0 => None,
            ..0 => self.back(ahead),
            _ if self.has_other_values() => None,
            _ => Some((Severity::Info, Kind::SequenceAhead, format!("{ahead} ahead"))),
        }
    }

    fn back(&self, ahead: i128) -> Option<(Severity, Kind, String)> {
        let (before, after) = (i128::from(self.source.increment), i128::from(self.target.increment));
        // Values that only a larger increment skipped are not generated again.
        if before != after && -ahead < before.abs() {
            return None;
        }
        let detail = format!("{} behind: it will generate values again", -ahead);
        let is_within_log = -ahead <= before.abs() * LOGGED_AHEAD;
        Some(match self.source.cycle && self.target.cycle {
            _ if self.side.is_standby() && is_within_log => {
                let detail = format!(
                    "{} behind: the source was a standby, which may see it {LOGGED_AHEAD} values ahead",
                    -ahead
                );
                (Severity::Info, Kind::SequenceBack, detail)
            }
            true => (Severity::Warning, Kind::SequenceBack, format!("{detail}; it cycles and may have wrapped around")),
            false if before == after && !self.source.cycle && !self.target.cycle => {
                (Severity::Error, Kind::SequenceBack, format!("{detail}; {CARRY_OVER}"))
            }
            false => (Severity::Error, Kind::SequenceBack, detail),
        })
    }
}

/// How many values ahead a sequence is in the write-ahead log, and so on a standby: `SEQ_LOG_VALS`
/// in commands/sequence.c.
const LOGGED_AHEAD: i128 = 32;

/// The call that carries the position over, unless the two cannot be compared.
const CARRY_OVER: &str = "to advance it, run seq_resync(source => …) with this source in the target";

const EXHAUSTED: &str = "it is exhausted: the next INSERT that draws from it fails";

fn owner_words(sequence: &Sequence, report: &Report<'_>) -> String {
    let column = sequence.owned_by_column.as_deref();
    let owner = |table: &RelationName| match column {
        Some(column) => report.spelled(Object::Column(&table.schema, &table.name, column)),
        None => report.spelled(Object::Relation(&table.schema, &table.name)),
    };
    sequence.owned_by.as_ref().map_or("NONE".to_owned(), owner)
}

fn position_words(sequence: &Sequence) -> String {
    match (sequence.next_value, &sequence.unread) {
        (Some(value), _) => value.to_string(),
        (None, None) => "none left".to_owned(),
        (None, Some(_)) => "unknown".to_owned(),
    }
}
