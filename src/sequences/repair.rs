//! Moves one sequence, and never takes back a value that a session may have drawn.
//!
//! Takes AccessShareLock on one table and one of its indexes while reading, then RowExclusiveLock
//! on the sequence (as nextval does) while moving it; each is released at once. Locks on a table
//! and on a sequence are never held together, so a repair cannot be part of a deadlock. A fence
//! waits without a lock.

use super::column::{AttrRef, Column};
use super::comparable::comparable;
use super::fence;
use super::grants;
use super::link::{Drawing, Link, Sequence};
use super::links::Links;
use super::manual_setval;
use super::outcome::{Options, Outcome, Report};
use super::reading::Ids;
use super::repair_step::Step;
use super::verdict::{MOST_OUTLIERS, Target, target};
use super::wording;
use crate::error::Error;
use crate::ids::position::{Definition, IdRange, Run, Span, State};
use crate::ids::search::Search;
use crate::pg::advance_sequence::{Advance, advance};
use crate::pg::sequence_state;
use crate::pg::{names, subtransaction};
use crate::report::dropped::look_twice;
use crate::report::wording::{self as words, Clause};
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::Oid;
use std::collections::HashSet;

/// A column whose ids count, and the range that it can hold.
struct Feed<'a> {
    table: Oid,
    ids: Ids<'a>,
    holds: IdRange,
    /// The ids that a value of the sequence may stand for in the column.
    span: Span,
}

impl<'a> Feed<'a> {
    /// Returns the columns whose ids can be compared with the sequence, and the reasons why others
    /// cannot.
    fn all(sequence: &Sequence, columns: &'a [(&Link, Column)]) -> Result<(Vec<Feed<'a>>, Vec<Clause>), Error> {
        let (mut feeds, mut notes) = (Vec::new(), Vec::new());
        for (link, column) in columns {
            match comparable(link, column) {
                Ok((id_type, holds)) => {
                    let (ids, span) = (Ids::of(column, id_type)?, link.span(sequence));
                    feeds.push(Feed { table: column.relation, ids, holds, span });
                }
                Err(reason) => notes.push(format!("{} was ignored: {reason}", column.label()).into()),
            }
        }
        Ok((feeds, notes))
    }
}

pub struct Repair<'a> {
    pub sequence: Sequence,
    pub options: Options,
    pub links: &'a Links,
}

