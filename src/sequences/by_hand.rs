//! The statement that moves a sequence where seq_resync does not dare: whether the values go into the columns as they are
//! drawn cannot be told.

use super::advice;
use super::column::Column;
use super::links::{Kind, Link, Sequence};
use super::position::{IdRange, Span};
use super::reading::Ids;
use super::search::Search;
use super::sequence_state;
use crate::fault::Fault;

/// What to run to pass the furthest id of the columns that may hold the sequence's values; `None` if none of them is ahead.
pub fn statement(sequence: &Sequence, columns: &[(&Link, Column)]) -> Result<Option<String>, Fault> {
    let definition = &sequence.definition;
    let state = sequence_state::read(sequence.oid)?.state;
    let search = Search::furthest(definition.is_ascending());
    let (mut ids, mut holds, mut span) = (Vec::new(), IdRange::BIGINT, Span::SINGLE);
    for (link, column) in columns.iter().filter(|(link, _)| may_hold_values(link)) {
        let Some((id_type, range)) = column.holds() else { continue };
        ids.extend(Ids::of(column, id_type)?.find_all(&search)?);
        holds = holds.intersect(range);
        span = span.union(link.span(sequence));
    }
    let run = definition.run(state, holds).filter(|_| !definition.cycle).map(|run| run.spanning(span));
    let Some((run, furthest)) = run.zip(search.merge(ids).first().copied()) else { return Ok(None) };
    Ok(run.reaches(furthest).then(|| advice::pass_all_the_same(sequence, &run, furthest)))
}

/// What a composed default makes of a value is not the value.
fn may_hold_values(link: &Link) -> bool {
    matches!(link.kind, Kind::Owned | Kind::FunctionDefault | Kind::Trigger)
}
