//! Notes the tables that the transaction writes, and whether its statements name columns that
//! sequences feed.

use super::fed_columns::Feed;
use super::judge::{Rows, Verdict, judge};
use super::touched_tables::Mark;
use super::{advance, drawn_inserts, drawn_values, duplicate_key, fed_columns, session};
use crate::pg::hooks::Write;
use crate::pg::index_probe::Own;
use crate::pg::settings::Guard;
use crate::pg::trigger_entry::StatementEvent;
use crate::pg::{portal, subtransaction, transaction};
use crate::sequences::default_tree::Name;
use crate::settings;
use pgrx::pg_sys::Oid;

/// Notes that a statement is about to write a table.
pub fn writing(write: &Write) {
    if settings::guard() == Guard::Off || transaction::is_parallel_worker() {
        return;
    }
    if write.updates_any() {
        duplicate_key::note_update(write.table);
    }
    let feeds = fed_columns::of(write.table);
    let drawn = if drawn_values::is_empty() { None } else { drawn_inserts::explanations(write, &feeds) };
    if feeds.is_empty() {
        if !drawn_values::is_empty() {
            duplicate_key::note_start(write.table, true, drawn);
        }
        return;
    }
    let is_supplied = feeds.iter().any(|feed| supplies(write, feed));
    if is_supplied {
        session::mark_supplied(write.table, is_direct(portal::trigger_depth()));
    }
    if settings::guards_all() && is_supplied {
        session::mark(write.table, Mark::Written);
    }
    if write.inserts || is_supplied {
        duplicate_key::note_start(write.table, is_supplied, drawn);
    }
}

/// Whether a statement at this trigger depth does what the client has asked for. Triggers of views
/// and foreign keys also do.
fn is_direct(depth: i32) -> bool {
    depth == 0 || (depth == 1 && (portal::writes_view() || portal::cascades()))
}

/// Whether the statement supplies ids for the column. An explicit DEFAULT, or nextval of the same
/// sequence, does not count where it can be recognized.
fn supplies(write: &Write, feed: &Feed) -> bool {
    let draws = || matches!(feed.source, Name::Oid(sequence) if write.draws(feed.attribute, Oid::from(sequence)));
    write.updates(feed.attribute) || (write.names(feed.attribute) && !draws())
}

/// Notes that the statement trigger of a guarded table has fired.
pub fn statement_done(event: &StatementEvent) {
    let mode = settings::guard();
    let table = event.table;
    if mode == Guard::Off || (event.is_update() && !updates_fed_column(event)) {
        return;
    }
    session::mark(table, Mark::Written);
    if event.is_update() || (!session::has(table, Mark::Supplied) && has_supplied_unseen(table)) {
        // One level is the guard's own trigger.
        session::mark_supplied(table, is_direct(portal::trigger_depth() - 1));
    }
    if mode == Guard::Advance && session::has_new_supply(table) && advance::try_to_advance(table) {
        session::clear_new_supply(table);
    }
}

fn updates_fed_column(event: &StatementEvent) -> bool {
    fed_columns::of(event.table).iter().any(|feed| event.updates(feed.attribute))
}

/// Whether a statement that started before the library was loaded has supplied ids. Its rows reveal
/// that unless another statement has updated them since.
fn has_supplied_unseen(table: Oid) -> bool {
    session::may_have_missed_start()
        && !matches!(subtransaction::attempt(|| judge(table, Rows::Own(Own::INSERTED))), Ok(Verdict::InOrder))
}