impl Repair<'_> {
    /// Repairs the sequence; `None` if the sequence or every column that draws from it no longer
    /// exists. `explain` words an error.
    pub fn run(&self, feeding: &[&Link], explain: impl Fn(&Error) -> String) -> Option<Report> {
        let (step, table) = match look_twice(|| self.try_run(feeding)) {
            Ok(done) => done?,
            Err(_) if names::relation_schema(self.sequence.oid).is_none() => return None,
            Err(error) => (Step::skipped(None, explain(&error)), feeding.first()?.attr.0),
        };
        let mut notes = step.notes;
        if step.outcome != Outcome::Unchanged {
            notes.extend(wording::properties(&self.sequence).into_iter().map(Clause::from));
        }
        Some(Report {
            outcome: step.outcome,
            sequence: Some(self.sequence.oid),
            table: step.table.or(Some(table)),
            old_next: step.old_next,
            new_next: step.new_next,
            detail: notes,
            name: names::relation_name(self.sequence.oid),
        })
    }

    /// Returns why the sequence stays where it is although ids are in its way, whichever role
    /// calls. `None` if it would be moved, and if the current user may not see all ids.
    pub fn reason_to_decline(&self, feeding: &[&Link]) -> Result<Option<String>, Error> {
        let columns = self.columns(feeding)?;
        if columns.iter().any(|(_, column)| column.hidden().is_some()) {
            return Ok(None);
        }
        let (feeds, _) = Feed::all(&self.sequence, &columns)?;
        if feeds.is_empty() {
            return Ok(None);
        }
        let step = self.step(&feeds)?;
        Ok((step.outcome == Outcome::Skipped).then(|| words::detail(&step.notes).unwrap_or_default()))
    }

    /// Repairs the sequence; returns what was done, and the first table that draws from the
    /// sequence.
    fn try_run(&self, feeding: &[&Link]) -> Result<Option<(Step, Oid)>, Error> {
        let columns = self.columns(feeding)?;
        let Some((_, first)) = columns.first() else { return Ok(None) };
        Ok(Some((self.repair(feeding, &columns)?, first.relation)))
    }

    /// Returns the columns that values of the sequence may end up in. The rows of a partition are
    /// read with those of its root.
    fn columns<'l>(&self, feeding: &[&'l Link]) -> Result<Vec<(&'l Link, Column)>, Error> {
        let mut columns = Vec::with_capacity(feeding.len());
        for link in feeding.iter().copied().filter(|link| link.drawing != Drawing::Unused) {
            let column = Column::look_up(link.attr);
            columns.extend(column.map(|column| (link, self.links.hierarchies.unbounded(link, column))));
        }
        let attrs: HashSet<AttrRef> = columns.iter().map(|(link, _)| link.attr).collect();
        let is_covered = |link: &Link| self.links.hierarchies.head(link).is_some_and(|head| attrs.contains(&head));
        columns.retain(|(link, column)| !(column.is_partition && is_covered(link)));
        Ok(columns)
    }

    fn repair(&self, feeding: &[&Link], columns: &[(&Link, Column)]) -> Result<Step, Error> {
        if let Some(reason) = self.obstacle(columns) {
            return Ok(Step::skipped(None, reason));
        }
        let (feeds, mut notes) = Feed::all(&self.sequence, columns)?;
        if feeds.is_empty() {
            notes.extend(manual_setval::statement(&self.sequence, columns)?);
            return Ok(Step::all_skipped(None, notes));
        }
        let mut step = self.step(&feeds)?;
        if self.options.fence && !self.options.dry_run {
            let tables: Vec<Oid> = feeds.iter().flat_map(|feed| feed.ids.tables()).collect();
            step = match subtransaction::attempt(|| self.fence(feeding, &tables)) {
                Ok(Some(second)) => step.join(second),
                Ok(None) => step,
                Err(error) => step.unfenced(&error),
            };
        }
        step.notes.extend(notes);
        Ok(step)
    }

    /// Waits for the writers in progress, then looks again. By then a writer may have created a
    /// partition for its rows, and another session may have dropped one, so the tables are looked
    /// up again. `None` if no table is left.
    fn fence(&self, feeding: &[&Link], tables: &[Oid]) -> Result<Option<Step>, Error> {
        fence::wait_for_writers(tables)?;
        look_twice(|| {
            let columns = self.columns(feeding)?;
            let (feeds, _) = Feed::all(&self.sequence, &columns)?;
            if feeds.is_empty() { Ok(None) } else { self.step(&feeds).map(Some) }
        })
    }

    /// Returns why the current user cannot move the sequence at all.
    fn obstacle(&self, columns: &[(&Link, Column)]) -> Option<String> {
        grants::obstacle(&self.sequence, &columns.iter().map(|(_, column)| column).collect::<Vec<_>>())
    }

    /// Looks, decides and moves the sequence; again if ALTER SEQUENCE intervened.
    fn step(&self, feeds: &[Feed<'_>]) -> Result<Step, Error> {
        const ATTEMPTS: u32 = 5;
        let mut definition = self.sequence.definition;
        for _ in 0..ATTEMPTS {
            if let Some(step) = self.try_step(feeds, definition)? {
                return Ok(step);
            }
            definition = Sequence::look_up(self.sequence.oid)?.definition;
        }
        Err(Error::new(
            PgSqlErrorCode::ERRCODE_OBJECT_IN_USE,
            "could not move the sequence, since it was altered repeatedly",
        ))
    }

    /// Tries once; `None` if the definition has changed, so that the caller must look again.
    fn try_step(&self, feeds: &[Feed<'_>], definition: Definition) -> Result<Option<Step>, Error> {
        let state = sequence_state::read(self.sequence.oid)?.state;
        let next = definition.next(state);
        let Some(ways) = Ways::of(&definition, state, feeds) else {
            return Ok(Some(Step::skipped(
                next,
                "exhausted: the next value does not exist or does not fit".to_owned(),
            )));
        };
        let must_pass = collides(feeds, &definition, state)?;
        if !must_pass && self.options.margin == 0 {
            return Ok(Some(Step::unchanged(next)));
        }
        if definition.cycle {
            let reason = "a sequence with CYCLE generates used ids by design and is never moved";
            return Ok(Some(if must_pass { Step::skipped(next, reason.to_owned()) } else { Step::unchanged(next) }));
        }
        let tail = tail(feeds, &ways.longest)?;
        let ids: Vec<i64> = tail.iter().map(|(id, _)| *id).collect();
        let (furthest, left_behind) = match target(&ways.longest, &ways.common, &ids, must_pass, self.options.margin) {
            Target::Stay => return Ok(Some(Step::unchanged(next))),
            Target::OnlyOutliers(left) => {
                return Ok(Some(Step::all_skipped(next, self.left_behind(&ways, &left))));
            }
            Target::NothingBeyond { furthest, limit } => {
                return Ok(Some(Step::skipped(next, self.nothing_beyond(furthest, limit))));
            }
            Target::Pass { furthest, left_behind } => (furthest, left_behind),
        };
        let notes = if left_behind.is_empty() { vec![] } else { self.left_behind(&ways, &left_behind) };
        let table = tail.iter().find(|(id, _)| *id == furthest).map(|(_, table)| *table);
        if self.options.dry_run {
            let new_next = ways.common.beyond(furthest, self.options.margin);
            return Ok(Some(Step { outcome: Outcome::WouldAdvance, old_next: next, new_next, table, notes }));
        }
        let aim = |state| self.aim(&definition, state, &ways, furthest);
        Ok(match advance(self.sequence.oid, &definition, aim)? {
            Advance::Moved { from, to } => Some(Step {
                outcome: Outcome::Advanced,
                old_next: definition.next(from),
                new_next: definition.next(to),
                table,
                notes,
            }),
            Advance::Unchanged => {
                Some(Step::unchanged(definition.next(sequence_state::read(self.sequence.oid)?.state)))
            }
            Advance::Redefined => None,
        })
    }

    /// Returns the `last_value` after which nextval passes `furthest` and the margin; `None` if it
    /// already does.
    fn aim(&self, definition: &Definition, state: State, ways: &Ways, furthest: i64) -> Option<i64> {
        let run = definition.run(state, ways.holds)?.spanning(ways.common.span);
        let next = run.beyond(furthest, self.options.margin).filter(|next| *next != run.first)?;
        next.checked_sub(definition.increment)
    }

    fn left_behind(&self, ways: &Ways, ids: &[i64]) -> Vec<Clause> {
        let shown = ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
        let furthest = ids.first().copied().unwrap_or(ways.longest.bound);
        let bound = ways.longest.bound;
        let (these, them) = if ids.len() == 1 { ("id", "it") } else { ("ids", "them") };
        let verb = if ids.len() == 1 { "is" } else { "are" };
        let reason = format!(
            "{these} {shown} {verb} not passed, since more than half of what the sequence has left up to {bound} \
             separates {them} from all others"
        );
        vec![reason.into(), wording::pass_anyway(&self.sequence, &ways.common, furthest)]
    }

    fn nothing_beyond(&self, furthest: i64, limit: i64) -> String {
        if self.options.margin > 0 {
            let margin = self.options.margin;
            return format!("ids reach {furthest}, and a margin of {margin} leaves no value up to {limit}");
        }
        format!(
            "ids reach {furthest}, and the sequence or a column's type ends at {limit}: passing them would leave no value. \
             Make room first, or delete rows"
        )
    }
}

/// How far a sequence can go that feeds columns of different width.
struct Ways {
    /// The run up to the bound of the widest column that can still hold the next value.
    longest: Run,
    /// The run up to the bound of the narrowest one: beyond it, a column would be left without a
    /// value.
    common: Run,
    /// The range that all of them can hold.
    holds: IdRange,
}

impl Ways {
    /// Returns the runs; `None` if the sequence is exhausted for every column.
    fn of(definition: &Definition, state: State, feeds: &[Feed<'_>]) -> Option<Ways> {
        let open = || feeds.iter().filter_map(|feed| Some((definition.run(state, feed.holds)?, feed.holds)));
        let holds = open().map(|(_, holds)| holds).reduce(IdRange::intersect)?;
        let longest = open().map(|(run, _)| run).max_by_key(Run::len)?;
        let span = feeds.iter().map(|feed| feed.span).fold(Span::SINGLE, Span::union);
        Some(Ways { longest: longest.spanning(span), common: definition.run(state, holds)?.spanning(span), holds })
    }
}

/// Whether an id is in the way of any column.
fn collides(feeds: &[Feed<'_>], definition: &Definition, state: State) -> Result<bool, Error> {
    for feed in feeds {
        if let Some(run) = definition.run(state, feed.holds)
            && !feed.ids.find_all(&Search::first_collision(&run.spanning(feed.span)))?.is_empty()
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns the furthest different ids over all columns, each with a table that holds it.
fn tail(feeds: &[Feed<'_>], run: &Run) -> Result<Vec<(i64, Oid)>, Error> {
    let search = Search::furthest_up_to_bound(run, MOST_OUTLIERS + 1);
    let mut found = Vec::new();
    for feed in feeds {
        found.extend(feed.ids.find_all(&search)?.into_iter().map(|id| (id, feed.table)));
    }
    let ids = search.merge(found.iter().map(|(id, _)| *id));
    Ok(ids.into_iter().filter_map(|id| found.iter().find(|(other, _)| *other == id).copied()).collect())
}
