//! Sequences that will hand out an id which is already taken: audit, resync, assert.

pub mod advice;
pub mod api;
pub mod assert;
pub mod audit;
mod by_hand;
#[cfg(test)]
mod code;
#[cfg(test)]
mod by_name;
pub mod column;
pub mod default_tree;
pub mod discover;
mod explain;
pub mod links;
mod measured;
mod owned;
pub mod position;
mod qualified_name;
pub mod reading;
pub mod repair;
pub mod resync;
pub mod scope;
pub mod search;
pub mod sequence_state;
pub mod target_table;
pub mod verdict;
