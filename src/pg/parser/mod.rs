//! Reads SQL text with the server's own scanner and parser, which look nothing up and run nothing.
//!
//! All text is in the database's encoding, and all positions are bytes of it.

pub mod analysis;
pub mod raw;
pub mod scan;
mod syntax;
pub mod tree;

pub use syntax::SyntaxError;
