//! Reads the next value of each sequence.
//!
//! Locks: AccessShareLock on one sequence at a time, released before the next.

use super::catalog::{self, relation_name, text};
use super::model::Sequence;
use super::notes::Notes;
use super::unread::{Obstacles, Unread};
use crate::error::Error;
use crate::ids::position::Definition;
use crate::pg::lock_budget::with_lock_timeout;
use crate::pg::row::required;
use crate::pg::sequence_state;
use crate::pg::{access, names, subtransaction};
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::Oid;
use pgrx::spi::SpiHeapTupleData;

const SEQUENCES: &str = include_str!("../../sql/queries/snapshot_sequences.sql");

struct CatalogSequence {
    oid: Oid,
    schema: Oid,
    name: String,
    definition: Definition,
    sequence: Sequence,
}

/// Returns the sequences of the schemas, each with its schema and name.
/// Adds to the obstacles what kept one from being read.
pub fn read(
    schemas: &[Oid],
    notes: &mut Notes,
    obstacles: &mut Obstacles,
) -> Result<Vec<(Oid, String, Sequence)>, Error> {
    let mut found = catalog::read(SEQUENCES, &[schemas.to_vec().into()], catalog_sequence)?;
    for sequence in &mut found {
        if let Some(mut note) = notes.take(1259, sequence.oid) {
            note.attach("", &mut sequence.sequence.attributes);
        }
    }
    Ok(found.into_iter().map(|sequence| sequence.read(obstacles)).collect())
}

fn catalog_sequence(row: &SpiHeapTupleData<'_>) -> Result<CatalogSequence, Error> {
    let definition = Definition {
        increment: required(row, 7)?,
        min: required(row, 8)?,
        max: required(row, 9)?,
        cache: required(row, 10)?,
        cycle: required(row, 11)?,
    };
    let sequence = Sequence {
        owner: text(row, 4)?,
        data_type: text(row, 5)?,
        start: required(row, 6)?,
        increment: definition.increment,
        min: definition.min,
        max: definition.max,
        cache: definition.cache,
        cycle: definition.cycle,
        unlogged: required(row, 14)?,
        next_value: None,
        unread: None,
        owned_by: relation_name(row, 12)?,
        owned_by_column: catalog::optional_text(row, 15)?,
        attributes: None,
    };
    Ok(CatalogSequence { oid: required(row, 1)?, schema: required(row, 2)?, name: text(row, 3)?, definition, sequence })
}

impl CatalogSequence {
    fn read(mut self, obstacles: &mut Obstacles) -> (Oid, String, Sequence) {
        crate::pg::memory::step();
        match subtransaction::attempt(|| with_lock_timeout(|| self.next_value())) {
            Ok(next_value) => self.sequence.next_value = next_value,
            Err(error) => {
                let Unread { reason, obstacle } = Unread::from(&error);
                self.sequence.unread = Some(reason);
                obstacles.insert(obstacle);
            }
        }
        (self.schema, self.name, self.sequence)
    }

    fn next_value(&self) -> Result<Option<i64>, Error> {
        if names::relation_name(self.oid).is_none() {
            return Err(sequence_state::gone());
        }
        if !access::may_read_sequence(self.oid) {
            let refused = "no USAGE or SELECT privilege on the sequence";
            return Err(Error::new(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE, refused));
        }
        Ok(self.definition.next(sequence_state::read(self.oid)?.state))
    }
}
