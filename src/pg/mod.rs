//! The server's internals behind safe functions: the only place with `unsafe`.
//!
//! Everything here may raise a PostgreSQL error; pgrx turns it into a Rust panic that runs destructors, and the
//! (sub)transaction's abort gives back locks, pins and snapshots. Destructors therefore do nothing while panicking.
#![allow(unsafe_code)]

pub mod access;
pub mod activity;
pub mod advance;
pub mod backend;
pub mod called;
pub mod calls;
pub mod catalog_scan;
pub mod checks;
pub mod citus;
pub mod cluster;
mod column_set;
pub mod command_hooks;
pub mod command_tree;
pub mod database;
pub mod defaults;
pub mod dependency;
pub mod extension;
pub mod fence;
pub mod foreign_key_operator;
pub mod hash;
pub mod heap_scan;
pub mod heap_text;
mod hidden_expressions;
pub mod hooks;
pub mod id_datum;
pub mod index_choice;
pub mod index_probe;
mod inlining;
pub mod invalidation;
pub mod kept_plan;
mod list;
pub mod lock_budget;
pub mod lock_table;
pub mod lockers;
pub mod memory;
pub mod message;
pub mod names;
pub mod nobody;
pub mod owner;
pub mod partitions;
mod plan;
pub mod portal;
pub mod procedure;
pub mod raw_text;
pub mod relation;
pub mod role;
pub mod row;
pub mod row_hash;
pub mod schemas;
pub mod sequence;
pub mod sequence_users;
pub mod server_text;
pub mod settings;
pub mod snapshot;
pub mod sql_types;
pub mod statement_trigger;
pub mod subtransaction;
pub mod transaction;
pub mod unique_indexes;
mod utf8;
mod varlena;
pub mod wal;
