//! Sequences that will hand out an id which is already taken: audit, resync, assert.

pub mod advice;
pub mod api;
pub mod assert;
pub mod audit;
pub mod column;
pub mod default_tree;
pub mod discover;
mod fence;
mod gone;
mod grants;
pub mod links;
pub mod position;
pub mod qualified_name;
pub mod reading;
pub mod repair;
pub mod resync;
pub mod scope;
pub mod search;
pub mod sequence_state;
mod step;
mod subscriptions;
pub mod target_table;
pub mod verdict;
