//! Finds where tools end a statement differently from the server. Pure.

use super::layout::{self, Layout};
use super::marks::{self, Found};
use super::quoted;
use super::section::{How, Section};
use super::tool::{Act, Tool};
use std::ops::Range;

/// Ends statements at lines that end with a semicolon, except between the marks for that.
pub fn at_lines(layout: &mut Layout, tool: &Tool, text: &[u8], found: &[Found]) {
    let masked = layout.mask(text);
    let mut marks = found.iter().peekable();
    let mut block: Option<i32> = None;
    let mut open: Option<i32> = None;
    for line in marks::lines(&masked) {
        if let Some(mark) = marks.next_if(|mark| mark.line.number == line.number) {
            match mark.act {
                Act::Begin => block = Some(line.number),
                Act::End => {
                    (block, open) = (None, None);
                    layout.cuts.push(line.bytes.start);
                }
                _ => {}
            }
            continue;
        }
        let bytes = &masked[line.bytes.clone()];
        let is_empty = bytes.trim_ascii().is_empty() || open.is_none() && bytes.trim_ascii().starts_with(b"--");
        if is_empty {
            continue;
        }
        open = open.or(Some(line.number));
        if block.is_none() && ends_with_semicolon(bytes) {
            open = None;
            layout.cuts.push(line.bytes.end);
        }
    }
    let name = tool.name;
    if let Some(line) = block {
        layout.problem(true, Some(line), format!("{name} finds no StatementEnd for this StatementBegin and fails"));
    } else if let Some(line) = open {
        let text = format!("{name} finds no semicolon at the end of a line after this statement and fails");
        layout.problem(true, Some(line), text);
    }
    if layout.sections.first().is_some_and(|section| section.how == How::String) {
        let starts = std::iter::once(0).chain(layout.cuts.iter().copied());
        layout.sections = starts.map(|start| Section::new(start, How::String)).collect();
    }
}

/// Whether the last word of the line before a comment ends with a semicolon.
fn ends_with_semicolon(line: &[u8]) -> bool {
    let words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    words.take_while(|word| !word.starts_with(b"--")).last().is_some_and(|word| word.ends_with(b";"))
}

/// Ends statements at each semicolon that is not doubled, and takes two of them for one.
pub fn at_semicolons(layout: &mut Layout, text: &[u8]) {
    let masked = layout.mask(text);
    let mut at = 0;
    while at < masked.len() {
        let count = masked[at..].iter().take_while(|byte| **byte == b';').count();
        match count {
            0 => {}
            1 => layout.cuts.push(at + 1),
            _ => layout.hidden.extend((at..at + count / 2 * 2).skip(1).step_by(2).map(|second| second..second + 1)),
        }
        at += count.max(1);
    }
}

/// Ends statements at a delimiter outside quotes, and hides it. With `at_line`, it must begin a
/// line, and a space or the line's end must follow.
pub fn at_delimiters(layout: &mut Layout, text: &[u8], within: Range<usize>, delimiter: &str, at_line: bool) {
    let delimiter = delimiter.as_bytes();
    if delimiter.is_empty() || delimiter == b";" {
        return;
    }
    let quoted = quoted::ranges(&text[within.clone()]);
    let mut at = 0;
    let part = &text[within.clone()];
    while at < part.len() {
        let is_here = part[at].eq_ignore_ascii_case(&delimiter[0])
            && part.get(at..at + delimiter.len()).is_some_and(|bytes| bytes.eq_ignore_ascii_case(delimiter))
            && !quoted::contains(&quoted, at)
            && (!at_line
                || begins_line(part, at) && part.get(at + delimiter.len()).is_none_or(u8::is_ascii_whitespace));
        if is_here {
            let bytes = within.start + at..within.start + at + delimiter.len();
            layout.cuts.push(bytes.end);
            layout.hidden.push(bytes);
            at += delimiter.len();
        } else {
            at += 1;
        }
    }
}

fn begins_line(text: &[u8], at: usize) -> bool {
    at == 0 || text[at - 1] == b'\n'
}

/// Hides the files of an archive except `migration.sql`. Each file begins with a line `-- name --`.
pub fn archive(layout: &mut Layout, text: &[u8], from: usize) {
    let mut since = Some((from, 2, String::new()));
    for line in marks::lines(text).filter(|line| line.bytes.start >= from) {
        let shown = String::from_utf8_lossy(text[line.bytes.clone()].trim_ascii_end());
        let name = shown.strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --"));
        let Some(name) = name.map(str::trim).filter(|name| !name.is_empty() && !name.contains(' ')) else { continue };
        end_file(layout, text, since.take(), line.bytes.start);
        if name != "migration.sql" {
            since = Some((line.bytes.start, line.number, name.to_owned()));
        }
    }
    end_file(layout, text, since, text.len());
}

fn end_file(layout: &mut Layout, text: &[u8], file: Option<(usize, i32, String)>, end: usize) {
    let Some((start, first_line, name)) = file else { return };
    layout::leave_out(layout, text, start..end, first_line);
    if name.starts_with("checks") {
        layout.notes.push(format!("{name} is not run"));
    }
}
