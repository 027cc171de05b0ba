//! The guard: says, at the commit of the transaction that did it, that a table holds ids which its sequence will hand out.
//!
//! `watch` notes which tables a transaction writes, `commit` has them judged by `judge`, `put_off` keeps what a restore
//! will set right by itself. `arm` and `on_ddl` keep the triggers in place, `enable`, `disable` and `batches` make and drop them within
//! the `lock_room`, `duplicate_key` explains what was not prevented.

mod advance;
pub mod api;
mod arm;
mod batches;
mod brought;
mod catalog;
mod commit;
mod disable;
mod drawn;
mod duplicate_key;
mod enable;
mod event_trigger;
mod explanation;
pub(crate) mod feeds;
mod judge;
mod leaves;
mod library_list;
mod lock_room;
mod memory;
mod moved;
pub mod on_ddl;
mod partitions;
mod pending;
mod preload;
mod put_off;
mod report;
mod session;
mod status;
mod told;
pub mod watch;

use crate::pg::command_hooks;
use crate::pg::hooks::{self, Listeners};

pub use catalog::{EventTrigger, Firing, Functions, Trigger};
pub use event_trigger::Guarded;
pub use status::{State, status};

/// To call from `_PG_init`.
pub fn install() {
    session::begin();
    hooks::install(Listeners {
        writing: watch::writing,
        reading: session::note_reading,
        drawing: drawn::note,
        committing: commit::committing,
        ended,
        level_ended: session::level_ended,
        changed,
        duplicate: duplicate_key::hint,
    });
    command_hooks::install(command_hooks::Listeners { changed: on_ddl::changed, setting: moved::setting });
    hooks::catch_up();
}

fn ended() {
    session::end();
    duplicate_key::forget_starts();
}

fn changed(table: Option<pgrx::pg_sys::Oid>) {
    feeds::forget(table);
    leaves::forget(table);
    explanation::forget(table);
    brought::forget(table);
    advance::forget();
    put_off::note_change(table);
}
