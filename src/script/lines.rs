//! Converts bytes of a text to lines and columns. Pure.

/// Counts from the last position on, so that many positions in ascending order cost one pass, also
/// over a single long line.
pub struct Lines<'a> {
    text: &'a [u8],
    is_utf8: bool,
    at: usize,
    line: i32,
    column: i32,
}

impl<'a> Lines<'a> {
    pub fn new(text: &'a [u8], is_utf8: bool) -> Lines<'a> {
        Lines { text, is_utf8, at: 0, line: 1, column: 1 }
    }

    /// Returns line and column of a byte, counted from 1. Columns are characters in UTF-8, and
    /// bytes otherwise.
    pub fn at(&mut self, position: usize) -> (i32, i32) {
        let position = position.min(self.text.len());
        if position < self.at {
            (self.at, self.line, self.column) = (0, 1, 1);
        }
        for byte in &self.text[self.at..position] {
            if *byte == b'\n' {
                (self.line, self.column) = (self.line.saturating_add(1), 1);
            } else if !self.is_utf8 || byte & 0xc0 != 0x80 {
                self.column = self.column.saturating_add(1);
            }
        }
        self.at = position;
        (self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;

    #[test]
    fn lines_ascending_positions_count_lines_and_characters() {
        let text = "a\nä b\n\nc".as_bytes();
        let mut lines = Lines::new(text, true);
        assert_eq!(lines.at(0), (1, 1));
        assert_eq!(lines.at(5), (2, 3));
        assert_eq!(lines.at(text.len()), (4, 2));
    }

    #[test]
    fn lines_earlier_position_starts_again() {
        let mut lines = Lines::new(b"a\nb\nc", false);
        assert_eq!(lines.at(4), (3, 1));
        assert_eq!(lines.at(2), (2, 1));
        assert_eq!(lines.at(99), (3, 2));
    }

    #[test]
    fn lines_single_byte_encoding_counts_bytes() {
        assert_eq!(Lines::new("ä b".as_bytes(), false).at(3), (1, 4));
    }
}
