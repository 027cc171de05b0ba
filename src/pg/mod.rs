//! Wraps the server's internals in safe functions. This is the only module with `unsafe`.
//!
//! Everything here may raise a PostgreSQL error. pgrx turns it into a Rust panic, which runs
//! destructors, and the abort of the (sub)transaction releases locks, pins and snapshots.
//! Destructors therefore do nothing during a panic.
#![allow(unsafe_code)]

mod catalog;
mod events;
pub mod parser;
pub mod rehearsal;
mod session;
mod spi;
mod storage;
mod types;

pub use catalog::{
    access, catalog_scan, catalog_types, check_constraints, citus, database, defaults, dependency, extension,
    foreign_key_operator, invalidation, names, partitions, relation_names, role, role_settings, schemas,
    sequence_users, storage_options, unique_indexes,
};
use events::{column_set, list, nodes, plan};
pub use events::{command_hooks, command_tree, hooks, portal, statement_trigger, trigger_entry};
use session::{allocator, barrier, memory_context};
pub use session::{backend, entry, memory, message, procedure, raised, run_as, settings, subtransaction, transaction};
pub use spi::{catalog_query, function_check, kept_plan, row, unprivileged};
use spi::{hidden_expressions, inlining};
use storage::index_scan;
pub use storage::{
    advance_sequence, fence, heap_rows, heap_scan, id_datum, index_choice, index_probe, lock_budget, lock_table_usage,
    relation, sequence_page, sequence_state, snapshot, table_lock, wal,
};
use types::varlena;
pub use types::{encoded_text, lossy_text, sql_types};
