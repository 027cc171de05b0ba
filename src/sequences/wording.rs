//! Words the details and fixes of findings.

use super::column::Column;
use super::link::Sequence;
use super::uniqueness::{Duplicate, duplicate};
use super::verdict::Verdict;
use crate::ids::position::{IdRange, Run, Span};
use crate::pg::names;
use crate::report::quoting::literal;
use crate::report::wording::Clause;
use pgrx::pg_sys::{self, Oid};

/// Recommends how to pass an id that seq_resync does not pass, if a value is left beyond it.
pub fn pass_anyway(sequence: &Sequence, run: &Run, id: i64) -> Clause {
    match run.beyond(id, 0).and_then(|next| next.checked_sub(run.increment)) {
        Some(last_value) => {
            let name = sequence.quoted();
            let literal = literal(&name);
            // If the statement is run later, it must not move the sequence back.
            let reached = if run.is_ascending() { "<=" } else { ">=" };
            Clause::with_statement(
                "to advance past it anyway",
                format!(
                    "SELECT pg_catalog.setval({literal}, {last_value}) FROM {name} WHERE last_value {reached} {last_value};"
                ),
            )
        }
        None => "no value is left beyond it: delete that row or give it another id".into(),
    }
}

pub fn behind(column: &Column, verdict: &Verdict, span: Span) -> String {
    let left = verdict.inserts_left.unwrap_or(0);
    if span != Span::SINGLE {
        return behind_in_blocks(column, left, span);
    }
    let after = match left {
        0 => String::new(),
        1 => "after 1 more insert, ".to_owned(),
        _ => format!("after {left} more inserts, "),
    };
    let insert = if left == 0 { "the next insert".to_owned() } else { format!("{after}the next") };
    match duplicate(column) {
        Duplicate::Fails => format!("{insert} fails with a duplicate key"),
        Duplicate::MayFail(index) => {
            format!("{insert} may fail: {index}; if that does not reject it, a duplicate is stored silently")
        }
        Duplicate::GoesIn => format!("no unique index contains this column: {after}{}", duplicates(column)),
    }
}

/// Returns the same for an application that takes a value for a whole block.
fn behind_in_blocks(column: &Column, left: i64, span: Span) -> String {
    let draw = match left {
        0 => "the next value".to_owned(),
        1 => "after 1 more draw, the next value".to_owned(),
        _ => format!("after {left} more draws, the next value"),
    };
    let size = i128::from(span.ahead) + 1;
    let what = match duplicate(column) {
        Duplicate::Fails => "inserts fail with a duplicate key".to_owned(),
        Duplicate::MayFail(index) => format!("inserts may fail: {index}"),
        Duplicate::GoesIn => duplicates(column).to_owned(),
    };
    format!("{draw} may stand for a block of {size} ids, and some of them are used: {what}")
}

pub const HIT_BEFORE_FIRST: &str = "this happens only if the value stands for the ids before it, as with Hibernate's pooled \
     optimizer, and not in an application that uses the ids after it";

/// Mentions ids between the values of a sequence from which single values are drawn.
pub fn between(sequence: &Sequence, furthest: i64) -> String {
    let increment = sequence.definition.increment;
    format!(
        "ids up to {furthest} lie between the values that it will generate, {increment} apart: if an application uses a \
         value for a block of ids, pass a margin to seq_resync"
    )
}

fn duplicates(column: &Column) -> &'static str {
    match column.kind {
        'p' => "duplicates are stored, except where a partition's own index rejects them",
        _ => "duplicates are stored silently",
    }
}

pub fn exhausted(column: &Column, sequence: &Sequence, verdict: &Verdict) -> String {
    match verdict.next_value {
        Some(next) if column.bounds.is_some_and(|bounds| !bounds.contains(next)) => {
            format!("the next value, {next}, violates a CHECK constraint on the column")
        }
        Some(next) => format!("the next value, {next}, does not fit the column's type"),
        None if sequence.definition.is_ascending() => {
            format!("the sequence has reached its maximum, {}", sequence.definition.max)
        }
        None => format!("the sequence has reached its minimum, {}", sequence.definition.min),
    }
}

/// Recommends a restart, which is cheaper than a wider column if the ids of an exhausted sequence
/// lie far below its end. It moves the sequence back, so it is not a fix: values may have been
/// drawn that are stored elsewhere.
pub fn restart(sequence: &Sequence, column: IdRange, furthest: Option<i64>) -> String {
    let definition = &sequence.definition;
    let allowed = definition.range().intersect(column);
    if allowed.low > allowed.high {
        return String::new();
    }
    let end = if definition.is_ascending() { allowed.high } else { allowed.low };
    let width = i128::from(allowed.high) - i128::from(allowed.low);
    let name = sequence.quoted();
    match furthest {
        None => format!("there are no ids, so ALTER SEQUENCE {name} RESTART; makes room as well"),
        Some(id) if allowed.contains(id) && (i128::from(end) - i128::from(id)).abs() * 2 > width => {
            let next = i128::from(id) + i128::from(definition.increment);
            format!("ids reach only {id}, so ALTER SEQUENCE {name} RESTART WITH {next}; makes room as well")
        }
        Some(_) => String::new(),
    }
}

