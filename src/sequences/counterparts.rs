//! Matches the sequences of a snapshot with those of this database, by schema and name.

use super::column::{self, AttrRef};
use super::link::Sequence;
use super::links::Links;
use super::outcome::{Outcome, Report};
use crate::ids::origin::{Floor, Mismatch, Origin, Origins, Position};
use crate::ids::position::{Definition, State};
use crate::pg::encoded_text::printable;
use crate::pg::names::{self, QualifiedName, quote_identifier};
use crate::pg::{memory, schemas, sequence_state};
use crate::report::quoting::literal;
use crate::report::scope::Scope;
use crate::report::wording::{Clause, counted};
use pgrx::pg_sys::{self, Oid};
use std::collections::HashMap;

/// What the source says about a sequence of this database.
#[derive(Clone, Copy, Debug)]
pub enum Counterpart<'a> {
    /// No source was passed.
    NoSource,
    /// The source has no sequence of this name.
    Absent,
    /// The source covers only this other schema.
    Uncovered(&'a str),
    Found(&'a Origin),
}

impl Counterpart<'_> {
    /// Returns the value from which on the sequence may go on, `None` if any value will do, or the
    /// reasons why the position cannot be carried over.
    pub fn floor(self, sequence: &Sequence, here: &Definition, state: State) -> Result<Option<Floor>, Vec<Clause>> {
        let origin = match self {
            Counterpart::NoSource | Counterpart::Absent => return Ok(None),
            Counterpart::Uncovered(schema) => {
                let schema = quote_identifier(schema);
                return Err(vec![printable(format!("the source covers only schema {schema}")).into()]);
            }
            Counterpart::Found(origin) => origin,
        };
        match origin.floor(here, state) {
            None => Err(vec![unread(origin).into()]),
            Some(Err(mismatch)) => Err(mismatched(mismatch, origin, sequence, here)),
            // Both start over, and stand at the same value.
            Some(Ok(_)) if here.cycle => Ok(None),
            Some(Ok(floor)) => Ok(Some(floor)),
        }
    }

    pub fn is_found(self) -> bool {
        matches!(self, Counterpart::Found(_))
    }

    /// Returns what to add to the row of a sequence whose position was not in the source.
    pub fn note(self) -> Option<Clause> {
        matches!(self, Counterpart::Absent)
            .then(|| "the source has no sequence of this name, so only the used ids count".into())
    }
}

fn unread(origin: &Origin) -> String {
    let reason = match &origin.position {
        Position::Unread(reason) => reason.as_str(),
        Position::Next(_) | Position::Exhausted => "",
    };
    printable(format!("its position in the source is unknown: {reason}"))
}

fn mismatched(mismatch: Mismatch, origin: &Origin, sequence: &Sequence, here: &Definition) -> Vec<Clause> {
    let only_used = || "without source, seq_resync passes the used ids only".into();
    match mismatch {
        Mismatch::Direction | Mismatch::Increment => {
            let (here, there) = (here.increment, origin.definition.increment);
            let reason =
                format!("its increment is {here}, and {there} in the source: the positions cannot be compared");
            vec![reason.into(), only_used()]
        }
        Mismatch::Cycle => {
            let reason = "a sequence with CYCLE starts over, so it is unknown which position is ahead";
            let set = match origin.position {
                Position::Next(next) if here.range().contains(next) => Some(Clause::with_statement(
                    "to continue where the source was",
                    format!("SELECT pg_catalog.setval({}, {next}, false);", literal(&sequence.quoted())),
                )),
                _ => None,
            };
            [reason.into()].into_iter().chain(set).collect()
        }
    }
}

/// The sequences of a snapshot, as far as this database has them.
pub struct Counterparts<'a> {
    origins: &'a Origins,
    /// The schema that the snapshot is limited to, if it exists here.
    only_schema: Option<Oid>,
    by_oid: HashMap<Oid, &'a Origin>,
    missing: Vec<Missing<'a>>,
}

/// A sequence that this database does not have.
struct Missing<'a> {
    schema: &'a str,
    name: &'a str,
    origin: &'a Origin,
    /// Whether a relation of another kind has the name.
    is_other_kind: bool,
}

impl<'a> Counterparts<'a> {
    /// Looks up the name of each sequence.
    pub fn look_up(origins: &'a Origins) -> Counterparts<'a> {
        let only_schema = origins.only_schema.as_deref().and_then(|schema| schemas::find_text(schema).ok());
        let mut found = Counterparts { origins, only_schema, by_oid: HashMap::new(), missing: Vec::new() };
        for (schema, sequences) in &origins.schemas {
            for (name, origin) in sequences {
                memory::step();
                let oid = schemas::find_relation(schema, name);
                match oid.filter(|oid| names::relation_kind(*oid) == Some(pg_sys::RELKIND_SEQUENCE)) {
                    Some(sequence) => drop(found.by_oid.insert(sequence, origin)),
                    None => found.missing.push(Missing { schema, name, origin, is_other_kind: oid.is_some() }),
                }
            }
        }
        found
    }

    pub fn of(&self, sequence: Oid) -> Counterpart<'a> {
        match (self.by_oid.get(&sequence), self.origins.only_schema.as_deref()) {
            (Some(origin), _) => Counterpart::Found(origin),
            (None, Some(schema)) if names::relation_schema(sequence) != self.only_schema => {
                Counterpart::Uncovered(schema)
            }
            (None, _) => Counterpart::Absent,
        }
    }

