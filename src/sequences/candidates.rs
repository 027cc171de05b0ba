//! Judges sequences that no column is known to draw from: finds the columns that may draw from
//! them, and how far the ids of these columns reach.
//!
//! Locks: AccessShareLock on one sequence, then on one table and one of its indexes, released
//! before the next.

use super::column::{AttrRef, Column};
use super::finding::Finding;
use super::link::{Kind, Sequence};
use super::reading::Ids;
use super::unlinked::Unlinked;
use super::verdict::Status;
use super::wording;
use crate::error::Error;
use crate::ids::position::{IdRange, Run};
use crate::ids::search::Search;
use crate::pg::id_datum::IdType;
use crate::pg::relation::{LockMode, Relation};
use crate::pg::sequence_state;
use crate::pg::snapshot::Visibility;
use crate::pg::{access, citus, names, subtransaction};
use crate::report::statements::Statements;
use crate::report::wording as words;
use std::cell::RefCell;
use std::collections::HashMap;

pub struct Candidates<'a> {
    statements: &'a Statements,
    /// How far each column's ids reach upwards and downwards; many sequences may have the same
    /// candidates.
    read: RefCell<HashMap<(AttrRef, bool), Reach>>,
}

/// How far a column's ids reach.
#[derive(Clone, Copy, Debug)]
enum Reach {
    To(Option<i64>),
    /// The current user may not see them, or they cannot be compared.
    Unread,
    /// The column no longer exists.
    Gone,
}

