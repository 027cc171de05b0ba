//! Reports what the server does: hooks for statements, commands and transactions, the entry points
//! of triggers, and what the running statement's plan inserts.

pub(in crate::pg) mod column_set;
pub mod command_hooks;
pub mod command_tree;
pub mod hooks;
pub(in crate::pg) mod list;
pub(in crate::pg) mod nodes;
pub(in crate::pg) mod plan;
pub mod portal;
pub mod statement_trigger;
pub mod trigger_entry;