    /// Returns the sequences of the snapshot that this database has.
    pub fn sequences(&self) -> impl Iterator<Item = Oid> + '_ {
        self.by_oid.keys().copied()
    }

    /// Reports the sequences of the snapshot that this database does not have; one row for a schema
    /// that it does not have.
    pub fn missing(&self, scope: Scope, links: &Links) -> Vec<Report> {
        let mut reports: Vec<Report> = Vec::new();
        let mut schema_of_last: Option<&str> = None;
        for missing in self.missing.iter().filter(|missing| missing.is_covered(scope)) {
            memory::step();
            if schemas::find_text(missing.schema).is_ok() {
                reports.push(missing.report(self, links));
            } else if schema_of_last != Some(missing.schema) {
                schema_of_last = Some(missing.schema);
                reports.push(missing_schema(missing.schema, self.origins));
            }
        }
        reports
    }
}

fn missing_schema(schema: &str, origins: &Origins) -> Report {
    let count = origins.schemas.get(schema).map_or(0, |sequences| sequences.len() as u64);
    let reason = format!(
        "schema {} of the source, with {}, does not exist here",
        quote_identifier(schema),
        counted(count, "sequence")
    );
    let name = QualifiedName { schema: printable(schema.to_owned()), name: String::new() };
    skipped(None, vec![printable(reason).into()], name)
}

fn skipped(table: Option<Oid>, detail: Vec<Clause>, name: QualifiedName) -> Report {
    let outcome = Outcome::Skipped;
    Report { outcome, sequence: None, table, old_next: None, new_next: None, detail, name: Some(name) }
}

impl Missing<'_> {
    fn is_covered(&self, scope: Scope) -> bool {
        match scope {
            Scope::Database => true,
            Scope::Schema(schema) => schemas::find_text(self.schema).is_ok_and(|oid| oid == schema),
            Scope::Table(table) => self.column().is_some_and(|column| column.0 == table),
        }
    }

    /// Returns the column that owned the sequence, if this database has it.
    fn column(&self) -> Option<AttrRef> {
        let [schema, table, column] = self.origin.owned_by.as_ref()?;
        let table = schemas::find_relation(schema, table)?;
        Some((table, names::column_number(table, column)?))
    }

    fn report(&self, counterparts: &Counterparts<'_>, links: &Links) -> Report {
        let name = QualifiedName { schema: self.schema.to_owned(), name: self.name.to_owned() };
        let quoted = printable(name.quoted());
        let reason = if self.is_other_kind {
            format!("{quoted} is a sequence in the source, and not here")
        } else {
            format!("sequence {quoted} of the source does not exist here")
        };
        let column = self.column();
        let successor = column.and_then(|column| self.successor(column, counterparts, links));
        let detail = [Clause::from(reason)].into_iter().chain(successor).collect();
        let name = QualifiedName { schema: printable(name.schema), name: printable(name.name) };
        skipped(column.map(|(table, _)| table), detail, name)
    }

    /// Names the sequence that the same column draws from here, if the source does not have it: the
    /// sequence may have been renamed.
    fn successor(&self, column: AttrRef, counterparts: &Counterparts<'_>, links: &Links) -> Option<Clause> {
        let mut drawn = links.links.iter().filter(|link| link.attr == column).filter_map(|link| link.sequence());
        let other = drawn.find(|sequence| matches!(counterparts.of(*sequence), Counterpart::Absent))?;
        let sequence = Sequence::look_up(other).ok()?;
        let quoted = sequence.quoted();
        let words = format!("{} draws from {quoted} here", column::label(column)?);
        Some(match self.pass(&sequence) {
            Some(statement) => Clause::with_statement(format!("{words}; to carry the position over"), statement),
            None => words.into(),
        })
    }

    /// Returns the statement that moves the other sequence to this one's position; `None` if it has
    /// nothing to pass, or cannot.
    fn pass(&self, other: &Sequence) -> Option<String> {
        let state = sequence_state::read(other.oid).ok()?.state;
        let definition = &other.definition;
        let floor = self.origin.floor(definition, state)?.ok().filter(|_| !definition.cycle)?;
        let raised = definition.at(floor, state, 0).filter(|raised| *raised != state)?;
        let (next, quoted) = (definition.next(raised)?, other.quoted());
        // If the statement is run later, it must not move the sequence back.
        let before = if definition.is_ascending() { "<" } else { ">" };
        let literal = literal(&quoted);
        Some(format!(
            "SELECT pg_catalog.setval({literal}, {next}, false) FROM {quoted} WHERE last_value {before} {next};"
        ))
    }
}
