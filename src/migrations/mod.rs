//! Reports the state of migrations, as the tools' own tables record it.

mod api;
mod discover;
mod found;
mod layout;
#[cfg(test)]
mod layout_tests;
mod log;
mod named_relations;
mod reading;
mod report;
mod table_locks;
mod tool_tables;
mod tools;
mod verdict;

pub use discover::{history_tables, tables_of_tools};
pub use report::{Row, report};
pub use verdict::Status;
