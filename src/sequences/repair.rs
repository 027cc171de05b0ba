//! Moves one sequence, without taking a value back from anybody.
//!
//! AccessShareLock on one table and one of its indexes while reading, then RowExclusiveLock on the sequence (what nextval
//! takes) while it is moved; each is given back at once. Locks on a table and on a sequence are never held together, so it
//! takes part in no deadlock. (A fence waits for transactions, which the server's deadlock check knows of.)

use super::advice;
use super::by_hand;
use super::column::{Column, Hidden};
use super::links::{Drawing, Link, Links, Sequence};
use super::position::{Definition, IdRange, Run, Span, State};
use super::reading::Ids;
use super::resync::{Options, Outcome, Report};
use super::search::Search;
use super::sequence_state;
use super::verdict::{MOST_STRAGGLERS, Target, target};
use crate::fault::Fault;
use crate::pg::advance::{Advance, advance};
use crate::pg::{access, lockers, names, subtransaction};
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::Oid;
use std::collections::HashSet;

/// What one look at the columns came to.
struct Step {
    outcome: Outcome,
    old_next: Option<i64>,
    new_next: Option<i64>,
    table: Option<Oid>,
    notes: Vec<String>,
}

impl Step {
    fn skipped(next: Option<i64>, reason: String) -> Step {
        Step { outcome: Outcome::Skipped, old_next: next, new_next: next, table: None, notes: vec![reason] }
    }
}

/// A column whose ids count, and what it can hold.
struct Feed<'a> {
    table: Oid,
    ids: Ids<'a>,
    holds: IdRange,
    /// What a value of the sequence may stand for in the column.
    span: Span,
}

pub struct Repair<'a> {
    pub sequence: Sequence,
    pub options: Options,
    pub links: &'a Links,
}

