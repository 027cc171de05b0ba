//! seq_resync: moves every sequence in scope past the ids that are there, without taking a value back from anybody.
//!
//! For each sequence: AccessShareLock on one table and one index at a time while reading, then RowExclusiveLock on the
//! sequence (what nextval takes) while it is moved; each is given back at once. Tables come before the sequence, as in
//! an INSERT, and no two locks are held together, so it takes part in no deadlock.

use super::advice;
use super::audit::read_position;
use super::discover::discover;
use super::links::{Kind, Link, Sequence, Source};
use super::position::{Definition, IdRange, Run, State};
use super::reading::Ids;
use super::scope::Scope;
use super::search::Search;
use super::verdict::{MOST_STRAGGLERS, Target, target};
use crate::fault::Fault;
use crate::pg::advance::{Advance, advance};
use crate::pg::{access, lockers, schemas, sequence, subtransaction};
use crate::progress::Progress;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::Oid;
use std::collections::HashSet;

#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub dry_run: bool,
    /// How many ids beyond the furthest to keep free.
    pub margin: i64,
    /// Wait for the writers in progress, then look again.
    pub fence: bool,
}

/// As in the column `outcome`, in the order of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    Skipped,
    Advanced,
    WouldAdvance,
    Unchanged,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Skipped => "skipped",
            Outcome::Advanced => "advanced",
            Outcome::WouldAdvance => "would advance",
            Outcome::Unchanged => "unchanged",
        }
    }
}

/// One row of seq_resync.
#[derive(Clone, Debug)]
pub struct Report {
    pub outcome: Outcome,
    pub sequence: Option<Oid>,
    pub table: Option<Oid>,
    pub old_next: Option<i64>,
    pub new_next: Option<i64>,
    pub detail: Option<String>,
    /// Schema and name of sequence and table, to sort by.
    name: (String, String, String),
}

/// Moves every sequence that feeds a column in scope. All columns that draw from it count, in scope or not.
pub fn resync(scope: Scope, options: Options) -> Result<Vec<Report>, Fault> {
    let links = discover()?;
    let drawers = links.drawers();
    let (mut seen, mut wanted, mut reports) = (HashSet::new(), Vec::new(), Vec::new());
    for link in links.links.iter().filter(|link| scope.covers(&link.column) && draws(link)) {
        match &link.source {
            Source::Known(oid) if seen.insert(*oid) => wanted.push(*oid),
            Source::Known(_) => {}
            Source::Unresolved(reason) => reports.push(unresolved(link, reason)),
        }
    }
    let mut progress = Progress::new("sequences", wanted.len());
    for oid in wanted {
        progress.step();
        let Some(sequence) = links.sequences.get(&oid) else { continue };
        let columns = drawers.get(&oid).into_iter().flatten().map(|index| &links.links[*index]);
        reports.push(Repair::new(sequence, columns.filter(|link| draws(link)).collect(), options).run());
    }
    reports.sort_by(|one, other| (one.outcome, &one.name).cmp(&(other.outcome, &other.name)));
    Ok(reports)
}

/// Whether values of the sequence may end up in the column: also those an application draws for a column that owns
/// the sequence and has no default.
fn draws(link: &Link) -> bool {
    link.kind != Kind::Owned || !link.column.has_default
}

fn unresolved(link: &Link, reason: &str) -> Report {
    Report {
        outcome: Outcome::Skipped,
        sequence: None,
        table: Some(link.column.relation),
        old_next: None,
        new_next: None,
        detail: Some(reason.to_owned()),
        name: (link.column.schema.clone(), String::new(), link.column.table.clone()),
    }
}

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

/// A column whose ids count.
struct Feed<'a> {
    link: &'a Link,
    ids: Ids,
}

struct Repair<'a> {
    sequence: &'a Sequence,
    links: Vec<&'a Link>,
    options: Options,
}

impl<'a> Repair<'a> {
    fn new(sequence: &'a Sequence, links: Vec<&'a Link>, options: Options) -> Self {
        // A partition's rows are read with those of its root.
        let roots: HashSet<Oid> = links.iter().map(|link| link.column.relation).collect();
        let is_covered = |link: &&Link| link.column.root.is_some_and(|root| roots.contains(&root));
        let links = links.into_iter().filter(|link| !is_covered(link)).collect();
        Repair { sequence, links, options }
    }

