//! Compares the ids in a table with its sequences.
//!
//! Locks: AccessShareLock on the table and one index at a time, released before it returns. Does
//! not wait for a sequence that is being altered or dropped: a commit must not hang or deadlock for
//! the sake of a warning.

use super::fed_columns::{self, Feed};
use super::finding::Finding;
use super::throttle::Extent;
use super::{partition_cache, report};
use crate::error::Error;
use crate::ids::position::{IdRange, Run, Span, State};
use crate::ids::search::Search;
use crate::pg::index_probe::Own;
use crate::pg::sequence_state;
use crate::pg::snapshot::Visibility;
use crate::pg::{access, names, transaction};
use crate::sequences::column::Column;
use crate::sequences::comparable::comparable;
use crate::sequences::default_tree::Name;
use crate::sequences::discover::sequence_named;
use crate::sequences::link::{Drawing, Link, Sequence, Source};
use crate::sequences::reading::Ids;
use crate::sequences::verdict::{self, Found};
use crate::sequences::wording;
use pgrx::pg_sys::Oid;

/// The rows that are compared with the sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// Rows that this transaction has written.
    Own(Own),
    All,
}

#[derive(Debug)]
pub enum Verdict {
    InOrder,
    Behind(Finding),
    /// Cannot be decided before the column has an index.
    NoIndex,
}

/// Judges all fed columns of the table. A table that no longer exists is in order.
pub fn judge(table: Oid, rows: Rows) -> Result<Verdict, Error> {
    judge_feeds(table, rows, |_| true)
}

/// Judges the columns that the sequence feeds, by all rows of the table.
pub fn judge_sequence(table: Oid, sequence: Oid) -> Result<Verdict, Error> {
    judge_feeds(table, Rows::All, |feed| feed.source == Name::Oid(sequence.to_u32()))
}

fn judge_feeds(table: Oid, rows: Rows, is_meant: impl Fn(&Feed) -> bool) -> Result<Verdict, Error> {
    let mut worst = Verdict::InOrder;
    for feed in fed_columns::of(table).iter().filter(|feed| is_meant(feed)) {
        match judge_feed(table, feed, rows)? {
            Verdict::InOrder => {}
            Verdict::NoIndex => worst = Verdict::NoIndex,
            behind @ Verdict::Behind(_) => return Ok(behind),
        }
    }
    Ok(worst)
}

/// Returns the link that discovery would find for the column.
pub fn link(table: Oid, feed: &Feed) -> Result<Link, Error> {
    let source = match &feed.source {
        Name::Oid(oid) => Source::Known(Oid::from(*oid)),
        Name::Text(text) => sequence_named(text)?,
        Name::Computed => Source::Unresolved(String::new()),
    };
    Ok(Link::new((table, feed.attribute), source, feed.kind, Drawing::Plain))
}

/// A column and the current position of its sequence.
struct Position {
    column: Column,
    sequence: Sequence,
    holds: IdRange,
    state: State,
    run: Run,
}

fn judge_feed(table: Oid, feed: &Feed, rows: Rows) -> Result<Verdict, Error> {
    let link = link(table, feed)?;
    let Some(sequence) = link.sequence().and_then(|oid| Sequence::look_up(oid).ok()) else {
        return Ok(Verdict::InOrder);
    };
    let Some(mut column) = Column::look_up(link.attr) else { return Ok(Verdict::InOrder) };
    if column.is_inherited {
        // The sequence may be the parent's: see `Hierarchies::unbounded`.
        column.bounds = None;
    }
    let Ok((id_type, holds)) = comparable(&link, &column) else { return Ok(Verdict::InOrder) };
    // A sequence that cycles meets used ids by design; one that has reached its end collides with
    // nothing.
    let state = if sequence.definition.cycle { None } else { sequence_state::read_nowait(sequence.oid)? };
    let position = state.and_then(|state| Some((state, sequence.definition.run(state, holds)?)));
    let Some((state, run)) = position else { return Ok(Verdict::InOrder) };
    let position = Position { column, sequence, holds, state, run };
    let ids = match rows {
        Rows::Own(_) if position.column.kind == 'p' => {
            Ids::of_leaves(id_type, partition_cache::written(&position.column)?)
        }
        _ => Ids::of(&position.column, id_type)?,
    };
    if !ids.are_indexed() {
        return Ok(if ids.are_empty() { Verdict::InOrder } else { Verdict::NoIndex });
    }
    match collisions(&ids, &position, rows)? {
        Some(found) => Ok(Verdict::Behind(finding(&position, feed.top.0, found))),
        None => Ok(Verdict::InOrder),
    }
}

/// Returns the ids that the sequence will collide with, if these rows are the cause.
fn collisions(ids: &Ids<'_>, position: &Position, rows: Rows) -> Result<Option<Found>, Error> {
    let (furthest, first) = (Search::furthest_collision(&position.run), Search::first_collision(&position.run));
    let is_hidden = position.column.hidden().is_some();
    if let Rows::Own(own) = rows {
        let furthest = ids.find_own(&furthest, own)?;
        if furthest.is_none() {
            return Ok(None);
        }
        // A role that cannot read the table sees only rows of its own transaction.
        if is_hidden {
            return Ok(Some(Found { furthest_in_run: furthest, first_collision: ids.find_own(&first, own)? }));
        }
    }
    let one = |search| ids.find(&search, Visibility::InProgress).map(|ids| ids.first().copied());
    let first_collision = one(first)?;
    if first_collision.is_none() || is_hidden {
        return Ok(first_collision.map(|_| Found::default()));
    }
    Ok(Some(Found { furthest_in_run: one(Search::furthest_in(&position.run))?, first_collision }))
}

fn finding(position: &Position, top: Oid, found: Found) -> Finding {
    let Position { column, sequence, holds, state, run } = position;
    let verdict = verdict::judge(&sequence.definition, Span::SINGLE, *state, *holds, found);
    let direction = if run.is_ascending() { "up" } else { "down" };
    let table = names::relation_name(top).unwrap_or_else(|| column.table.clone()).quoted();
    let place = match top == column.relation {
        true => String::new(),
        false => format!(", in its partition {}", column.table.quoted()),
    };
    let mut detail = match found.furthest_in_run {
        Some(id) => format!("Rows exist {direction} to id {id}{place}."),
        None => format!("There are rows that the sequence has not passed{place}."),
    };
    // Without a collision that may be shown, the number of inserts that are left is unknown.
    if found.first_collision.is_some() && access::may_read_sequence(sequence.oid) {
        let next = run.first;
        detail += &format!(" The sequence hands out {next} next: {}.", wording::behind(column, &verdict, Span::SINGLE));
    }
    let extent = Extent {
        next: run.first,
        is_ascending: run.is_ascending(),
        furthest: found.furthest_in_run,
        at: transaction::statement_start(),
        is_set: false,
    };
    Finding { table: top, sequence: sequence.oid, extent, error: report::behind(&table, sequence, detail) }
}
