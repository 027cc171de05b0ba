//! Moves a sequence forward while it holds the lock of the sequence's page, as nextval does
//! (compare-and-advance).
//!
//! `setval` cannot do this: other sessions call nextval between reading the largest id and setting
//! the sequence, and setval would take their values back. Here the decision is made on the current
//! value while no other session can move it.

use crate::error::Error;
use crate::ids::position::{Definition, State};
use crate::pg::relation::{LockMode, Relation};
use crate::pg::sequence_page::{self, BufferLock, SequencePage};
use crate::pg::sequence_state::gone;
use crate::pg::{access, names};
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys;

/// The outcome for the sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advance {
    Moved {
        from: State,
        to: State,
    },
    /// `decide` chose to leave it as it is.
    Unchanged,
    /// ALTER SEQUENCE changed it since the caller looked, so the caller must look again.
    Redefined,
}

/// `xl_seq_rec` in commands/sequence.h: the head of the WAL record, before the tuple.
#[repr(C)]
struct SequenceRecord {
    #[cfg(not(since_16))]
    file: pg_sys::RelFileNode,
    #[cfg(since_16)]
    file: pg_sys::RelFileLocator,
}

/// `XLOG_SEQ_LOG` in commands/sequence.h.
const XLOG_SEQ_LOG: u8 = 0x00;

/// Asks `decide` for a new `last_value`, given the current state, and writes it before another
/// session can move the sequence.
///
/// Takes RowExclusiveLock on the sequence (as nextval does) and releases it. Needs UPDATE on the
/// sequence, as setval does. Like setval, it is not undone by a rollback, and it survives a crash
/// once the transaction has committed.
///
/// `decide` must only move in the sequence's direction. It runs while the page is locked, so it
/// must be quick and pure.
pub fn advance(
    oid: pg_sys::Oid,
    expected: &Definition,
    decide: impl Fn(State) -> Option<i64>,
) -> Result<Advance, Error> {
    let relation = Relation::try_open(oid, LockMode::RowExclusive).ok_or_else(gone)?;
    if relation.kind() != pg_sys::RELKIND_SEQUENCE {
        return Err(gone());
    }
    if !access::may_update_sequence(oid) {
        return Err(Error::new(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE, "no UPDATE privilege on the sequence"));
    }
    relation.refuse_unreadable()?;
    if sequence_page::read_definition(oid).ok_or_else(gone)?.1 != *expected {
        return Ok(Advance::Redefined);
    }
    if relation.is_new_in_transaction() {
        return set_own(oid, &relation, decide);
    }
    if relation.is_logged() {
        // With a transaction id, the commit flushes WAL and waits for standbys, as after nextval.
        // SAFETY: the transaction may write: the caller has checked.
        unsafe { pg_sys::GetTopTransactionId() };
    }
    let page = SequencePage::lock(&relation, BufferLock::Exclusive)?;
    let from = page.state();
    let Some(last_value) = decide(from) else { return Ok(Advance::Unchanged) };
    let to = State { last_value, is_called: true };
    write(&relation, &page, to);
    Ok(Advance::Moved { from, to })
}

/// Sets a sequence that this transaction created or rewrote. No other session can use it, and more
/// than its persistence decides whether its changes are logged: setval handles that.
fn set_own(oid: pg_sys::Oid, relation: &Relation, decide: impl Fn(State) -> Option<i64>) -> Result<Advance, Error> {
    let from = sequence_page::read_state(relation)?;
    let Some(last_value) = decide(from) else { return Ok(Advance::Unchanged) };
    names::setval(oid, last_value);
    Ok(Advance::Moved { from, to: State { last_value, is_called: true } })
}

/// Writes the new state to the locked page and to WAL.
fn write(relation: &Relation, page: &SequencePage, to: State) {
    // SAFETY: the relation is open; its file cannot change while it is locked.
    let record = unsafe {
        #[cfg(not(since_16))]
        let file = (*relation.as_ptr()).rd_node;
        #[cfg(since_16)]
        let file = (*relation.as_ptr()).rd_locator;
        SequenceRecord { file }
    };
    let (tuple_offset, tuple_length) = page.tuple_extent();
    let data = page.data();

    // SAFETY: takes the same steps as nextval_internal in commands/sequence.c. From here to the end
    // nothing may fail: in the critical section an error would be a PANIC. The page is verified,
    // pinned and exclusively locked, `data` and the tuple's extent lie within it, and the
    // registered data lives until XLogInsert has returned.
    unsafe {
        pg_sys::CritSectionCount += 1;
        pg_sys::MarkBufferDirty(page.buffer());
        (*data).last_value = to.last_value;
        (*data).is_called = u8::from(to.is_called);
        (*data).log_count = 0; // nothing is logged ahead: the next nextval writes its own record
        if relation.is_logged() {
            pg_sys::XLogBeginInsert();
            pg_sys::XLogRegisterBuffer(0, page.buffer(), pg_sys::REGBUF_WILL_INIT as u8);
            let head = std::ptr::from_ref(&record).cast_mut();
            pg_sys::XLogRegisterData(head.cast(), std::mem::size_of::<SequenceRecord>() as _);
            pg_sys::XLogRegisterData(page.page().add(tuple_offset).cast(), tuple_length as _);
            let end = pg_sys::XLogInsert(pg_sys::RmgrIds::RM_SEQ_ID as u8, XLOG_SEQ_LOG);
            page.set_lsn(end);
        }
        pg_sys::CritSectionCount -= 1;
    }
}
