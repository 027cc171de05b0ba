//! Tells from a tool's marks which part of a script runs, and how. Pure.

use super::cuts;
use super::liquibase;
use super::marks::{self, Found};
use super::section::{How, Section};
use super::table::{Act, Ends, Missing, Tool};
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

/// Lays out a script as the tool reads it.
pub fn of(tool: &'static Tool, text: &[u8], found: &[Found]) -> Layout {
    let mut layout = Layout { tool: Some(tool.name), ..Layout::default() };
    layout.placeholders.extend(tool.placeholders.iter().map(|begin| (*begin, 0..text.len())));
    if let Some(archive) = found.iter().find(|found| found.act == Act::Archive) {
        super::cuts::archive(&mut layout, text, archive.line.next);
    }
    if tool.name == "liquibase" {
        liquibase::lay_out(&mut layout, text, found);
        return layout;
    }
    let is_without = found.iter().any(|found| found.is_without);
    let how = if is_without { tool.without } else { tool.how };
    layout.sections = vec![Section::new(0, how)];
    let has_up = found.iter().any(|found| found.act == Act::Up);
    let runs_all = !tool.has_up() || !has_up && tool.missing == Missing::RunsAll;
    if tool.has_up() && !has_up {
        missing(tool, &mut layout);
    }
    if !(tool.has_up() && runs_all) {
        hide(&mut layout, text, found, runs_all);
    }
    substitutions(&mut layout, text, found);
    match tool.ends {
        Ends::Server => {}
        Ends::Line => cuts::at_lines(&mut layout, tool, text, found),
        Ends::Doubled => cuts::at_semicolons(&mut layout, text),
    }
    layout.cuts.extend(found.iter().filter(|found| found.act == Act::Cut).map(|found| found.line.bytes.start));
    if let Some(delimiter) = found.iter().find(|found| found.act == Act::Delimiter) {
        layout.hidden.push(delimiter.line.bytes.clone());
        let escaped = delimiter.rest.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t");
        cuts::at_delimiters(&mut layout, text, delimiter.line.next..text.len(), &escaped, false);
    }
    layout
}

fn missing(tool: &Tool, layout: &mut Layout) {
    let Some(mark) = tool.marks.iter().find(|mark| mark.act == Act::Up) else { return };
    let shown = format!("-- {}", mark.words.join(" "));
    match tool.missing {
        Missing::Fails => layout.problem(true, None, format!("{} finds no line {shown} and fails", tool.name)),
        Missing::RunsNothing => {
            layout.problem(false, None, format!("{} finds no line {shown} and runs nothing", tool.name));
        }
        Missing::RunsAll => {}
    }
}

/// Hides what does not run: before the first mark for what runs, and behind one for what does not.
fn hide(layout: &mut Layout, text: &[u8], found: &[Found], runs_first: bool) {
    let mut runs = runs_first;
    let (mut since, mut first_line) = (0, 1);
    for found in found {
        match found.act {
            Act::Up if !runs => {
                leave_out(layout, text, since..found.line.bytes.start, first_line);
                runs = true;
            }
            Act::Down if runs => {
                runs = false;
                (since, first_line) = (found.line.bytes.start, found.line.number);
            }
            _ => {}
        }
        if matches!(found.act, Act::Up | Act::Down) {
            layout.hidden.push(found.line.bytes.clone());
        }
    }
    if !runs {
        leave_out(layout, text, since..text.len(), first_line);
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

fn substitutions(layout: &mut Layout, text: &[u8], found: &[Found]) {
    let mut since = None;
    for found in found {
        match found.act {
            Act::SubstituteOn => since = since.or(Some(found.line.next)),
            Act::SubstituteOff => {
                layout.placeholders.extend(since.take().map(|start: usize| ("$", start..found.line.bytes.start)));
            }
            _ => {}
        }
    }
    layout.placeholders.extend(since.map(|start| ("$", start..text.len())));
}
