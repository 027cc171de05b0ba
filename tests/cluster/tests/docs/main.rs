//! The documentation: its SQL and its programs run, its links resolve, and the reference describes
//! the extension as it is.

mod blocks;
mod fixture;
mod front_door;
mod links;
mod masks;
mod pages;
mod programs;
mod reference;
mod workflows;
