//! Words the notes of a row.

use crate::pg::rehearsal::command::Concurrent;
use crate::script::Piece;

pub const ALREADY_IN_BLOCK: &str = "A transaction is already in progress: the statement has no effect.";
pub const NO_TRANSACTION: &str = "No transaction is in progress: the statement has no effect.";
pub const ONLY_IN_BLOCK: &str = "The statement has no effect outside a transaction block.";
pub const TRANSACTION_SETTINGS: &str =
    "Isolation level and access mode cannot be set in a rehearsal, which runs in the calling transaction.";
pub const LEAVES_OPEN: &str = "The script begins a transaction and does not end it.";
pub const TWO_PHASE: &str = "Prepared transactions are outside a rehearsal.";
pub const PSQL: &str = "psql runs this line itself.";
pub const VARIABLES: &str = "psql replaces the variable before it sends the statement";
pub const PLACEHOLDERS: &str = "The tool replaces the placeholder before it runs the statement";
pub const COMMIT: &str = "The deferred constraints were checked, as the end of the transaction does.";
pub const CAUGHT: &str = "The statement itself caught the error of a part that was not rehearsed.";

/// Returns the note on a statement that was rehearsed without CONCURRENTLY.
pub fn concurrently(what: Concurrent, has_failed: bool) -> &'static str {
    match (what, has_failed) {
        (Concurrent::CreateIndex, true) => {
            "Rehearsed without CONCURRENTLY. In the real run it leaves an invalid index behind."
        }
        _ => "Rehearsed without CONCURRENTLY: locks and duration differ in the real run.",
    }
}

/// Returns the note on a statement after one that failed.
pub fn despite(failed: &str) -> String {
    format!("{failed} has failed: this is what happens without it.")
}

/// Returns the note on a verdict that an earlier statement may change.
pub fn after(unrehearsed: &str) -> String {
    format!("{unrehearsed} was not rehearsed, so that rows and objects may differ in the real run.")
}

/// Returns the detail of the last row.
pub fn not_undone(sequences: usize, lost_advisory_locks: usize, is_serializable: bool) -> Vec<String> {
    let mut notes = vec![
        "The script was undone. A rollback leaves dead rows, WAL, used transaction ids, counters and the planner's \
         estimates of changed tables."
            .to_owned(),
    ];
    match sequences {
        0 => {}
        1 => notes.push("RowExclusiveLock on 1 sequence is held until the calling transaction ends.".to_owned()),
        count => {
            notes.push(format!("RowExclusiveLock on {count} sequences is held until the calling transaction ends."));
        }
    }
    if is_serializable {
        notes.push("Predicate locks are held until the calling transaction ends.".to_owned());
    }
    if lost_advisory_locks > 0 {
        notes.push("Another session has acquired an advisory lock that the script released.".to_owned());
    }
    notes
}

/// Returns what a piece of the script is called in a message.
pub fn name_of(piece: &Piece) -> String {
    match piece.number {
        Some(number) => format!("Statement {number}"),
        None => format!("Line {}", piece.line),
    }
}
