//! Reads a sequence's current state.

use crate::error::Error;
use crate::ids::position::State;
use crate::pg::relation::{LockMode, Relation};
use crate::pg::sequence_page;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, Oid};

/// The sequence's position, and a property of its relation.
#[derive(Clone, Copy, Debug)]
pub struct SequenceState {
    pub state: State,
    pub is_unlogged: bool,
}

/// Reads the sequence. Takes AccessShareLock on it and releases it. Fails if the sequence does not
/// exist, is corrupted, or is another session's temporary one.
pub fn read(oid: Oid) -> Result<SequenceState, Error> {
    let relation = Relation::try_open(oid, LockMode::AccessShare).ok_or_else(gone)?;
    let is_unlogged = relation.form().relpersistence as u8 == pg_sys::RELPERSISTENCE_UNLOGGED;
    Ok(SequenceState { state: sequence_page::read_state(&relation)?, is_unlogged })
}

/// Does what `read` does, but returns `None` if the sequence is being altered or dropped.
pub fn read_nowait(oid: Oid) -> Result<Option<State>, Error> {
    Relation::open_nowait(oid, LockMode::AccessShare).map(|relation| sequence_page::read_state(&relation)).transpose()
}

/// Returns the error for a sequence that was dropped concurrently.
pub fn gone() -> Error {
    Error::new(PgSqlErrorCode::ERRCODE_UNDEFINED_OBJECT, "the sequence no longer exists")
}