impl Repair<'_> {
    /// `None` if no column is left that draws from the sequence.
    pub fn run(&self, feeding: &[&Link]) -> Option<Report> {
        let (step, table) = match subtransaction::attempt(|| self.columns(feeding)) {
            Ok(columns) => {
                let (_, first) = columns.first()?;
                let step = subtransaction::attempt(|| self.repair(&columns));
                (step.unwrap_or_else(|fault| Step::skipped(None, advice::sentence(&fault))), Some(first.relation))
            }
            Err(fault) => (Step::skipped(None, advice::sentence(&fault)), feeding.first().map(|link| link.place.0)),
        };
        let mut notes = step.notes;
        if step.outcome != Outcome::Unchanged {
            notes.extend(advice::properties(&self.sequence));
        }
        Some(Report {
            outcome: step.outcome,
            sequence: Some(self.sequence.oid),
            table: step.table.or(table),
            old_next: step.old_next,
            new_next: step.new_next,
            detail: (!notes.is_empty()).then(|| notes.join("; ")),
            name: names::relation_name(self.sequence.oid),
        })
    }

    /// The columns that values of the sequence may end up in. A partition's rows are read with those of its root.
    fn columns<'l>(&self, feeding: &[&'l Link]) -> Result<Vec<(&'l Link, Column)>, Fault> {
        let mut columns = Vec::with_capacity(feeding.len());
        for link in feeding.iter().copied().filter(|link| link.drawing != Drawing::Unused) {
            columns.extend(Column::look_up(link.place).map(|column| (link, column)));
        }
        let places: HashSet<(Oid, String)> =
            columns.iter().map(|(_, column)| (column.relation, column.name.clone())).collect();
        let is_covered = |column: &Column| Some((self.links.root(column)?, column.name.clone()));
        columns.retain(|(_, column)| is_covered(column).is_none_or(|place| !places.contains(&place)));
        Ok(columns)
    }

    fn repair(&self, columns: &[(&Link, Column)]) -> Result<Step, Fault> {
        if let Some(reason) = self.obstacle(columns) {
            return Ok(Step::skipped(None, reason));
        }
        let (mut feeds, mut notes) = (Vec::new(), Vec::new());
        for (link, column) in columns {
            match advice::comparable(link, column) {
                Ok((id_type, holds)) => {
                    let span = link.span(&self.sequence);
                    feeds.push(Feed { table: column.relation, ids: Ids::of(column, id_type)?, holds, span });
                }
                Err(reason) => notes.push(format!("{} was left out: {reason}", column.label())),
            }
        }
        if feeds.is_empty() {
            notes.extend(by_hand::statement(&self.sequence, columns)?);
            return Ok(Step::skipped(None, notes.join("; ")));
        }
        let mut step = self.step(&feeds)?;
        if self.options.fence && !self.options.dry_run {
            step = match subtransaction::attempt(|| self.fence(&feeds)) {
                Ok(second) => join(step, second),
                Err(fault) => unfenced(step, &fault),
            };
        }
        step.notes.extend(notes);
        Ok(step)
    }

    /// Waits for the writers there are, then looks again.
    fn fence(&self, feeds: &[Feed<'_>]) -> Result<Step, Fault> {
        for table in feeds.iter().flat_map(|feed| feed.ids.tables()) {
            lockers::wait_for_writers(table);
        }
        self.step(feeds)
    }

    /// Why this user cannot move this sequence at all.
    fn obstacle(&self, columns: &[(&Link, Column)]) -> Option<String> {
        if !access::may_update_sequence(self.sequence.oid) {
            return Some("no UPDATE privilege on the sequence".to_owned());
        }
        columns.iter().find_map(|(_, column)| {
            Some(match column.hidden()? {
                Hidden::Schema => {
                    format!("no USAGE privilege on schema {}", names::quote_identifier(&column.table.schema))
                }
                Hidden::Privilege => format!("no SELECT privilege on {}", column.label()),
                Hidden::RowSecurity => {
                    format!("row security hides rows of {} from this user", column.table.quoted())
                }
            })
        })
    }

    /// Looks, decides and moves; again if ALTER SEQUENCE came in between.
    fn step(&self, feeds: &[Feed<'_>]) -> Result<Step, Fault> {
        const ATTEMPTS: u32 = 5;
        let mut definition = self.sequence.definition;
        for _ in 0..ATTEMPTS {
            if let Some(step) = self.try_step(feeds, definition)? {
                return Ok(step);
            }
            definition = Sequence::look_up(self.sequence.oid)?.definition;
        }
        Err(Fault::new(PgSqlErrorCode::ERRCODE_OBJECT_IN_USE, "the sequence was altered again and again meanwhile"))
    }

    /// `None`: the definition is not what it was; look again.
    fn try_step(&self, feeds: &[Feed<'_>], definition: Definition) -> Result<Option<Step>, Fault> {
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
            return Ok(Some(unchanged(next)));
        }
        if definition.cycle {
            let reason = "a sequence with CYCLE meets taken ids by design and is never moved";
            return Ok(Some(if must_pass { Step::skipped(next, reason.to_owned()) } else { unchanged(next) }));
        }
        let tail = tail(feeds, &ways.longest)?;
        let ids: Vec<i64> = tail.iter().map(|(id, _)| *id).collect();
        let (furthest, left_behind) = match target(&ways.longest, &ways.common, &ids, must_pass, self.options.margin) {
            Target::Stay => return Ok(Some(unchanged(next))),
            Target::OnlyStragglers(left) => {
                return Ok(Some(Step::skipped(next, self.left_behind(&ways, &left))));
            }
            Target::NothingBeyond { furthest, limit } => {
                return Ok(Some(Step::skipped(next, self.nothing_beyond(furthest, limit))));
            }
            Target::Pass { furthest, left_behind } => (furthest, left_behind),
        };
        let notes = if left_behind.is_empty() { vec![] } else { vec![self.left_behind(&ways, &left_behind)] };
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
            Advance::Left => Some(unchanged(definition.next(sequence_state::read(self.sequence.oid)?.state))),
            Advance::Redefined => None,
        })
    }

    /// The `last_value` after which nextval passes `furthest` and the margin, or `None` if it does so already.
    fn aim(&self, definition: &Definition, state: State, ways: &Ways, furthest: i64) -> Option<i64> {
        let run = definition.run(state, ways.holds)?.spanning(ways.common.span);
        let next = run.beyond(furthest, self.options.margin).filter(|next| *next != run.first)?;
        next.checked_sub(definition.increment)
    }

    fn left_behind(&self, ways: &Ways, ids: &[i64]) -> String {
        let shown = ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
        let furthest = ids.first().copied().unwrap_or(ways.longest.bound);
        format!(
            "not passed: {shown}, apart from all others by more than half of what the sequence has left up to {}; {}",
            ways.longest.bound,
            advice::pass_all_the_same(&self.sequence, &ways.common, furthest)
        )
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

fn unchanged(next: Option<i64>) -> Step {
    Step { outcome: Outcome::Unchanged, old_next: next, new_next: next, table: None, notes: vec![] }
}

/// How far a sequence can go that feeds columns of different width.
struct Ways {
    /// As far as any column that still takes the next value goes.
    longest: Run,
    /// As far as all of them go: beyond it, one would be left without a value.
    common: Run,
    /// What all of them hold.
    holds: IdRange,
}

impl Ways {
    /// `None`: exhausted for every column.
    fn of(definition: &Definition, state: State, feeds: &[Feed<'_>]) -> Option<Ways> {
        let open = || feeds.iter().filter_map(|feed| Some((definition.run(state, feed.holds)?, feed.holds)));
        let holds = open().map(|(_, holds)| holds).reduce(IdRange::intersect)?;
        let longest = open().map(|(run, _)| run).max_by_key(Run::len)?;
        let span = feeds.iter().map(|feed| feed.span).fold(Span::SINGLE, Span::union);
        Some(Ways { longest: longest.spanning(span), common: definition.run(state, holds)?.spanning(span), holds })
    }
}

/// Whether an id stands in the way of any column.
fn collides(feeds: &[Feed<'_>], definition: &Definition, state: State) -> Result<bool, Fault> {
    for feed in feeds {
        if let Some(run) = definition.run(state, feed.holds)
            && !feed.ids.find_all(&Search::first_collision(&run.spanning(feed.span)))?.is_empty()
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The furthest different ids over all columns, each with a table that has it.
fn tail(feeds: &[Feed<'_>], run: &Run) -> Result<Vec<(i64, Oid)>, Fault> {
    let search = Search::furthest_up_to_bound(run, MOST_STRAGGLERS + 1);
    let mut found = Vec::new();
    for feed in feeds {
        found.extend(feed.ids.find_all(&search)?.into_iter().map(|id| (id, feed.table)));
    }
    let ids = search.merge(found.iter().map(|(id, _)| *id));
    Ok(ids.into_iter().filter_map(|id| found.iter().find(|(other, _)| *other == id).copied()).collect())
}

/// Two looks as one: what was before the first, and what is after the second.
fn join(mut first: Step, second: Step) -> Step {
    match (first.outcome, second.outcome) {
        (Outcome::Advanced, Outcome::Advanced) => Step { old_next: first.old_next, ..second },
        (Outcome::Advanced, _) => {
            first.notes = if second.notes.is_empty() { first.notes } else { second.notes };
            first
        }
        _ => second,
    }
}

/// What was done before the fence was done, whatever became of that.
fn unfenced(mut step: Step, fault: &Fault) -> Step {
    if step.outcome == Outcome::Unchanged {
        step.outcome = Outcome::Skipped;
    }
    step.notes.push(format!("not fenced: {}", advice::sentence(fault)));
    step
}
