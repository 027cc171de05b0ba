//! Reads from the source of a function, SQL or PL/pgSQL, which sequences it draws from and where
//! the values go.
//!
//! The text is read, not executed: anything unrecognized counts as unknown.

pub mod body;
mod calls;
mod lexer;
mod statements;
