//! Protects sequences: nextval and setval are not undone by a rollback. Inside a subtransaction
//! that will be undone, each sequence gets a new file with the same contents, as ALTER SEQUENCE
//! gives it one. The script moves that file, and the rollback drops it.

use crate::error::Error;
use crate::ids::position::State;
use crate::pg::relation::{LockMode, Relation};
use crate::pg::run_as::{SUPERUSER, run_as};
use crate::pg::sequence_page::{self, BufferLock, SequencePage, last_drawn};
use crate::pg::subtransaction;
use pgrx::pg_sys::{self, Oid};
use pgrx::{IntoDatum, direct_function_call};

unsafe extern "C-unwind" {
    // Declared in commands/sequence.h, which pgrx binds since 19.
    fn ResetSequence(sequence: Oid);
    fn ResetSequenceCaches();
}

/// What `currval` and `lastval` return in this session, which no rollback restores.
pub struct Drawn {
    sequences: Vec<(Oid, i64)>,
    last: Option<i64>,
}

/// Gives the sequence a new file with the same contents. To be called in a subtransaction that is
/// rolled back. No privilege is required: nothing of it is left, and a function of another role's
/// that the script calls may move the sequence.
///
/// Acquires RowExclusiveLock on the sequence, as nextval does, and holds it to the end of the
/// calling transaction. Numbers that this session has cached are dropped.
pub fn copy(sequence: Oid) -> Result<(), Error> {
    let Some(relation) = Relation::try_open(sequence, LockMode::RowExclusive) else { return Ok(()) };
    if relation.kind() != pg_sys::RELKIND_SEQUENCE {
        return Ok(());
    }
    let state = sequence_page::read_state(&relation)?;
    // SAFETY: the sequence exists and is locked; the error of the server goes through pgrx's guard.
    unsafe { pg_sys::ffi::pg_guard_ffi_boundary(|| ResetSequence(sequence)) };
    set(&relation, state)
}

/// Writes the state into the new file. It is not logged: the file goes with the transaction, also
/// in a crash.
fn set(relation: &Relation, state: State) -> Result<(), Error> {
    let page = SequencePage::lock(relation, BufferLock::Exclusive)?;
    let data = page.data();
    // SAFETY: the page is verified, pinned and exclusively locked.
    unsafe {
        (*data).last_value = state.last_value;
        (*data).is_called = u8::from(state.is_called);
        (*data).log_count = 0;
        pg_sys::MarkBufferDirty(page.buffer());
    }
    Ok(())
}

impl Drawn {
    /// Reads what this session has drawn from these sequences.
    pub fn read(sequences: &[Oid]) -> Drawn {
        let last = subtransaction::attempt(|| {
            // SAFETY: the function takes no argument.
            Ok(run_as(SUPERUSER, || unsafe { direct_function_call::<i64>(pg_sys::lastval, &[]) }))
        });
        let drawn = |oid: &Oid| run_as(SUPERUSER, || last_drawn(*oid)).map(|value| (*oid, value));
        Drawn { sequences: sequences.iter().filter_map(drawn).collect(), last: last.ok().flatten() }
    }

    /// Makes `currval` and `lastval` return these values again. To be called after the rollback.
    pub fn restore(&self) {
        // SAFETY: forgets what the session has drawn.
        unsafe { pg_sys::ffi::pg_guard_ffi_boundary(|| ResetSequenceCaches()) };
        for (sequence, value) in &self.sequences {
            let is_last = self.last == Some(*value);
            // A sequence whose bounds no longer allow the value keeps none.
            let _ = subtransaction::discard(|| {
                copy(*sequence)?;
                run_as(SUPERUSER, || draw(*sequence, *value, is_last));
                Ok(())
            });
        }
    }
}

/// Draws the value from the sequence, or pretends that it was set.
fn draw(sequence: Oid, value: i64, is_last: bool) {
    // SAFETY: the functions take (regclass, bigint, boolean) and (regclass), and none is null.
    unsafe {
        let arguments = [sequence.into_datum(), value.into_datum(), (!is_last).into_datum()];
        direct_function_call::<i64>(pg_sys::setval3_oid, &arguments);
        if is_last {
            direct_function_call::<i64>(pg_sys::nextval_oid, &[sequence.into_datum()]);
        }
    }
}