impl<'a> Candidates<'a> {
    pub fn new(statements: &'a Statements) -> Candidates<'a> {
        Candidates { statements, read: RefCell::default() }
    }

    /// Returns the finding on one sequence; `None` if it no longer exists.
    pub fn examine(&self, unlinked: &Unlinked) -> Option<Finding> {
        crate::pg::memory::step();
        let name = names::relation_name(unlinked.sequence)?;
        let mut finding =
            Finding { status: Status::Unlinked, sequence: Some(unlinked.sequence), name, ..Finding::blank(Kind::None) };
        let sequence = Sequence::look_up(unlinked.sequence).ok()?;
        if unlinked.candidates.is_empty() {
            finding.detail = Some("no column is known to draw from it, and its name fits none".to_owned());
        }
        if !access::may_read_sequence(sequence.oid) {
            if unlinked.candidates.is_empty() {
                return Some(finding);
            }
            finding.status = Status::Unknown;
            finding.detail = Some("no SELECT or USAGE privilege on the sequence".to_owned());
            finding.fix = Some(self.statements.grant_sequence(&sequence.quoted()));
            finding.lacks_privilege = true;
            return Some(finding);
        }
        if let Err(error) = subtransaction::attempt(|| self.describe(&mut finding, &sequence, unlinked)) {
            names::relation_name(unlinked.sequence)?;
            finding.status = Status::Unknown;
            finding.detail = Some(words::error(&error));
        }
        Some(finding)
    }

    fn describe(&self, finding: &mut Finding, sequence: &Sequence, unlinked: &Unlinked) -> Result<(), Error> {
        let definition = &sequence.definition;
        let state = sequence_state::read(sequence.oid)?.state;
        finding.next_value = definition.next(state);
        let run = definition.run(state, IdRange::BIGINT).map(|run| run.spanning(sequence.block()));
        let (mut reached, mut unread) = (Vec::new(), 0_usize);
        for attr in unlinked.candidates.iter() {
            match self.reach(*attr, definition.is_ascending()) {
                Reach::To(furthest) => reached.push((*attr, furthest)),
                Reach::Unread => unread += 1,
                Reach::Gone => {}
            }
        }
        reached.sort_by_key(|(_, furthest)| furthest.map_or(i128::MAX, |id| ahead(id, !definition.is_ascending())));
        finding.max_id = reached.first().and_then(|(_, furthest)| *furthest);
        if !reached.is_empty() {
            finding.behind_by = Some(finding.max_id.map_or(0, |id| skipped(run.as_ref(), id)));
        } else if unread > 0 {
            finding.status = Status::Unknown;
        }
        if !unlinked.candidates.is_empty() {
            finding.detail = Some(detail(sequence, run.as_ref(), &reached, unread));
        }
        finding.fix = unlinked.outstanding.filter(|_| unread == 0).and_then(|attr| self.fix(sequence, attr));
        Ok(())
    }

    fn reach(&self, attr: AttrRef, is_ascending: bool) -> Reach {
        if let Some(known) = self.read.borrow().get(&(attr, is_ascending)) {
            return *known;
        }
        let reach = subtransaction::attempt(|| furthest(attr, is_ascending)).unwrap_or(Reach::Unread);
        self.read.borrow_mut().insert((attr, is_ascending), reach);
        reach
    }

    /// Returns the statement that makes the column own the sequence; OWNED BY requires the same
    /// schema and the same owner.
    fn fix(&self, sequence: &Sequence, attr: AttrRef) -> Option<String> {
        let column = Column::look_up(attr)?;
        let owner = Relation::try_open(sequence.oid, LockMode::AccessShare)?.form().relowner;
        let may_own = owner == column.owner && names::relation_schema(sequence.oid) == Some(column.schema);
        may_own.then(|| wording::own(&sequence.quoted(), &column.label()))
    }
}

fn furthest(attr: AttrRef, is_ascending: bool) -> Result<Reach, Error> {
    let Some(column) = Column::look_up(attr) else { return Ok(Reach::Gone) };
    let Some((id_type, _)) = column.holds() else { return Ok(Reach::Gone) };
    if column.hidden().is_some() || citus::obstacle(column.relation).is_some() {
        return Ok(Reach::Unread);
    }
    Ok(Reach::To(furthest_id(&column, id_type, is_ascending)?))
}

fn furthest_id(column: &Column, id_type: IdType, is_ascending: bool) -> Result<Option<i64>, Error> {
    let ids = Ids::of(column, id_type)?.find(&Search::furthest(is_ascending), Visibility::Committed)?;
    Ok(ids.first().copied())
}

/// Returns the id, negated for the descending direction.
fn ahead(id: i64, is_ascending: bool) -> i128 {
    if is_ascending { id.into() } else { -i128::from(id) }
}

/// Returns how many values the sequence has to skip to pass the id: 0 if it is exhausted. Ids
/// before the next value do not count: they belong to an application that takes a value for the ids
/// after it.
fn skipped(run: Option<&Run>, id: i64) -> i64 {
    run.filter(|run| !run.is_before_first(id))
        .map_or(0, |run| run.values_up_to(id.clamp(run.range().low, run.range().high)))
}

fn detail(sequence: &Sequence, run: Option<&Run>, reached: &[(AttrRef, Option<i64>)], unread: usize) -> String {
    let mut parts = Vec::new();
    let label = |(attr, furthest): &(AttrRef, Option<i64>)| {
        let label = super::column::label(*attr)?;
        Some(match furthest {
            Some(id) => format!("{label} (ids up to {id})"),
            None => format!("{label} (no ids)"),
        })
    };
    let labels: Vec<String> = reached.iter().filter_map(label).collect();
    parts.push("no column is known to draw from it".to_owned());
    parts.push(words::list("it may feed", &labels.iter().map(String::as_str).collect::<Vec<_>>()));
    if unread > 0 {
        let noun = if unread == 1 { "column" } else { "columns" };
        parts.push(format!("{unread} {noun} that it may feed could not be read"));
    }
    parts.extend(run.and_then(|run| collision(run, reached)));
    parts.extend(wording::properties(sequence));
    parts.retain(|part| !part.is_empty());
    parts.join("; ")
}

/// Describes where the furthest ids lie relative to the next value, if the next value may stand for
/// one of them.
fn collision(run: &Run, reached: &[(AttrRef, Option<i64>)]) -> Option<String> {
    let ids = || reached.iter().filter_map(|(_, furthest)| *furthest);
    if ids().any(|id| !run.is_before_first(id)) {
        return Some(format!("ids reach beyond the next value, {}", run.first));
    }
    let block = i128::from(run.span.back) + 1;
    let collides = ids().any(|id| run.reaches(id));
    collides.then(|| format!("ids lie in the block of {block} that the next value, {}, may end", run.first))
}
