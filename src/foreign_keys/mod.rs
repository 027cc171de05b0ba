//! Foreign keys: which rows break them, and whether a new one will hold.

mod api;
pub mod audit;
mod count;
mod discover;
mod reference;
mod repair;
pub mod status;
