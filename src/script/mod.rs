//! Splits a script of SQL statements, as psql and migration tools run them, into its pieces.
//!
//! A script is text for psql as well: backslash commands, variables and the data of COPY are pieces
//! or marks of their own, so that they can be named instead of failing as syntax errors.

mod lines;
mod mode;
mod piece;
pub mod psql_command;
mod split;
mod statement_end;

pub use lines::Lines;
pub use mode::Mode;
pub use piece::{Kind, Piece};
pub use split::{Script, split};
