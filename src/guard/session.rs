//! What the guard remembers of the session's transaction in progress.

use super::touched_tables::{Mark, Pending, Touched};
use crate::pg::transaction;
use pgrx::pg_sys::Oid;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;

/// So many tables' worth of memory the session keeps from one transaction to the next.
pub const USUAL_TABLES: usize = 64;

thread_local! {
    static PENDING: RefCell<Pending<Oid>> = RefCell::new(Pending::default());
    /// The client's statement that made the server load the library.
    static LOADED_IN: Cell<i64> = const { Cell::new(0) };
    /// The tables that ids have been supplied to since their sequence was last moved.
    static NEW_SUPPLY: RefCell<HashSet<Oid>> = RefCell::new(HashSet::new());
    static HAS_READ: Cell<bool> = const { Cell::new(false) };
    /// Arming consists of commands, which are not to be answered by the event trigger.
    static IS_AT_WORK: Cell<bool> = const { Cell::new(false) };
}

/// To call as the library is loaded.
pub fn begin() {
    LOADED_IN.set(transaction::statement_start());
}

/// Whether a statement that is running may have begun before the library was there to see it.
pub fn may_have_missed_start() -> bool {
    LOADED_IN.get() == transaction::statement_start()
}

pub fn note(table: Oid, mark: Mark) {
    let level = transaction::nest_level();
    PENDING.with_borrow_mut(|pending| pending.note(table, mark, level));
}

pub fn has(table: Oid, mark: Mark) -> bool {
    PENDING.with_borrow(|pending| pending.has(table, mark))
}

/// A statement has named a fed column: a trigger's, or a client's or function's `directly`.
pub fn note_supply(table: Oid, directly: bool) {
    note(table, Mark::Supplied);
    if directly {
        note(table, Mark::SuppliedDirectly);
    }
    NEW_SUPPLY.with_borrow_mut(|supply| supply.insert(table));
}

/// Whether ids have been supplied to the table since `settle_supply`.
pub fn is_supply_new(table: Oid) -> bool {
    NEW_SUPPLY.with_borrow(|supply| supply.contains(&table))
}

pub fn settle_supply(table: Oid) {
    NEW_SUPPLY.with_borrow_mut(|supply| supply.remove(&table));
}

pub fn is_untouched() -> bool {
    PENDING.with_borrow(Pending::is_empty)
}

pub fn take() -> Vec<Touched<Oid>> {
    PENDING.with_borrow_mut(Pending::take)
}

pub fn level_ended(level: i32, committed: bool) {
    PENDING.with_borrow_mut(|pending| match committed {
        true => pending.commit_level(level),
        false => pending.abort_level(level),
    });
}

/// The transaction has read tables of users' without writing any.
pub fn note_reading() {
    HAS_READ.set(HAS_READ.get() || !is_at_work());
}

pub fn has_read() -> bool {
    HAS_READ.get()
}

/// The transaction is over.
pub fn end() {
    HAS_READ.set(false);
    NEW_SUPPLY.with_borrow_mut(|supply| {
        supply.clear();
        supply.shrink_to(USUAL_TABLES);
    });
    if !is_untouched() {
        take();
    }
}

/// Lasts while the commands that run are the guard's own, however that time ends.
pub struct OwnCommands;

impl Drop for OwnCommands {
    fn drop(&mut self) {
        IS_AT_WORK.set(false);
    }
}

/// Begins the guard's own commands; `None` if they have begun already.
pub fn begin_commands() -> Option<OwnCommands> {
    (!IS_AT_WORK.replace(true)).then_some(OwnCommands)
}

/// Whether the guard itself is at work, so that a command that runs is not a client's.
pub fn is_at_work() -> bool {
    IS_AT_WORK.get()
}

/// Runs `work` so that the event trigger does not answer its commands.
pub fn quietly<T>(work: impl FnOnce() -> T) -> T {
    let _own = begin_commands();
    work()
}
