//! Which tables the transaction writes, and whether its statements name the columns that sequences feed.

use super::judge::{Rows, Verdict, judge};
use super::pending::Mark;
use super::{advance, duplicate_key, feeds, session};
use crate::pg::calls::StatementEvent;
use crate::pg::hooks::Write;
use crate::pg::index_probe::Own;
use crate::pg::settings::Guard;
use crate::pg::{subtransaction, transaction};
use crate::settings;
use pgrx::pg_sys::Oid;

/// A statement is about to write a table.
pub fn writing(write: &Write) {
    if settings::guard() == Guard::Off || transaction::is_parallel_worker() {
        return;
    }
    let feeds = feeds::of(write.table);
    if feeds.is_empty() {
        return;
    }
    let is_supplied = feeds.iter().any(|feed| write.names(feed.attribute));
    if is_supplied {
        session::note_supply(write.table);
    }
    if settings::guards_all() {
        if is_supplied {
            session::note(write.table, Mark::Written);
        }
        if write.inserts || is_supplied {
            duplicate_key::note_start(write.table, is_supplied);
        }
    }
}

/// A guarded table's statement trigger has fired.
pub fn statement_done(event: &StatementEvent) {
    let mode = settings::guard();
    let table = event.table;
    if mode == Guard::Off || (event.is_update() && !updates_fed_column(event)) {
        return;
    }
    session::note(table, Mark::Written);
    if event.is_update() || (!session::has(table, Mark::Supplied) && has_supplied_unseen(table)) {
        session::note_supply(table);
    }
    if mode == Guard::Advance && session::is_supply_new(table) && advance::is_past(table) {
        session::settle_supply(table);
    }
}

fn updates_fed_column(event: &StatementEvent) -> bool {
    feeds::of(event.table).iter().any(|feed| event.updates(feed.attribute))
}

/// Who truncates a table and loads it in one transaction gives it a new file as well.
const INSERTED: Own = Own { updated: false, rewritten: true };

/// Whether a statement whose start nobody saw has supplied ids: its rows tell, as long as nothing else has updated them.
fn has_supplied_unseen(table: Oid) -> bool {
    session::may_have_missed_start()
        && !matches!(subtransaction::attempt(|| judge(table, Rows::Own(INSERTED))), Ok(Verdict::InOrder))
}
