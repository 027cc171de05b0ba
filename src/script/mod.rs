//! Splits a script of SQL statements, as psql and migration tools run them, into its pieces.
//!
//! A script is text for psql as well: backslash commands, variables and the data of COPY are pieces
//! or marks of their own, so that they can be named instead of failing as syntax errors.

mod format;
mod lines;
mod piece;
mod placeholders;
pub mod psql_command;
mod resolve;
mod split;
mod statement_end;
mod turns;

pub use format::Layout;
pub use lines::Lines;
pub use piece::{Control, Kind, Piece};
pub use split::{Script, split};
