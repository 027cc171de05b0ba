//! Holds the guard's state for the session's current transaction.

use super::touched_tables::{Mark, Pending, Touched};
use crate::pg::transaction;
use pgrx::pg_sys::Oid;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;

/// Capacity that is kept between transactions.
pub const USUAL_TABLES: usize = 64;

thread_local! {
    static PENDING: RefCell<Pending<Oid>> = RefCell::new(Pending::default());
    /// When the client sent the statement that made the server load the library.
    static LOADED_IN: Cell<i64> = const { Cell::new(0) };
    /// The tables that ids were supplied to since their sequence was last advanced.
    static NEW_SUPPLY: RefCell<HashSet<Oid>> = RefCell::new(HashSet::new());
    static HAS_READ: Cell<bool> = const { Cell::new(false) };
    /// Set while the guard runs commands of its own, which its event trigger must ignore.
    static RUNS_OWN_COMMANDS: Cell<bool> = const { Cell::new(false) };
}

/// Notes when the library was loaded. To be called at that time.
pub fn begin() {
    LOADED_IN.set(transaction::statement_start());
}

/// Whether a running statement may have started before the library was loaded.
pub fn may_have_missed_start() -> bool {
    LOADED_IN.get() == transaction::statement_start()
}

pub fn mark(table: Oid, mark: Mark) {
    let level = transaction::nest_level();
    PENDING.with_borrow_mut(|pending| pending.mark(table, mark, level));
}

pub fn has(table: Oid, mark: Mark) -> bool {
    PENDING.with_borrow(|pending| pending.has(table, mark))
}

/// Notes that a statement has named a fed column. `directly`: it was a client's or a function's,
/// not a trigger's.
pub fn mark_supplied(table: Oid, directly: bool) {
    mark(table, Mark::Supplied);
    if directly {
        mark(table, Mark::SuppliedDirectly);
    }
    NEW_SUPPLY.with_borrow_mut(|supply| supply.insert(table));
}

/// Whether ids were supplied to the table since `clear_new_supply`.
pub fn has_new_supply(table: Oid) -> bool {
    NEW_SUPPLY.with_borrow(|supply| supply.contains(&table))
}

pub fn clear_new_supply(table: Oid) {
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

/// Notes that the transaction has read users' tables without writing any.
pub fn note_reading() {
    HAS_READ.set(HAS_READ.get() || !runs_own_commands());
}

pub fn has_read() -> bool {
    HAS_READ.get()
}

/// Discards everything at the end of the transaction.
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

/// Marks commands as the guard's own until it is dropped.
pub struct OwnCommands;

impl Drop for OwnCommands {
    fn drop(&mut self) {
        RUNS_OWN_COMMANDS.set(false);
    }
}

/// Marks the commands that follow as the guard's own. Returns `None` if they are marked already.
pub fn begin_own_commands() -> Option<OwnCommands> {
    (!RUNS_OWN_COMMANDS.replace(true)).then_some(OwnCommands)
}

/// Whether the current command is the guard's own and not a client's.
pub fn runs_own_commands() -> bool {
    RUNS_OWN_COMMANDS.get()
}

/// Runs `work` with its commands marked as the guard's own.
pub fn as_own_commands<T>(work: impl FnOnce() -> T) -> T {
    let _own = begin_own_commands();
    work()
}
