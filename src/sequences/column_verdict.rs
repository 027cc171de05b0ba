//! Reads what a verdict on one column needs, and judges it.

use super::link::Sequence;
use super::reading::Ids;
use super::verdict::{self, Found, Verdict};
use crate::error::Error;
use crate::ids::position::{IdRange, Span, State};
use crate::ids::search::Search;
use crate::pg::snapshot::Visibility;
use pgrx::pg_sys::Oid;

/// The facts about a sequence and its column, and the verdict.
pub struct Measured {
    pub verdict: Verdict,
    pub furthest: Option<i64>,
    /// The table that holds the furthest id.
    pub holder: Option<Oid>,
    pub range: IdRange,
    /// The ids that a value of the sequence may stand for in the column.
    pub span: Span,
    /// Number of values that the sequence would have to skip to pass every id, if it collides with
    /// one of them.
    pub values_to_pass: Option<i64>,
    /// The furthest id that lies between two future values, if no value collides with an id.
    pub between: Option<i64>,
    /// Whether a value collides with an id only if it stands for the ids before it.
    pub is_hit_before_first: bool,
}

/// A sequence's position.
#[derive(Clone, Copy)]
pub struct Position {
    pub state: State,
    pub next: Option<i64>,
    pub is_unlogged: bool,
}

/// Reads the ids that decide the verdict, and judges them.
pub fn measure(
    ids: &Ids<'_>,
    sequence: &Sequence,
    span: Span,
    state: State,
    range: IdRange,
) -> Result<Measured, Error> {
    let definition = &sequence.definition;
    let first = |search: Search| Ok::<_, Error>(ids.find(&search, Visibility::Committed)?.first().copied());
    let (furthest, holder) =
        ids.find_first(&Search::furthest(definition.is_ascending()), Visibility::Committed)?.unzip();
    let mut found = Found::default();
    let run = definition.run(state, range).map(|run| run.spanning(span));
    if let (Some(run), Some(furthest)) = (run, furthest)
        && run.reaches(furthest)
    {
        found.first_collision = first(Search::first_collision(&run))?;
        found.furthest_in_run =
            if run.range().contains(furthest) { Some(furthest) } else { first(Search::furthest_in(&run))? };
    }
    let verdict = verdict::judge(definition, span, state, range, found);
    let values_to_pass = run.zip(found.furthest_in_run).map(|(run, furthest)| run.values_up_to(furthest));
    let between = found.furthest_in_run.filter(|_| found.first_collision.is_none());
    let is_hit_before_first =
        run.zip(found.furthest_in_run).is_some_and(|(run, furthest)| run.is_before_first(furthest));
    Ok(Measured { verdict, furthest, holder, range, span, values_to_pass, between, is_hit_before_first })
}
