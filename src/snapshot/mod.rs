//! Takes snapshots of a database, and compares two of them.

mod api;
mod assert;
mod capture;
mod catalog;
mod compare;
mod differences;
mod json_types;
mod memory_meter;
mod model;
mod outside;
mod parse;
mod rows;
mod sequences;
mod sorted_map;
mod unread;
mod words;

pub use compare::Difference;
pub use differences::differences;
