//! Finds the marks of tools in a text. Pure.

use super::table::{Act, Mark, Place, Rest, Tool};
use std::ops::Range;

/// A line of the text.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its bytes, without the line feed.
    pub bytes: Range<usize>,
    /// Where the next line starts.
    pub next: usize,
    /// Counted from 1.
    pub number: i32,
}

/// A mark that was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The line; only its end from the mark on, if a statement precedes it.
    pub line: Line,
    pub act: Act,
    /// Whether its options say that the file is run without a transaction.
    pub is_without: bool,
    /// What follows the words of the mark.
    pub rest: String,
}

/// Returns the lines of a text.
pub fn lines(text: &[u8]) -> impl Iterator<Item = Line> + '_ {
    let mut number = 0i32;
    let mut start = 0;
    text.split_inclusive(|byte| *byte == b'\n').map(move |line| {
        number = number.saturating_add(1);
        let next = start + line.len();
        let end = if line.ends_with(b"\n") { next - 1 } else { next };
        let bytes = start..end;
        start = next;
        Line { bytes, next, number }
    })
}

/// Returns the marks of each of these tools, in the order of the lines. Takes time in proportion to
/// the text's length.
pub fn find<'a>(tools: &[&'a Tool], text: &[u8]) -> Vec<(&'a Tool, Found)> {
    let mut found = Vec::new();
    let mut is_header = true;
    let top = top(text);
    for line in lines(text) {
        let bytes = &text[line.bytes.clone()];
        if may_have_mark(bytes) {
            let shown = String::from_utf8_lossy(bytes);
            for &tool in tools {
                found.extend(in_line(tool, &line, &shown, is_header, top).map(|mark| (tool, mark)));
            }
        }
        let trimmed = bytes.trim_ascii();
        is_header &= trimmed.is_empty() || trimmed.starts_with(b"--");
    }
    found
}

fn may_have_mark(line: &[u8]) -> bool {
    let trimmed = line.trim_ascii_start();
    trimmed.starts_with(b"--") || trimmed.starts_with(b"#") || line.windows(3).any(|bytes| bytes == b"-->")
}

/// Returns how many lines the comment at the top has, if an empty line or the end follows.
fn top(text: &[u8]) -> i32 {
    let mut count = 0;
    for line in lines(text) {
        let bytes = &text[line.bytes];
        if !bytes.starts_with(b"--") && !bytes.starts_with(b"#") {
            return if bytes.trim_ascii().is_empty() { count } else { 0 };
        }
        count = line.number;
    }
    count
}

fn in_line(tool: &Tool, line: &Line, shown: &str, is_header: bool, top: i32) -> Option<Found> {
    tool.marks.iter().find_map(|mark| {
        let is_placed = match mark.place {
            Place::Anywhere | Place::Behind => true,
            Place::First => line.number == 1,
            Place::Header => is_header,
            Place::Top => line.number <= top,
        };
        let mark_text = if mark.place == Place::Behind { &shown[shown.rfind("-->")?..] } else { shown };
        let rest = is_placed.then(|| matches(tool, mark, mark_text)).flatten()?;
        let is_without = match mark.rest {
            Rest::Option(word) => rest.split_whitespace().any(|found| found == word),
            Rest::Nothing | Rest::Anything => mark.act == Act::WithoutTransaction,
        };
        // Behind a statement, the mark is ASCII, so that it has as many bytes in the script.
        let start =
            if mark.place == Place::Behind { line.bytes.end.saturating_sub(mark_text.len()) } else { line.bytes.start };
        let line = Line { bytes: start..line.bytes.end, ..line.clone() };
        Some(Found { line, act: mark.act, is_without, rest: rest.to_owned() })
    })
}

/// Returns what follows the words of the mark, if the line is one.
fn matches<'a>(tool: &Tool, mark: &Mark, line: &'a str) -> Option<&'a str> {
    let line = if tool.style.may_be_indented { line.trim_start() } else { line };
    let mut rest = tool.style.introducers.iter().find_map(|introducer| line.strip_prefix(introducer))?;
    if tool.style.strips_hyphens {
        rest = rest.trim_start_matches(|letter: char| letter == '-' || letter.is_whitespace());
    }
    for word in mark.words {
        rest = rest.trim_start();
        let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let found = &rest[..length];
        let is_word = if tool.style.ignores_case { found.eq_ignore_ascii_case(word) } else { found == *word };
        if !is_word {
            return None;
        }
        rest = &rest[length..];
    }
    let rest = rest.trim();
    (mark.rest != Rest::Nothing || rest.is_empty()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::super::table::{TOOLS, find as tool};
    use super::*;

    fn acts(name: &str, text: &str) -> Vec<(i32, Act)> {
        let tool = tool(name).unwrap();
        find(&[tool], text.as_bytes()).into_iter().map(|(_, found)| (found.line.number, found.act)).collect()
    }

    #[test]
    fn marks_are_found_where_the_tool_looks() {
        assert_eq!(acts("goose", "-- +goose Up\n -- +goose Down\n--+goose Down\n"), [(1, Act::Up), (3, Act::Down)]);
        assert_eq!(acts("dbmate", "--migrate:up transaction:false\n-- migrate:upper\n"), [(1, Act::Up)]);
        assert_eq!(acts("node-pg-migrate", "  ---- UP  Migration\n-- up migration of t\n"), [(1, Act::Up)]);
        assert_eq!(acts("play", "# --- !Ups\n-- !Downs\n#!Ups\n"), [(1, Act::Up), (2, Act::Down), (3, Act::Up)]);
        assert_eq!(acts("sqlx", "\n-- no-transaction\n"), []);
        assert_eq!(acts("yoyo", "-- depends: a\n-- transactional: false\n"), [(2, Act::WithoutTransaction)]);
        assert_eq!(acts("atlas", "-- a\n-- atlas:txmode none\n\nSELECT 1;"), [(2, Act::WithoutTransaction)]);
        assert_eq!(acts("atlas", "-- atlas:txmode none\nSELECT 1;"), []);
        assert_eq!(acts("yoyo", "SELECT 1;\n-- transactional: false\n"), []);
        assert_eq!(acts("drizzle", "SELECT 1;--> statement-breakpoint\r\n"), [(1, Act::Cut)]);
    }

    #[test]
    fn marks_of_comments_that_mention_a_tool_are_none() {
        let text = "-- Run this with goose: the mark +goose Up comes first.\n-- see migrate:up\n\
                    -- The down migration drops it.\n-- changeset of Monday\n-- needs no-transaction\n";
        let tools: Vec<&Tool> = TOOLS.iter().collect();
        let found: Vec<_> =
            find(&tools, text.as_bytes()).into_iter().map(|(tool, found)| (tool.name, found.act)).collect();
        assert_eq!(found, [("liquibase", Act::Changeset)]);
    }
}