/// Recommends a value to start from if the sequence has not yet reached the values that a CHECK
/// constraint allows; `None` if it has passed them.
pub fn skip_ahead(column: &Column, sequence: &Sequence, range: IdRange, next: Option<i64>) -> Option<String> {
    let definition = &sequence.definition;
    let allowed = definition.range().intersect(range);
    let (next, bounds) = (next?, column.bounds?);
    let (is_short, nearest) =
        if definition.is_ascending() { (next < bounds.low, allowed.low) } else { (next > bounds.high, allowed.high) };
    let (next, step) = (i128::from(next), i128::from(definition.increment));
    let missing = (i128::from(nearest) - next).abs();
    let first = i64::try_from(next + step * ((missing + step.abs() - 1) / step.abs())).ok()?;
    let name = sequence.quoted();
    (is_short && allowed.contains(first)).then(|| {
        format!(
            "values are allowed from {first} on: run ALTER SEQUENCE {name} RESTART WITH {first}; and then seq_resync"
        )
    })
}

pub fn near_limit(column: &Column, sequence: &Sequence, range: IdRange) -> String {
    let definition = &sequence.definition;
    let (own, others) =
        if definition.is_ascending() { (definition.max, range.high) } else { (definition.min, range.low) };
    if is_column_narrower(sequence, range) {
        let what =
            if is_checked(column, sequence, range) { "a CHECK constraint on the column" } else { "the column's type" };
        format!("{what} ends at {others}")
    } else {
        format!("the sequence ends at {own}")
    }
}

/// Whether a CHECK constraint limits the column's range in the sequence's direction.
fn is_checked(column: &Column, sequence: &Sequence, range: IdRange) -> bool {
    let is_ascending = sequence.definition.is_ascending();
    column.bounds.is_some_and(|bounds| if is_ascending { bounds.high == range.high } else { bounds.low == range.low })
}

fn is_column_narrower(sequence: &Sequence, column: IdRange) -> bool {
    let definition = &sequence.definition;
    if definition.is_ascending() { column.high < definition.max } else { column.low > definition.min }
}

/// Returns the statement that makes room: a wider column, or a wider sequence. `None` if no single
/// statement does.
pub fn widen(column: &Column, sequence: &Sequence, range: IdRange) -> Option<String> {
    let is_bigint = sequence.data_type == pg_sys::INT8OID;
    let name = sequence.quoted();
    // The constraint may exist for a reason, so no statement that drops it is recommended.
    if is_column_narrower(sequence, range) && is_checked(column, sequence, range) {
        return None;
    }
    if range != IdRange::BIGINT && (is_column_narrower(sequence, range) || is_at_type_bound(sequence, range)) {
        if !column.can_become_bigint() {
            return None;
        }
        let is_identity = column.identity != ' '; // its sequence changes with the column
        let also = if is_bigint || is_identity { String::new() } else { format!(" ALTER SEQUENCE {name} AS bigint;") };
        let table = column.table.quoted();
        let column = names::quote_identifier(&column.name);
        return Some(format!("ALTER TABLE {table} ALTER COLUMN {column} TYPE bigint;{also}"));
    }
    let bound = if sequence.definition.is_ascending() { "MAXVALUE" } else { "MINVALUE" };
    match (is_bigint, is_at_type_bound(sequence, type_range(sequence))) {
        (true, true) => None,
        (false, true) => Some(format!("ALTER SEQUENCE {name} AS bigint;")),
        (_, false) => Some(format!("ALTER SEQUENCE {name} NO {bound};")),
    }
}

fn type_range(sequence: &Sequence) -> IdRange {
    match sequence.data_type {
        pg_sys::INT2OID => IdRange::SMALLINT,
        pg_sys::INT4OID => IdRange::INTEGER,
        _ => IdRange::BIGINT,
    }
}

fn is_at_type_bound(sequence: &Sequence, range: IdRange) -> bool {
    let definition = &sequence.definition;
    if definition.is_ascending() { definition.max >= range.high } else { definition.min <= range.low }
}

pub const UNUSED: &str = "owned by the column, whose default does not draw from it";

pub const OWNED_WITHOUT_DEFAULT: &str = "the column has no default: what draws from its sequence is not recorded";

/// Describes a link by name, and how to confirm it.
pub fn by_name(sequence: &Sequence, column: &str) -> String {
    format!("linked only by its name; to confirm that: {}", own(&sequence.quoted(), column))
}

/// Names the table of a hierarchy that holds the furthest id.
pub fn furthest_in(table: Oid) -> Option<String> {
    Some(format!("the furthest id is in {}", names::relation_name(table)?.quoted()))
}

/// Returns the statement that makes a column own a sequence.
pub fn own(sequence: &str, column: &str) -> String {
    format!("ALTER SEQUENCE {sequence} OWNED BY {column};")
}

pub fn beyond_reach(sequence: &Sequence, furthest: Option<i64>) -> String {
    let definition = &sequence.definition;
    match furthest {
        Some(id) if definition.is_ascending() && id > definition.max => {
            "max_id lies beyond the sequence's maximum and is never reached".to_owned()
        }
        Some(id) if !definition.is_ascending() && id < definition.min => {
            "max_id lies beyond the sequence's minimum and is never reached".to_owned()
        }
        _ => String::new(),
    }
}

/// Lists the properties of the sequence's definition that matter to a reader.
pub fn properties(sequence: &Sequence) -> Vec<String> {
    let definition = &sequence.definition;
    let mut notes = Vec::new();
    if definition.cache > 1 {
        let (cache, name) = (definition.cache, sequence.quoted());
        // Any ALTER SEQUENCE, even to the same definition, gives the sequence a new file, and
        // sessions then discard their cached values.
        notes.push(format!(
            "CACHE {cache}: sessions continue with the values that they have cached; to make them discard these, \
             run ALTER SEQUENCE {name} CACHE {cache}; (it waits for transactions that have drawn)"
        ));
    }
    if definition.cycle {
        let start = if definition.is_ascending() { definition.min } else { definition.max };
        notes.push(format!("CYCLE: starts again at {start}, even if ids are used"));
    }
    notes
}
