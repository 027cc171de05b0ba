//! Rows whose deferred constraints have not been checked yet: tables with such rows cannot be
//! altered in the same transaction.

use crate::precheck::finding::Note;
use crate::precheck::model::relation::Id;
use crate::precheck::run::{Pending, Run};
use pgrx::PgSqlErrorCode as Code;

/// Notes that a statement may have queued such rows.
pub fn note(run: &mut Run, id: Id, is_certain: bool) {
    if !run.in_transaction {
        return;
    }
    let statement = run.number();
    let known = run.pending.entry(id).or_insert(Pending { statement, is_certain });
    if is_certain && !known.is_certain {
        *known = Pending { statement, is_certain };
    }
}

/// Adds a finding if the statement cannot run while rows wait for their check (CheckTableNotInUse
/// in commands/tablecmds.c).
pub fn refuse(run: &mut Run, id: Id, command: &str) {
    let Some(pending) = run.pending.get(&id).copied() else { return };
    let object = run.model.get(id).quoted();
    let statement = pending.statement;
    let safer = ["SET CONSTRAINTS ALL IMMEDIATE;".to_owned()];
    let note = if pending.is_certain {
        let detail = format!(
            "cannot {command} {object} because it has pending trigger events: statement {statement} changes rows whose \
             constraint is deferred"
        );
        Note::error("pending_events", Code::ERRCODE_OBJECT_IN_USE, detail)
    } else {
        let detail = format!(
            "fails with 55006 (pending trigger events) if statement {statement} changes rows: their constraint is \
             deferred"
        );
        Note::unknown("pending_events", detail).raising(Code::ERRCODE_OBJECT_IN_USE)
    };
    run.add(note.on(object).safer(safer));
}
