//! The limits and positions of sequences.

use crate::error::Error;
use crate::pg::catalog_query::read;
use crate::pg::parser::tree::{RelationName, SequenceCall, SequenceOptions};
use crate::pg::{access, sequence_state};
use crate::precheck::finding::Note;
use crate::precheck::model::Found;
use crate::precheck::model::relation::Id;
use crate::precheck::run::Run;
use crate::precheck::sequence_limits::{Position, refusal};
use pgrx::PgSqlErrorCode as Code;
use pgrx::pg_sys::{BuiltinOid, Oid};

const OPTIONS: &str = include_str!("../../../sql/queries/precheck_sequence_options.sql");

/// CREATE SEQUENCE.
pub fn create(run: &mut Run, name: &RelationName, options: &SequenceOptions) -> Result<(), Error> {
    let outcome = refusal(options, None);
    refuse(run, name.name.clone(), outcome.as_ref().err());
    if let (Ok(position), Found::Relation(id)) = (outcome, run.model.find(name)?)
        && run.model.get(id).created == Some(run.number())
    {
        run.model.positions.insert(id, position);
    }
    Ok(())
}

/// The sequence of a new identity column, which has the column's type.
pub fn new_identity(run: &mut Run, object: String, type_oid: Option<Oid>, options: &SequenceOptions) {
    let name = match type_oid {
        Some(oid) if oid == BuiltinOid::INT2OID.value() => "int2",
        Some(oid) if oid == BuiltinOid::INT4OID.value() => "int4",
        Some(oid) if oid != BuiltinOid::INT8OID.value() => {
            return refuse(run, object, Some(&"identity column type must be smallint, integer, or bigint".to_owned()));
        }
        _ => "int8",
    };
    let type_name = options.type_name.clone().or(Some(name.to_owned()));
    let outcome = refusal(&SequenceOptions { type_name, ..options.clone() }, None);
    refuse(run, object, outcome.as_ref().err());
}

/// The sequence of an identity column.
pub fn alter_identity(run: &mut Run, id: Id, column: &str, options: &SequenceOptions) -> Result<(), Error> {
    let Some(sequence) = super::identity::sequence_of(run, id, column)? else { return Ok(()) };
    match run.model.by_oid(sequence.oid)? {
        Some(sequence) => alter(run, sequence, options),
        None => Ok(()),
    }
}

/// ALTER SEQUENCE, and the options of an identity column.
pub fn alter(run: &mut Run, id: Id, options: &SequenceOptions) -> Result<(), Error> {
    let object = run.model.get(id).quoted();
    let Some(position) = position(run, id)? else {
        if *options
            != (SequenceOptions {
                owned_by: options.owned_by.clone(),
                generated: options.generated,
                ..SequenceOptions::default()
            })
        {
            run.unchecked("whether the sequence's position fits the options");
        }
        return Ok(());
    };
    let is_limited = options.min.is_some() || options.max.is_some() || options.type_name.is_some();
    if run.drew_values && is_limited && options.restart.is_none() {
        run.unchecked("whether the values that the script draws fit the new limits");
        return Ok(());
    }
    match refusal(options, Some(&position)) {
        Ok(new) => {
            run.model.positions.insert(id, new);
            if options.restart.is_some() {
                forget_drawn(run, id)?;
            }
        }
        Err(reason) => refuse(run, object, Some(&reason)),
    }
    Ok(())
}

/// Returns the table of the catalogs that owns the sequence.
fn owning_table(run: &mut Run, sequence: Id) -> Result<Option<Id>, Error> {
    match run.model.get(sequence).table {
        Some(table) => run.model.by_oid(table),
        None => Ok(None),
    }
}

/// Notes that a SELECT sets the sequence of a table; with `synced`, past its rows.
pub fn set_by(run: &mut Run, call: &SequenceCall, synced: bool) -> Result<(), Error> {
    let Found::Relation(id) = run.model.find(&RelationName::of_class(&call.sequence))? else { return Ok(()) };
    if let Some(table) = owning_table(run, id)? {
        run.sequences_moved.insert(table);
        if synced {
            run.sequences_synced.insert(table);
        }
    }
    Ok(())
}

/// What was drawn from the sequence before it was set no longer counts.
fn forget_drawn(run: &mut Run, id: Id) -> Result<(), Error> {
    if let Some(table) = owning_table(run, id)? {
        run.sequences_moved.insert(table);
        run.sequences_synced.remove(&table);
        run.drawn.counts.retain(|(of, _), _| *of != table);
        run.drawn.unknown.remove(&table);
    }
    Ok(())
}

fn refuse(run: &mut Run, object: String, reason: Option<&String>) {
    if let Some(reason) = reason {
        run.add(Note::error("sequence_limits", Code::ERRCODE_INVALID_PARAMETER_VALUE, reason.clone()).on(object));
    }
}

/// Returns the limits and the position of a sequence, as the script has left them; `None` if they
/// are not known.
fn position(run: &Run, id: Id) -> Result<Option<Position>, Error> {
    if let Some(position) = run.model.positions.get(&id) {
        return Ok(Some(*position));
    }
    let Some(oid) = run.model.get(id).oid.filter(|oid| access::may_read_sequence(*oid)) else { return Ok(None) };
    let Some(state) = sequence_state::read_nowait(oid)? else { return Ok(None) };
    let found = read(OPTIONS, &[oid.into()], |row| {
        Ok(Position {
            type_limit: limit(row.get(1)?),
            increment: row.get(2)?,
            min: row.get(3)?,
            max: row.get(4)?,
            start: row.get(5)?,
            last: state.last_value,
            next: state.following(row.get(2)?),
        })
    })?;
    Ok(found.into_iter().next())
}

/// Returns the largest value of the type.
fn limit(type_: Oid) -> i64 {
    match type_ {
        oid if oid == BuiltinOid::INT2OID.value() => i16::MAX.into(),
        oid if oid == BuiltinOid::INT4OID.value() => i32::MAX.into(),
        _ => i64::MAX,
    }
}

/// Judges setval and currval with constants. `is_doubtful`: whether they may be called never, or
/// more than once.
pub fn call(run: &mut Run, call: &SequenceCall, is_doubtful: bool) -> Result<(), Error> {
    let Found::Relation(id) = run.model.find(&RelationName::of_class(&call.sequence))? else { return Ok(()) };
    let object = run.model.get(id).quoted();
    if run.model.get(id).kind != b'S' {
        let detail = format!("{object} is not a sequence");
        run.add_name_error(Note::error("wrong_kind", Code::ERRCODE_WRONG_OBJECT_TYPE, detail).on(object));
        return Ok(());
    }
    let value = match &call.value {
        Some(value) => value.parse::<i64>().ok(),
        None => {
            if call.is_currval && !run.drew_values {
                let detail = "fails unless the session has called nextval for the sequence";
                let state = Code::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
                run.add(Note::unknown("sequence_limits", detail).raising(state).on(object));
            }
            return Ok(());
        }
    };
    let (Some(value), Some(position)) = (value, position(run, id)?) else { return Ok(()) };
    if value < position.min || value > position.max {
        let detail =
            format!("setval: value {value} is out of bounds for the sequence ({}..{})", position.min, position.max);
        run.add(Note::error("sequence_limits", Code::ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE, detail).on(object));
    } else {
        let next = match call.is_called.filter(|_| !is_doubtful) {
            Some(true) => value.checked_add(position.increment),
            Some(false) => Some(value),
            None => None,
        };
        run.model.positions.insert(id, Position { last: value, next, ..position });
        forget_drawn(run, id)?;
    }
    Ok(())
}
