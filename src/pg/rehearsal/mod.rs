//! Runs the statements of a script in subtransactions, observes what they do, and undoes them.

pub mod command;
pub mod constraints;
pub mod copy_data;
pub mod execute;
mod lock_entry;
pub mod locks;
pub mod observe;
pub mod observed;
pub mod outside;
mod relation_before;
pub mod sequences;
pub mod session_objects;
pub mod time_limit;
pub mod undone;
