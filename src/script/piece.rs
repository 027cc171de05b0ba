//! Describes a piece of a script. Pure.

use std::ops::Range;

/// What kind of piece it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Statement,
    /// COPY … FROM STDIN, and the bytes of its data, which follow in the script: the lines before
    /// the one that consists of `\.`.
    CopyData(Range<usize>),
    /// A line that psql handles itself, such as `\set` or `\i`.
    Psql,
    /// The rest of the script from the statement's start: its tokens cannot be read. `position` is
    /// the byte of the script where the error is.
    Broken {
        message: String,
        sqlstate: i32,
        position: Option<usize>,
    },
}

/// Whether the statement begins or ends a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    Begin,
    Commit,
    Rollback,
    None,
}

/// A piece of a script.
#[derive(Clone, Debug)]
pub struct Piece {
    pub kind: Kind,
    /// The number of the statement in the script, counted from 1; `None` for a line of psql's.
    pub number: Option<i32>,
    /// From the first token to the last one, without the semicolon.
    pub bytes: Range<usize>,
    /// Line and column, in characters, of the first token, counted from 1.
    pub line: i32,
    pub column: i32,
    pub control: Control,
    /// Variables that psql would replace, such as `:name`, `:'name'` and `:"name"`.
    pub variables: Vec<Range<usize>>,
    /// Texts that a tool would replace, such as `${name}` and `{{ name }}`.
    pub placeholders: Vec<Range<usize>>,
    /// Whether Flyway runs the statement without a transaction.
    pub is_alone: bool,
    /// The index of the section of the script.
    pub section: usize,
}

impl Piece {
    pub fn is_statement(&self) -> bool {
        self.kind != Kind::Psql
    }
}
