//! What the migration tools' own tables say.

pub mod discover;
pub mod layout;
mod tools;

pub use discover::{HistoryTable, default_history_tables, history_tables};
