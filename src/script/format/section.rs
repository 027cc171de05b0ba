//! A part of a script that the tool runs by itself. Pure.

/// How the tool runs the statements of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// One transaction wraps them.
    Transaction,
    /// Each one is a transaction, except between the script's own BEGIN and COMMIT.
    Statements,
    /// They are sent as one string. The server runs several statements of a string as one
    /// transaction, which a COMMIT among them ends.
    String,
    /// As `Statements` if the script itself begins or ends a transaction, and otherwise as
    /// `Transaction`.
    AsWritten,
    /// As `Statements` if none of them can run in a transaction, and otherwise as `Transaction`.
    AsPossible,
}

/// A part of the script, from one byte to where the next part starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section {
    pub start: usize,
    pub how: How,
    /// How many statements it has.
    pub statements: usize,
}

impl Section {
    pub fn new(start: usize, how: How) -> Section {
        Section { start, how, statements: 0 }
    }

    /// Whether its statements share a transaction.
    pub fn is_wrapped(&self) -> bool {
        match self.how {
            How::String => self.statements > 1,
            How::Transaction | How::AsPossible | How::AsWritten => true,
            How::Statements => false,
        }
    }
}
