//! Reports advisory locks: which sessions hold and await them, which tool a key belongs to, and the
//! statement that ends an orphaned holder.

mod advice;
mod api;
mod at_work;
mod candidate;
mod computed_keys;
mod database_context;
mod evidence;
#[cfg(any(test, feature = "pg_test"))]
#[allow(clippy::expect_used, clippy::panic)]
pub mod examples;
mod formula;
mod hash;
mod key;
mod lock_table;
mod naming;
mod naming_by_database;
mod observation;
mod phash2;
#[cfg(test)]
mod reference;
mod report;
mod session;
mod session_state;
mod statement_effect;
mod statement_kind;
mod table_lock;
mod tcp_peer;
mod terminate;
mod tool_key;
mod tools;
#[cfg(test)]
mod tools_source;
mod verdict;
mod waits;
mod wording;

pub use database_context::{HistoryTable, find_history_tables_by};
pub use lock_table::{Lock, lock_table};
pub use observation::Observation;
pub use report::{Row, View, report};
pub use table_lock::Holding;
pub use tools::Purpose;
pub use verdict::Status;
pub use wording::activities;

#[cfg(test)]
mod false_positive_tests;
