//! Takes the positions of the sequences from a snapshot.

use super::model::{Sequence, Snapshot};
use super::parse::parse;
use crate::error::Error;
use crate::ids::origin::{Origin, Origins, Position};
use crate::ids::position::Definition;
use crate::pg::encoded_text::Json;

/// Returns the sequences of the snapshot in the argument `source`. Errors: those of `db_compare`.
pub fn positions(source: &Json) -> Result<Origins, Error> {
    let Snapshot { identity, scope, schemas, .. } = parse(&source.0, "source")?;
    let schemas = schemas.into_iter().map(|(name, schema)| {
        let sequences = schema.sequences.into_iter().map(|(name, sequence)| (name, origin(sequence)));
        (name, sequences.collect())
    });
    Ok(Origins { only_schema: scope.schema, is_of_standby: identity.in_recovery, schemas: schemas.collect() })
}

fn origin(sequence: Sequence) -> Origin {
    let Sequence { increment, min, max, cache, cycle, .. } = sequence;
    let position = match (sequence.next_value, sequence.unread) {
        (Some(next), _) => Position::Next(next),
        (None, Some(reason)) => Position::Unread(reason),
        (None, None) => Position::Exhausted,
    };
    let owned_by = sequence.owned_by.zip(sequence.owned_by_column);
    Origin {
        definition: Definition { increment, min, max, cache, cycle },
        position,
        owned_by: owned_by.map(|(table, column)| [table.schema, table.name, column]),
    }
}
