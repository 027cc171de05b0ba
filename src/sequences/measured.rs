//! Reads what a verdict on one column needs, and asks for the verdict.

use super::links::Sequence;
use super::position::{IdRange, State};
use super::reading::Ids;
use super::search::Search;
use super::verdict::{self, Found, Verdict};
use crate::fault::Fault;
use crate::pg::snapshot::Visibility;

/// What was read of a sequence and its column.
pub struct Measured {
    pub verdict: Verdict,
    pub furthest: Option<i64>,
    pub range: IdRange,
}

/// Where a sequence stands.
#[derive(Clone, Copy)]
pub struct Position {
    pub state: State,
    pub next: Option<i64>,
    pub is_unlogged: bool,
}

/// Reads the ids that decide, and judges them.
pub fn measure(ids: &Ids<'_>, sequence: &Sequence, state: State, range: IdRange) -> Result<Measured, Fault> {
    let definition = &sequence.definition;
    let first = |search: Search| Ok::<_, Fault>(ids.find(&search, Visibility::Committed)?.first().copied());
    let furthest = first(Search::furthest(definition.is_ascending()))?;
    let mut found = Found::default();
    if let (Some(run), Some(furthest)) = (definition.run(state, range), furthest)
        && run.reaches(furthest)
    {
        found.first_collision = first(Search::first_collision(&run))?;
        found.furthest_in_run =
            if run.range().contains(furthest) { Some(furthest) } else { first(Search::furthest_in(&run))? };
    }
    Ok(Measured { verdict: verdict::judge(definition, state, range, found), furthest, range })
}
