//! Says which part of a script runs, and how. Pure.

use super::marks;
use super::section::{How, Section};
use std::ops::Range;

/// What the tool does not accept, or what remains ambiguous.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Whether the tool fails; otherwise, what it does is not known.
    pub is_error: bool,
    pub line: Option<i32>,
    pub text: String,
}

/// How a script is run.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    pub tool: Option<&'static str>,
    /// In ascending order; the first one starts at 0.
    pub sections: Vec<Section>,
    /// Bytes that do not run.
    pub hidden: Vec<Range<usize>>,
    /// Where the tool ends a statement, in addition to the server's scanner.
    pub cuts: Vec<usize>,
    /// The first and last lines of parts that do not run.
    pub left_out: Vec<(i32, i32)>,
    pub problems: Vec<Problem>,
    /// What else is to be said.
    pub notes: Vec<String>,
    /// What begins a text that the tool replaces, and where it does so.
    pub placeholders: Vec<(&'static str, Range<usize>)>,
    /// Whether a part that runs is not read.
    pub is_unread: bool,
    /// Whether the caller, not the tool, decides about transactions.
    pub is_overruled: bool,
}

impl Layout {
    /// Returns the layout of a script that no tool marks.
    pub fn plain(how: How) -> Layout {
        Layout { sections: vec![Section::new(0, how)], ..Layout::default() }
    }

    pub fn problem(&mut self, is_error: bool, line: Option<i32>, text: impl Into<String>) {
        self.problems.push(Problem { is_error, line, text: text.into() });
    }

    /// Returns the text with spaces in place of what does not run. Lines stay as they are.
    pub fn mask(&self, text: &[u8]) -> Vec<u8> {
        let mut masked = text.to_vec();
        for range in &self.hidden {
            let hidden = masked.get_mut(range.clone()).into_iter().flatten();
            hidden.filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
        }
        masked
    }

    /// Returns where statements end, in ascending order.
    pub fn boundaries(&self) -> Vec<usize> {
        let starts = self.sections.iter().skip(1).map(|section| section.start);
        let mut all: Vec<usize> = starts.chain(self.cuts.iter().copied()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// Hides bytes, and notes their lines if they contain more than comments.
pub fn leave_out(layout: &mut Layout, text: &[u8], bytes: Range<usize>, first_line: i32) {
    let part = &text[bytes.clone()];
    let has_sql = |line: &marks::Line| {
        let line = part[line.bytes.clone()].trim_ascii();
        !line.is_empty() && !line.starts_with(b"--") && !line.starts_with(b"#")
    };
    if let Some(last) = marks::lines(part).filter(has_sql).last() {
        layout.left_out.push((first_line, first_line.saturating_add(last.number - 1)));
    }
    layout.hidden.push(bytes);
}
