//! Writes the statement that moves a sequence which seq_resync declines to move, because it is
//! unknown whether values go into the columns as they are drawn.

use super::column::Column;
use super::link::{Drawing, Kind, Link, Sequence};
use super::reading::Ids;
use super::wording;
use crate::error::Error;
use crate::ids::position::{IdRange, Span};
use crate::ids::search::Search;
use crate::pg::id_datum::IdType;
use crate::pg::sequence_state;
use crate::report::wording::Clause;

/// Returns the statement that passes the furthest id of the columns that may hold the sequence's
/// values; `None` if no id is ahead.
pub fn statement(sequence: &Sequence, columns: &[(&Link, Column)]) -> Result<Option<Clause>, Error> {
    let definition = &sequence.definition;
    let state = sequence_state::read(sequence.oid)?.state;
    let search = Search::furthest(definition.is_ascending());
    let (mut ids, mut holds, mut span, mut is_text) = (Vec::new(), IdRange::BIGINT, Span::SINGLE, false);
    for (link, column) in columns {
        let Some(values) = Values::of(link, column) else { continue };
        let found = Ids::of(column, values.id_type)?.find_all(&search)?;
        ids.extend(found.into_iter().filter_map(|id| id.checked_sub(values.shift)));
        holds = holds.intersect(values.range);
        span = span.union(link.span(sequence));
        is_text |= values.id_type == IdType::TrailingDigits;
    }
    let run = definition.run(state, holds).filter(|_| !definition.cycle).map(|run| run.spanning(span));
    let Some((run, furthest)) = run.zip(search.merge(ids).first().copied()) else { return Ok(None) };
    let statement = run.reaches(furthest).then(|| wording::pass_anyway(sequence, &run, furthest));
    let condition = "if the digits at the end of its texts are values of the sequence";
    Ok(statement.map(|statement| if is_text { statement.after(condition) } else { statement }))
}

/// How a column may hold values of a sequence.
struct Values {
    id_type: IdType,
    range: IdRange,
    /// The constant that is added to a value.
    shift: i64,
}

impl Values {
    /// Returns how the column may hold values; `None` if what happens to a value is unknown.
    fn of(link: &Link, column: &Column) -> Option<Values> {
        let (id_type, range) = column.holds()?;
        let is_text = id_type == IdType::Text;
        match (&link.drawing, link.kind) {
            (Drawing::Shifted(shift), _) if !is_text => {
                let by = |bound: i64| bound.saturating_sub(*shift);
                Some(Values { id_type, range: IdRange { low: by(range.low), high: by(range.high) }, shift: *shift })
            }
            // A default that composes a text puts the number last if the text is an id.
            (Drawing::Unclear(_), _) if is_text => {
                Some(Values { id_type: IdType::TrailingDigits, range: IdRange::BIGINT, shift: 0 })
            }
            (_, Kind::Owned | Kind::FunctionDefault | Kind::Trigger) => Some(Values { id_type, range, shift: 0 }),
            // A composed default stores something other than the value.
            _ => None,
        }
    }
}
