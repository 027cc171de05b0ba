//! Controls this session: transactions and subtransactions, settings, the current user, memory,
//! messages, and server processes.

pub(in crate::pg) mod allocator;
pub mod backend;
pub(in crate::pg) mod barrier;
pub mod entry;
pub mod memory;
pub(in crate::pg) mod memory_context;
pub mod message;
pub mod procedure;
pub mod raised;
pub mod run_as;
pub mod settings;
pub mod subtransaction;
pub mod transaction;
