//! Sequences that will hand out an id which is already taken: audit, resync, assert.

pub mod advice;
pub mod api;
pub mod assert;
pub mod audit;
mod default_tree;
pub mod discover;
pub mod links;
pub mod position;
pub mod reading;
pub mod resync;
pub mod scope;
pub mod search;
pub mod target_table;
pub mod verdict;