    fn run(self) -> Report {
        let step = subtransaction::attempt(|| self.repair())
            .unwrap_or_else(|fault| Step::skipped(None, advice::sentence(&fault)));
        let table = step.table.or_else(|| self.links.first().map(|link| link.column.relation));
        let table_name = self.links.iter().find(|link| Some(link.column.relation) == table);
        let mut notes = step.notes;
        if step.outcome != Outcome::Unchanged {
            notes.extend(advice::properties(self.sequence));
        }
        Report {
            outcome: step.outcome,
            sequence: Some(self.sequence.oid),
            table,
            old_next: step.old_next,
            new_next: step.new_next,
            detail: (!notes.is_empty()).then(|| notes.join("; ")),
            name: (
                self.sequence.schema.clone(),
                self.sequence.name.clone(),
                table_name.map(|link| link.column.table.clone()).unwrap_or_default(),
            ),
        }
    }

    fn repair(&self) -> Result<Step, Fault> {
        if let Some(reason) = self.obstacle() {
            return Ok(Step::skipped(None, reason));
        }
        let (feeds, range, notes) = self.feeds()?;
        if feeds.is_empty() {
            return Ok(Step::skipped(None, notes.join("; ")));
        }
        let mut step = self.step(&feeds, range)?;
        if self.options.fence && !self.options.dry_run {
            for table in feeds.iter().flat_map(|feed| feed.ids.tables()) {
                lockers::wait_for_writers(table);
            }
            step = join(step, self.step(&feeds, range)?);
        }
        step.notes.extend(notes);
        Ok(step)
    }

    /// Why this user cannot move this sequence at all.
    fn obstacle(&self) -> Option<String> {
        if schemas::is_other_temp(self.sequence.namespace) {
            return Some("another session's temporary sequence".to_owned());
        }
        if !access::may_update_sequence(self.sequence.oid) {
            return Some("no UPDATE privilege on the sequence".to_owned());
        }
        let columns = || self.links.iter().map(|link| &link.column);
        if let Some(column) = columns().find(|column| !access::may_select_column(column.relation, column.attribute)) {
            return Some(format!("no SELECT privilege on {}", column.label()));
        }
        let hidden = columns().find(|column| access::is_row_security_on(column.relation))?;
        Some(format!("row security hides rows of {} from this user", hidden.quoted_table()))
    }

    /// The columns that can be compared with the sequence, what all of them can hold, and why others cannot.
    fn feeds(&self) -> Result<(Vec<Feed<'a>>, IdRange, Vec<String>), Fault> {
        let (mut feeds, mut notes, mut range) = (Vec::new(), Vec::new(), IdRange::BIGINT);
        for link in self.links.iter().copied() {
            match advice::comparable(link) {
                Ok((numbers, holds)) => {
                    range = range.intersect(holds);
                    feeds.push(Feed { link, ids: Ids::of(&link.column, numbers)? });
                }
                Err(reason) => notes.push(format!("{} was left out: {reason}", link.column.label())),
            }
        }
        Ok((feeds, range, notes))
    }

