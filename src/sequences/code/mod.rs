//! Reads from a function's source, SQL or PL/pgSQL, which sequences it draws from and what becomes of their values.
//!
//! It is a reading of the text, not an execution: anything unrecognized counts as "cannot be told".

pub mod body;
mod calls;
mod lexer;
mod statements;
