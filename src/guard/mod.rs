//! The guard: reports, at the commit of the transaction that caused it, that a table holds ids
//! which its sequence has yet to generate.
//!
//! `watch` notes which tables a transaction writes, `commit` has `judge` compare them with their
//! sequences, and `deferred` keeps the tables that a restore is going to repair by itself. `arm`
//! and `on_ddl` maintain the triggers on tables. `enable`, `disable` and `batches` create and drop
//! them for many tables, as far as `lock_table_share` allows. `duplicate_key` explains errors that
//! the guard did not prevent.

mod advance;
pub mod api;
mod arm;
mod batches;
mod catalog;
mod commit;
mod deferred;
mod disable;
mod drawn_inserts;
mod drawn_values;
mod duplicate_key;
mod enable;
mod event_trigger;
mod explanation;
pub(crate) mod fed_columns;
mod finding;
mod judge;
mod library_list;
mod lock_table_share;
mod on_ddl;
mod partition_cache;
mod partitions;
mod preload;
mod relation_cache;
mod report;
mod response;
mod session;
mod setval;
mod status;
mod status_row;
mod throttle;
mod touched_tables;
mod watch;

use crate::pg::hooks::{self, Listeners};
use crate::pg::{command_hooks, trigger_entry};

pub use catalog::{EventTrigger, Firing, Functions, Trigger};
pub use event_trigger::Guarded;
pub use status::status;
pub use status_row::Status;

/// Installs the guard's hooks. To be called from `_PG_init`.
pub fn install() {
    session::begin();
    hooks::install(Listeners {
        writing: watch::writing,
        reading: session::note_reading,
        drawing: drawn_values::drawing,
        committing: commit::committing,
        ended,
        level_ended: session::level_ended,
        changed,
        duplicate: duplicate_key::hint,
    });
    command_hooks::install(command_hooks::Listeners { changed: on_ddl::changed, setting: setval::setting });
    trigger_entry::install(trigger_entry::Listeners {
        statement_done: watch::statement_done,
        command_done: on_ddl::command_done,
    });
    hooks::report_running_statement();
}

fn ended() {
    session::end();
    duplicate_key::clear();
}

fn changed(table: Option<pgrx::pg_sys::Oid>) {
    fed_columns::invalidate(table);
    partition_cache::invalidate(table);
    explanation::invalidate(table);
    drawn_inserts::invalidate(table);
    advance::invalidate();
    deferred::note_change(table);
}
