//! The server's internals behind safe functions: the only place with `unsafe`.
//!
//! Everything here may raise a PostgreSQL error; pgrx turns it into a Rust panic that runs destructors, and the
//! (sub)transaction's abort gives back locks, pins and snapshots. Destructors therefore do nothing while panicking.
#![allow(unsafe_code)]

mod catalog;
mod events;
mod session;
mod spi;
mod storage;
mod types;

pub use catalog::{
    access, catalog_scan, check_constraints, citus, cluster, database, defaults, dependency, extension,
    foreign_key_operator, invalidation, names, partitions, role, schemas, sequence_users, unique_indexes,
};
use events::{column_set, list, plan};
pub use events::{command_hooks, command_tree, hooks, portal, statement_trigger, trigger_entry};
pub use session::{activity, backend, memory, message, procedure, run_as, settings, subtransaction, transaction};
pub use spi::{catalog_query, function_check, kept_plan, row, unprivileged};
use spi::{hidden_expressions, inlining};
pub use storage::{
    advance_sequence, fence, heap_rows, heap_scan, id_datum, index_choice, index_probe, lock_budget, lock_table_usage,
    relation, sequence_page, sequence_state, snapshot, table_lock, wal,
};
use types::varlena;
pub use types::{encoded_text, hash, lossy_text, sql_types};
