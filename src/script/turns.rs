//! Tells where the transactions of a script's sections begin and end. Pure.

use super::format::{How, Section};
use super::piece::{Control, Piece};

/// What happens before a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The tool commits the transaction of the section before.
    pub ends: bool,
    /// The tool, or the server for it, begins a transaction.
    pub begins: bool,
}

/// Goes through the pieces of a script.
pub struct Turns<'a> {
    sections: &'a [Section],
    current: Option<usize>,
}

impl<'a> Turns<'a> {
    pub fn new(sections: &'a [Section]) -> Turns<'a> {
        Turns { sections, current: None }
    }

    /// Returns what happens before the next piece. `is_open` tells whether a transaction is open.
    pub fn before(&mut self, piece: &Piece, is_open: bool) -> Turn {
        let is_new = self.current != Some(piece.section);
        let wraps = |index: usize| self.sections.get(index).is_some_and(Section::is_wrapped);
        let ends = is_new && is_open && self.current.is_some_and(wraps);
        let is_closed = ends || !is_open;
        let begins = match self.sections.get(piece.section).map(|section| section.how) {
            Some(How::String) => piece.control == Control::None && piece.is_statement(),
            _ => is_new,
        };
        let begins = begins && is_closed && wraps(piece.section);
        self.current = Some(piece.section);
        Turn { ends, begins }
    }

    /// Whether the section of the last piece is a transaction of the tool.
    pub fn is_wrapped(&self) -> bool {
        self.current.and_then(|index| self.sections.get(index)).is_some_and(Section::is_wrapped)
    }
}
