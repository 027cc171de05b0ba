//! What the migration tools' own tables say.

mod api;
mod busy;
mod discover;
mod layout;
#[cfg(test)]
mod layout_tests;
mod log;
mod objects;
mod reading;
mod report;
mod scene;
mod tools;
mod verdict;

pub use discover::{history_tables, tables_of_tools};
pub use report::{Row, report};
pub use verdict::State;
