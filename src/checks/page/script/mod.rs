//! What a script would do, by migration_precheck, and what it did when it was rehearsed: statement
//! by statement, and with its locks as a time line.

pub mod content;
pub mod gather;
mod holds;
mod lanes;
pub mod section;
mod statements;
mod time_line;
mod wording;

#[cfg(test)]
pub mod tests;
