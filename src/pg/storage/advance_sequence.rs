//! Compare-and-advance: moves a sequence forward under the lock of its page, as nextval does.
//!
//! `setval` cannot do this: between reading the largest id and setting the sequence, other sessions call nextval, and
//! setval would take back what they got. Here the decision is made on the value that is there while nobody can move it.

use crate::error::Error;
use crate::ids::position::{Definition, State};
use crate::pg::relation::{LockMode, Relation};
use crate::pg::sequence_page::{self, SequencePage};
use crate::pg::{access, names};
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys;

/// What happened to the sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advance {
    Moved {
        from: State,
        to: State,
    },
    /// The decision was to leave it as it is.
    Left,
    /// ALTER SEQUENCE changed it since the caller looked: look again.
    Redefined,
}

/// `xl_seq_rec` in commands/sequence.h: the log record's head, before the tuple.
#[repr(C)]
struct SequenceRecord {
    #[cfg(feature = "pg15")]
    file: pg_sys::RelFileNode,
    #[cfg(not(feature = "pg15"))]
    file: pg_sys::RelFileLocator,
}

/// `XLOG_SEQ_LOG` in commands/sequence.h.
const XLOG_SEQ_LOG: u8 = 0x00;

/// Asks `decide` for a new `last_value`, given the state that is there now, and writes it before anybody else can move.
///
/// Takes RowExclusiveLock on the sequence (as nextval does) and gives it back. Needs UPDATE on the sequence, as setval
/// does. Like setval it is not undone by a rollback and survives a crash once the transaction has committed.
///
/// `decide` must move in the sequence's direction only; it runs under the page's lock, so it must be quick and pure.
pub fn advance(
    oid: pg_sys::Oid,
    expected: &Definition,
    decide: impl Fn(State) -> Option<i64>,
) -> Result<Advance, Error> {
    let gone = || Error::new(PgSqlErrorCode::ERRCODE_UNDEFINED_OBJECT, "the sequence is gone");
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
        // So that the commit flushes the log and waits for standbys, as after nextval.
        // SAFETY: we are in a transaction that may write: the caller has checked.
        unsafe { pg_sys::GetTopTransactionId() };
    }
    let page = SequencePage::lock(&relation, pg_sys::BUFFER_LOCK_EXCLUSIVE)?;
    let from = page.state();
    let Some(last_value) = decide(from) else { return Ok(Advance::Left) };
    let to = State { last_value, is_called: true };
    write(&relation, &page, to);
    Ok(Advance::Moved { from, to })
}

/// A sequence that this transaction made or rewrote is ours alone, and whether its changes are logged depends on more
/// than its persistence: setval knows.
fn set_own(oid: pg_sys::Oid, relation: &Relation, decide: impl Fn(State) -> Option<i64>) -> Result<Advance, Error> {
    let from = sequence_page::read_state(relation)?;
    let Some(last_value) = decide(from) else { return Ok(Advance::Left) };
    names::setval(oid, last_value);
    Ok(Advance::Moved { from, to: State { last_value, is_called: true } })
}

/// Writes the new state to the locked page and to the log.
fn write(relation: &Relation, page: &SequencePage, to: State) {
    // SAFETY: the relation is open; the file's name cannot change under our lock.
    let record = unsafe {
        #[cfg(feature = "pg15")]
        let file = (*relation.as_ptr()).rd_node;
        #[cfg(not(feature = "pg15"))]
        let file = (*relation.as_ptr()).rd_locator;
        SequenceRecord { file }
    };
    let (tuple_offset, tuple_length) = page.tuple_extent();
    let data = page.data();

    // SAFETY: the same steps as nextval_internal in commands/sequence.c: from here to the end nothing may fail, which is
    // what the critical section says (an error would be a PANIC); the page is verified, pinned and exclusively locked,
    // `data` and the tuple's extent lie within it, and what is registered lives until XLogInsert has returned.
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
            let header = page.page().cast::<pg_sys::PageHeaderData>();
            (*header).pd_lsn = pg_sys::PageXLogRecPtr { xlogid: (end >> 32) as u32, xrecoff: end as u32 };
        }
        pg_sys::CritSectionCount -= 1;
    }
}
