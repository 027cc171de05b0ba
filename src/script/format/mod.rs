//! Understands the files of migration tools: which part of a script runs, in which transactions,
//! and where the tool ends a statement.
//!
//! A tool looks for its marks line by line, mostly without regard to quotes. So does this, if the
//! caller names the tool. Otherwise a mark counts only outside quotes, and what then remains
//! ambiguous is a [`layout::Problem`].

mod cuts;
mod goose;
mod layout;
mod liquibase;
mod marks;
mod order;
mod quoted;
mod read;
mod recognize;
mod section;
mod table;
#[cfg(test)]
mod tests;
mod tool;
mod wording;

pub use layout::Layout;
pub use recognize::{Asked, layout};
pub use section::{How, Section};
pub use table::names;