    /// Looks, decides and moves; again if ALTER SEQUENCE came in between.
    fn step(&self, feeds: &[Feed<'_>], range: IdRange) -> Result<Step, Fault> {
        const ATTEMPTS: u32 = 5;
        for _ in 0..ATTEMPTS {
            if let Some(step) = self.try_step(feeds, range)? {
                return Ok(step);
            }
        }
        Err(Fault::new(PgSqlErrorCode::ERRCODE_OBJECT_IN_USE, "the sequence was altered again and again meanwhile"))
    }

    fn try_step(&self, feeds: &[Feed<'_>], range: IdRange) -> Result<Option<Step>, Fault> {
        let gone = || Fault::new(PgSqlErrorCode::ERRCODE_UNDEFINED_OBJECT, "the sequence is gone");
        let definition = sequence::read_definition(self.sequence.oid).ok_or_else(gone)?;
        let state = read_position(self.sequence.oid)?;
        let next = definition.next(state);
        let Some(run) = definition.run(state, range) else {
            return Ok(Some(Step::skipped(next, "exhausted: the next value does not exist or does not fit".to_owned())));
        };
        let must_pass = find(feeds, &Search::first_collision(&run))?.is_some();
        if !must_pass && self.options.margin == 0 {
            return Ok(Some(unchanged(next)));
        }
        if definition.cycle {
            let reason = "a sequence with CYCLE meets taken ids by design and is never moved";
            return Ok(Some(if must_pass { Step::skipped(next, reason.to_owned()) } else { unchanged(next) }));
        }
        let tail = tail(feeds, &run)?;
        let ids: Vec<i64> = tail.iter().map(|(id, _)| *id).collect();
        let (furthest, left_behind) = match target(&run, &ids, must_pass, self.options.margin) {
            Target::Stay => return Ok(Some(unchanged(next))),
            Target::OnlyStragglers(left) => return Ok(Some(Step::skipped(next, self.left_behind(&run, &left)))),
            Target::NothingBeyond(id) => return Ok(Some(Step::skipped(next, self.nothing_beyond(&run, id)))),
            Target::Pass { furthest, left_behind } => (furthest, left_behind),
        };
        let notes = if left_behind.is_empty() { vec![] } else { vec![self.left_behind(&run, &left_behind)] };
        let table = tail.iter().find(|(id, _)| *id == furthest).map(|(_, table)| *table);
        if self.options.dry_run {
            let new_next = run.beyond(furthest, self.options.margin);
            return Ok(Some(Step { outcome: Outcome::WouldAdvance, old_next: next, new_next, table, notes }));
        }
        Ok(match advance(self.sequence.oid, &definition, |state| self.aim(&definition, state, range, furthest))? {
            Advance::Moved { from, to } => Some(Step {
                outcome: Outcome::Advanced,
                old_next: definition.next(from),
                new_next: definition.next(to),
                table,
                notes,
            }),
            Advance::Left => Some(unchanged(definition.next(read_position(self.sequence.oid)?))),
            Advance::Redefined => None,
        })
    }

    /// The `last_value` after which nextval passes `furthest` and the margin, or `None` if it does so already.
    fn aim(&self, definition: &Definition, state: State, range: IdRange, furthest: i64) -> Option<i64> {
        let run = definition.run(state, range)?;
        let next = run.beyond(furthest, self.options.margin).filter(|next| *next != run.first)?;
        next.checked_sub(definition.increment)
    }

    fn left_behind(&self, run: &Run, ids: &[i64]) -> String {
        let shown = ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
        let furthest = ids.first().copied().unwrap_or(run.bound);
        format!(
            "not passed: {shown}, apart from all others by more than half of what the sequence has left up to {}; to pass \
             it all the same: {}",
            run.bound,
            advice::setval(self.sequence, furthest)
        )
    }

    fn nothing_beyond(&self, run: &Run, furthest: i64) -> String {
        let bound = run.bound;
        if self.options.margin > 0 {
            let margin = self.options.margin;
            return format!("ids reach {furthest} and a margin of {margin} leaves no value up to the end at {bound}");
        }
        format!(
            "ids reach {furthest} and the sequence or a column's type ends at {bound}: passing them would leave no value; \
             to do it all the same: {}",
            advice::setval(self.sequence, furthest)
        )
    }
}

fn unchanged(next: Option<i64>) -> Step {
    Step { outcome: Outcome::Unchanged, old_next: next, new_next: next, table: None, notes: vec![] }
}

/// The first answer to the search over all columns.
fn find(feeds: &[Feed<'_>], search: &Search) -> Result<Option<i64>, Fault> {
    for feed in feeds {
        if let Some(id) = feed.ids.find_all(search)?.first() {
            return Ok(Some(*id));
        }
    }
    Ok(None)
}

/// The furthest different ids over all columns, each with a table that has it.
fn tail(feeds: &[Feed<'_>], run: &Run) -> Result<Vec<(i64, Oid)>, Fault> {
    let search = Search::furthest_up_to_bound(run, MOST_STRAGGLERS + 1);
    let mut found = Vec::new();
    for feed in feeds {
        found.extend(feed.ids.find_all(&search)?.into_iter().map(|id| (id, feed.link.column.relation)));
    }
    let ids = search.merge(found.iter().map(|(id, _)| *id));
    Ok(ids.into_iter().filter_map(|id| found.iter().find(|(other, _)| *other == id).copied()).collect())
}

/// Two looks as one: what was before the first, and what is after the second.
fn join(first: Step, second: Step) -> Step {
    match (first.outcome, second.outcome) {
        (Outcome::Advanced, Outcome::Advanced) => Step { old_next: first.old_next, ..second },
        (Outcome::Advanced, _) => first,
        _ => second,
    }
}
