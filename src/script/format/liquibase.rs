//! Reads the changesets of Liquibase's formatted SQL. Pure.

use super::cuts;
use super::layout::{Layout, leave_out};
use super::marks::{self, Found, Line};
use super::section::{How, Section};
use super::tool::Act;
use std::ops::Range;

/// A changeset's attributes, as far as they decide what runs.
struct Changeset {
    how: How,
    runs: bool,
    is_split: bool,
    delimiter: Option<String>,
    is_conditional: bool,
}

impl Changeset {
    /// Reads `author:id key:value …`. Keys are compared without regard to case.
    fn read(line: &str) -> Changeset {
        let value = |key: &str| {
            let pairs = line.split_whitespace().filter_map(|word| word.split_once(':'));
            let mut found = pairs.filter(|(found, _)| found.eq_ignore_ascii_case(key));
            found.next_back().map(|(_, value)| value)
        };
        let is = |key, expected: &str| value(key).is_some_and(|value| value.eq_ignore_ascii_case(expected));
        let how = match (is("runInTransaction", "false"), is("splitStatements", "false")) {
            (false, _) => How::Transaction,
            (true, false) => How::Statements,
            (true, true) => How::String,
        };
        let is_for_postgresql = |list: &str| {
            let mut names = list.split(',').map(str::trim);
            names.clone().any(|name| name.eq_ignore_ascii_case("postgresql") || name.eq_ignore_ascii_case("all"))
                || names.all(|name| name.starts_with('!') && !name.eq_ignore_ascii_case("!postgresql"))
        };
        let is_split = !is("splitStatements", "false");
        Changeset {
            how,
            runs: !is("ignore", "true") && value("dbms").is_none_or(is_for_postgresql),
            is_split,
            delimiter: value("endDelimiter").map(str::to_owned),
            is_conditional: ["context", "contextFilter", "labels"].iter().any(|key| value(key).is_some()),
        }
    }
}

/// Lays out the changesets: each one is a part of its own.
pub fn lay_out(layout: &mut Layout, text: &[u8], found: &[Found]) {
    if !found.iter().any(|found| found.act == Act::Sign) {
        layout.problem(true, Some(1), "liquibase finds no --liquibase formatted sql on the first line and fails");
    }
    layout.sections = vec![Section::new(0, How::Transaction)];
    let changesets: Vec<&Found> = found.iter().filter(|found| found.act == Act::Changeset).collect();
    let first = changesets.first().map_or(text.len(), |found| found.line.bytes.start);
    leave_out(layout, text, 0..first, 1);
    ignored_lines(layout, text);
    let mut conditional = 0;
    for (index, found) in changesets.iter().enumerate() {
        let end = changesets.get(index + 1).map_or(text.len(), |next| next.line.bytes.start);
        let changeset = Changeset::read(&found.rest);
        conditional += usize::from(changeset.is_conditional);
        let is_read = is_known(&changeset);
        if changeset.runs && is_read {
            add(layout, text, found.line.next.min(end)..end, &changeset);
        } else if changeset.runs {
            stop(layout, found.line.next.min(end)..text.len(), &changeset, found.line.number);
            break;
        } else {
            leave_out(layout, text, found.line.bytes.start..end, found.line.number);
        }
    }
    layout.left_out.sort_unstable();
    if conditional > 0 {
        layout.notes.push(format!(
            "contexts and labels are not evaluated, which may leave out {conditional} of the changesets"
        ));
    }
    if has_preconditions(text) {
        layout.notes.push("preconditions are not evaluated".to_owned());
    }
}

fn add(layout: &mut Layout, text: &[u8], bytes: Range<usize>, changeset: &Changeset) {
    layout.sections.push(Section::new(bytes.start, changeset.how));
    if !changeset.is_split {
        return;
    }
    match changeset.delimiter.as_deref() {
        None => {
            cuts::at_delimiters(layout, text, bytes.clone(), "/", true);
            cuts::at_delimiters(layout, text, bytes, "go", true);
        }
        Some("/") => cuts::at_delimiters(layout, text, bytes, "/", true),
        Some(delimiter) => match at_line(delimiter) {
            Some(delimiter) => cuts::at_delimiters(layout, text, bytes, delimiter, true),
            None => cuts::at_delimiters(layout, text, bytes, delimiter, false),
        },
    }
}

/// Leaves the rest of the script unread, as it may need what this changeset creates.
fn stop(layout: &mut Layout, bytes: Range<usize>, changeset: &Changeset, line: i32) {
    let delimiter = changeset.delimiter.as_deref().unwrap_or_default();
    let text = format!(
        "which statements the delimiter {delimiter} separates is not known: it is a pattern, and the script is not \
         read from here on"
    );
    layout.problem(false, Some(line), text);
    layout.hidden.push(bytes);
    layout.is_unread = true;
}

/// Whether it is known where the changeset's statements end.
fn is_known(changeset: &Changeset) -> bool {
    let is_read = |delimiter: &str| is_literal(delimiter) || at_line(delimiter).is_some();
    !changeset.is_split || changeset.delimiter.as_deref().is_none_or(is_read)
}

/// Whether the delimiter stands for itself. One of several characters is a regular expression.
fn is_literal(delimiter: &str) -> bool {
    delimiter.len() == 1 || !delimiter.contains(PATTERN)
}

/// Returns what the pattern of a line feed and a single character or word looks for: it, at the
/// beginning of a line.
fn at_line(delimiter: &str) -> Option<&str> {
    let token = delimiter.strip_prefix("\\n").filter(|token| !token.is_empty() && !token.contains(PATTERN))?;
    (token.len() == 1 || token.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(token)
}

const PATTERN: [char; 14] = ['\\', '.', '*', '+', '?', '(', ')', '[', ']', '{', '}', '|', '^', '$'];

/// Hides the lines that `--ignoreLines:N`, or `start` and `end`, name.
fn ignored_lines(layout: &mut Layout, text: &[u8]) {
    let mut left = 0;
    let mut since: Option<Line> = None;
    for line in marks::lines(text) {
        if left > 0 {
            left -= 1;
            leave_out(layout, text, line.bytes.clone(), line.number);
        }
        let shown = String::from_utf8_lossy(&text[line.bytes.clone()]).to_ascii_lowercase();
        let value =
            shown.trim().strip_prefix("--").map(str::trim_start).and_then(|rest| rest.strip_prefix("ignorelines:"));
        match value.map(str::trim) {
            Some("start") => since = Some(line),
            Some("end") => {
                if let Some(start) = since.take() {
                    leave_out(layout, text, start.bytes.start..line.bytes.start, start.number);
                }
            }
            Some(count) => left = count.parse().unwrap_or(0),
            None => {}
        }
    }
}

fn has_preconditions(text: &[u8]) -> bool {
    marks::lines(text).any(|line| {
        let shown = String::from_utf8_lossy(&text[line.bytes.clone()]).to_ascii_lowercase();
        let rest = shown.trim().strip_prefix("--").map(|rest| rest.trim_start().to_owned());
        rest.is_some_and(|rest| rest.starts_with("precondition-") || rest.starts_with("preconditions"))
    })
}
