//! Moves one sequence, and never takes back a value that a session may have drawn.
//!
//! Takes AccessShareLock on one table and one of its indexes while reading, then RowExclusiveLock
//! on the sequence (as nextval does) while moving it; each is released at once. Locks on a table
//! and on a sequence are never held together, so a repair cannot be part of a deadlock. A fence
//! waits without a lock.

use super::column::{AttrRef, Column};
use super::counterparts::Counterpart;
use super::feeds::{Feed, Ways, closes, collides, tail};
use super::fence;
use super::grants;
use super::link::{Drawing, Link, Sequence};
use super::links::Links;
use super::manual_setval;
use super::outcome::{Options, Outcome, Report};
use super::repair_step::Step;
use super::verdict::{Target, target};
use super::wording;
use crate::error::Error;
use crate::ids::origin::Floor;
use crate::ids::position::{Definition, State};
use crate::pg::advance_sequence::{Advance, advance};
use crate::pg::sequence_state;
use crate::pg::{names, subtransaction};
use crate::report::dropped::look_twice;
use crate::report::wording::{self as words, Clause};
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::Oid;
use std::collections::HashSet;

pub struct Repair<'a> {
    pub sequence: Sequence,
    pub options: Options,
    pub links: &'a Links,
    pub counterpart: Counterpart<'a>,
}

/// What a sequence has to pass.
#[derive(Clone, Copy)]
struct Goal {
    /// The first value that the source had not generated.
    floor: Option<Floor>,
    /// The furthest id.
    furthest: Option<i64>,
}

impl Repair<'_> {
    /// Repairs the sequence; `None` if the sequence no longer exists, or if no column draws from it
    /// and the source does not have it. `explain` words an error.
    pub fn run(&self, feeding: &[&Link], explain: impl Fn(&Error) -> String) -> Option<Report> {
        let (step, table) = match look_twice(|| self.try_run(feeding)) {
            Ok(done) => done?,
            Err(_) if names::relation_schema(self.sequence.oid).is_none() => return None,
            Err(error) => (Step::skipped(None, explain(&error)), feeding.first().map(|link| link.attr.0)),
        };
        let mut notes = step.notes;
        notes.extend(self.counterpart.note());
        if step.outcome != Outcome::Unchanged {
            notes.extend(wording::properties(&self.sequence).into_iter().map(Clause::from));
        }
        Some(Report {
            outcome: step.outcome,
            sequence: Some(self.sequence.oid),
            table: step.table.or(table),
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
    fn try_run(&self, feeding: &[&Link]) -> Result<Option<(Step, Option<Oid>)>, Error> {
        let columns = self.columns(feeding)?;
        if columns.is_empty() && !self.counterpart.is_found() {
            return Ok(None);
        }
        let table = columns.first().map(|(_, column)| column.relation);
        Ok(Some((self.repair(feeding, &columns)?, table)))
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
        let (feeds, notes) = Feed::all(&self.sequence, columns)?;
        if feeds.is_empty() {
            return self.without_ids(columns, notes);
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

    /// Carries the position over to a sequence without ids that can be compared with it: one that
    /// no column draws from, or whose values are not stored as they are drawn. `notes` says why.
    fn without_ids(&self, columns: &[(&Link, Column)], mut notes: Vec<Clause>) -> Result<Step, Error> {
        let carried = if self.counterpart.is_found() { Some(self.step(&[])?) } else { None };
        notes.extend(manual_setval::statement(&self.sequence, columns)?);
        Ok(match carried {
            Some(step) if columns.is_empty() => step,
            Some(step) => step.incomplete(notes),
            None => Step::all_skipped(None, notes),
        })
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
        let floor = match self.counterpart.floor(&self.sequence, &definition, state) {
            Ok(floor) => floor,
            Err(reasons) => return Ok(Some(Step::all_skipped(next, reasons))),
        };
        // The ids are judged as seen from the floor.
        let raised = floor.map_or(Some(state), |floor| definition.at(floor, state, self.options.margin));
        let raised = raised.filter(|raised| !closes(feeds, &definition, state, *raised));
        let is_raised = raised.is_some_and(|raised| raised != state);
        let ways = raised.and_then(|raised| Ways::of(&definition, raised, feeds));
        let Some((raised, ways)) = raised.zip(ways) else {
            let floor = floor.filter(|_| next.is_some() && raised != Some(state));
            return Ok(Some(Step::skipped(next, out_of_reach(&definition, floor))));
        };
        let must_pass = collides(feeds, &definition, raised)?;
        if !must_pass && self.options.margin == 0 && !is_raised {
            return Ok(Some(Step::unchanged(next)));
        }
        if definition.cycle {
            let reason = "a sequence with CYCLE generates used ids by design and is never moved";
            return Ok(Some(if must_pass { Step::skipped(next, reason.to_owned()) } else { Step::unchanged(next) }));
        }
        let tail = tail(feeds, &ways.longest)?;
        let ids: Vec<i64> = tail.iter().map(|(id, _)| *id).collect();
        let (furthest, left_behind) = match target(&ways.longest, &ways.common, &ids, must_pass, self.options.margin) {
            Target::Stay if is_raised => (None, vec![]),
            Target::Stay => return Ok(Some(Step::unchanged(next))),
            Target::OnlyOutliers(left) if is_raised => (None, left),
            Target::OnlyOutliers(left) => {
                return Ok(Some(Step::all_skipped(next, self.left_behind(&ways, &left))));
            }
            Target::NothingBeyond { furthest, limit } => {
                return Ok(Some(Step::skipped(next, self.nothing_beyond(furthest, limit))));
            }
            Target::Pass { furthest, left_behind } => (Some(furthest), left_behind),
        };
        let goal = Goal { floor, furthest };
        let notes = if left_behind.is_empty() { vec![] } else { self.left_behind(&ways, &left_behind) };
        let table = tail.iter().find(|(id, _)| Some(*id) == furthest).map(|(_, table)| *table);
        if self.options.dry_run {
            let new_next = self.aim(&definition, state, &ways, goal);
            let new_next = new_next.and_then(|last_value| last_value.checked_add(definition.increment));
            return Ok(Some(Step { outcome: Outcome::WouldAdvance, old_next: next, new_next, table, notes }));
        }
        let aim = |state| self.aim(&definition, state, &ways, goal);
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

    /// Returns the `last_value` after which nextval passes the goal and the margin; `None` if it
    /// already does.
    fn aim(&self, definition: &Definition, state: State, ways: &Ways, goal: Goal) -> Option<i64> {
        let margin = self.options.margin;
        let raised = goal.floor.map_or(Some(state), |floor| definition.at(floor, state, margin))?;
        let run = definition.run(raised, ways.holds)?.spanning(ways.common.span);
        let next = goal.furthest.map_or(Some(run.first), |furthest| run.beyond(furthest, margin))?;
        if definition.next(state) == Some(next) { None } else { next.checked_sub(definition.increment) }
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

/// Returns why the sequence has no value for its columns: it is exhausted, or would be at `floor`.
fn out_of_reach(definition: &Definition, floor: Option<Floor>) -> String {
    let Some(Floor(floor)) = floor else {
        return "exhausted: the next value does not exist or does not fit".to_owned();
    };
    let bound = if definition.is_ascending() { definition.max } else { definition.min };
    format!(
        "the source has generated the values before {floor}; the sequence, which ends at {bound}, or a column's type has none \
         left after them. Make room first"
    )
}
