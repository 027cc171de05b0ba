//! Takes snapshots of a database, and compares two of them.

mod api;
mod assert;
mod capture;
mod catalog;
mod compare;
mod differences;
mod extensions;
mod field_count;
mod json_types;
mod large_objects;
mod memory_meter;
mod model;
mod notes;
mod object_model;
mod objects;
mod outside;
mod parse;
mod positions;
mod rows;
mod sequences;
mod sorted_map;
mod table_objects;
mod tables;
mod unread;
mod unread_kinds;
mod used_names;
mod uses;
mod words;

pub use compare::Difference;
pub use differences::differences;
pub use positions::positions;
