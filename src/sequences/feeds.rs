//! The columns whose ids count for a repair of a sequence, and how far the sequence can go for
//! them.

use super::column::Column;
use super::comparable::comparable;
use super::link::{Link, Sequence};
use super::reading::Ids;
use super::verdict::MOST_OUTLIERS;
use crate::error::Error;
use crate::ids::position::{Definition, IdRange, Run, Span, State};
use crate::ids::search::Search;
use crate::report::wording::Clause;
use pgrx::pg_sys::Oid;

/// A column whose ids count, and the range that it can hold.
pub struct Feed<'a> {
    pub table: Oid,
    pub ids: Ids<'a>,
    pub holds: IdRange,
    /// The ids that a value of the sequence may stand for in the column.
    pub span: Span,
}

impl<'a> Feed<'a> {
    /// Returns the columns whose ids can be compared with the sequence, and the reasons why others
    /// cannot.
    pub fn all(sequence: &Sequence, columns: &'a [(&Link, Column)]) -> Result<(Vec<Feed<'a>>, Vec<Clause>), Error> {
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

/// How far a sequence can go that feeds columns of different width.
pub struct Ways {
    /// The run up to the bound of the widest column that can still hold the next value.
    pub longest: Run,
    /// The run up to the bound of the narrowest one: beyond it, a column would be left without a
    /// value.
    pub common: Run,
    /// The range that all of them can hold.
    pub holds: IdRange,
}

impl Ways {
    /// Returns the runs; `None` if the sequence is exhausted for every column. Without a column,
    /// only the sequence's own bounds count.
    pub fn of(definition: &Definition, state: State, feeds: &[Feed<'_>]) -> Option<Ways> {
        if feeds.is_empty() {
            let run = definition.run(state, IdRange::BIGINT)?;
            return Some(Ways { longest: run, common: run, holds: IdRange::BIGINT });
        }
        let open = || feeds.iter().filter_map(|feed| Some((definition.run(state, feed.holds)?, feed.holds)));
        let holds = open().map(|(_, holds)| holds).reduce(IdRange::intersect)?;
        let longest = open().map(|(run, _)| run).max_by_key(Run::len)?;
        let span = feeds.iter().map(|feed| feed.span).fold(Span::SINGLE, Span::union);
        Some(Ways { longest: longest.spanning(span), common: definition.run(state, holds)?.spanning(span), holds })
    }
}

/// Whether a column that can hold the next value at `from` cannot hold the one at `to`.
pub fn closes(feeds: &[Feed<'_>], definition: &Definition, from: State, to: State) -> bool {
    let can_hold = |feed: &Feed<'_>, state| definition.run(state, feed.holds).is_some();
    feeds.iter().any(|feed| can_hold(feed, from) && !can_hold(feed, to))
}

/// Whether an id is in the way of any column.
pub fn collides(feeds: &[Feed<'_>], definition: &Definition, state: State) -> Result<bool, Error> {
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
pub fn tail(feeds: &[Feed<'_>], run: &Run) -> Result<Vec<(i64, Oid)>, Error> {
    let search = Search::furthest_up_to_bound(run, MOST_OUTLIERS + 1);
    let mut found = Vec::new();
    for feed in feeds {
        found.extend(feed.ids.find_all(&search)?.into_iter().map(|id| (id, feed.table)));
    }
    let ids = search.merge(found.iter().map(|(id, _)| *id));
    Ok(ids.into_iter().filter_map(|id| found.iter().find(|(other, _)| *other == id).copied()).collect())
}
