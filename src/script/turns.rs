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

#[cfg(test)]
mod tests {
    use super::super::format::Layout;
    use super::super::piece::Kind;
    use super::super::resolve::resolve;
    use super::*;

    fn piece(start: usize, control: Control, is_alone: bool) -> Piece {
        Piece {
            kind: Kind::Statement,
            number: None,
            bytes: start..start + 1,
            line: 1,
            column: 1,
            control,
            variables: Vec::new(),
            placeholders: Vec::new(),
            is_alone,
            section: 0,
        }
    }

    /// Returns, for statements `s`, `v` (cannot run in a transaction), `b` and `c` (BEGIN and
    /// COMMIT), where a transaction begins `(` and where the tool ends one `)`. A `|` begins the
    /// next section.
    fn turns(how: How, script: &str) -> String {
        let starts = script.char_indices().filter(|(_, letter)| *letter == '|').map(|(at, _)| at);
        let sections = std::iter::once(0).chain(starts).map(|start| Section::new(start, how)).collect();
        let mut layout = Layout { sections, ..Layout::default() };
        let mut pieces: Vec<Piece> = Vec::new();
        for (at, letter) in script.char_indices().filter(|(_, letter)| *letter != '|') {
            let control = match letter {
                'b' => Control::Begin,
                'c' => Control::Commit,
                _ => Control::None,
            };
            pieces.push(piece(at, control, letter == 'v'));
        }
        resolve(&mut layout, &mut pieces);
        let mut turns = Turns::new(&layout.sections);
        let (mut is_open, mut shown) = (false, String::new());
        for piece in &pieces {
            let turn = turns.before(piece, is_open);
            shown.push_str(if turn.ends { ")" } else { "" });
            shown.push_str(if turn.begins { "(" } else { "" });
            shown.push_str(&script[piece.bytes.clone()]);
            is_open = (is_open && !turn.ends) || turn.begins || piece.control == Control::Begin;
            is_open &= piece.control != Control::Commit;
        }
        shown
    }

    #[test]
    fn turns_are_those_of_sections() {
        assert_eq!(turns(How::Transaction, "ss|ss"), "(ss)(ss");
        assert_eq!(turns(How::Transaction, "scs|s"), "(scs(s");
        assert_eq!(turns(How::Statements, "ss|bscs"), "ssbscs");
        assert_eq!(turns(How::String, "s|ss|v"), "s(ss)v");
        assert_eq!(turns(How::String, "scs"), "(sc(s");
        assert_eq!(turns(How::String, "bscs"), "bsc(s");
        assert_eq!(turns(How::AsWritten, "ss"), "(ss");
        assert_eq!(turns(How::AsWritten, "sbsc"), "sbsc");
        assert_eq!(turns(How::AsPossible, "ss"), "(ss");
        assert_eq!(turns(How::AsPossible, "vv"), "vv");
    }

    #[test]
    fn turns_of_mixture_are_a_problem() {
        let mut layout = Layout::plain(How::AsPossible);
        let mut pieces = vec![piece(0, Control::None, false), piece(2, Control::None, true)];
        resolve(&mut layout, &mut pieces);
        assert_eq!((layout.problems.len(), layout.problems[0].is_error), (1, false));
    }
}
