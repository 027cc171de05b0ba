//! Whether one transaction wraps the script. Pure.

use super::piece::{Control, Piece};

/// How a script's statements form transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One transaction wraps the script.
    Transaction,
    /// Each statement is a transaction, except between the script's own BEGIN and COMMIT.
    Autocommit,
}

impl Mode {
    pub fn parse(word: &str) -> Option<Mode> {
        match word {
            "transaction" => Some(Mode::Transaction),
            "autocommit" => Some(Mode::Autocommit),
            _ => None,
        }
    }

    /// Returns the mode that the script itself asks for.
    pub fn of(pieces: &[Piece]) -> Mode {
        match pieces.iter().any(|piece| piece.control != Control::None) {
            true => Mode::Autocommit,
            false => Mode::Transaction,
        }
    }
}
