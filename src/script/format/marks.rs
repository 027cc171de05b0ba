//! Finds the marks of tools in a text. Pure.

use super::goose;
use super::tool::{Act, Mark, Order, Place, Rest, Tool};
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
    /// Why the tool fails at the mark, if it does.
    pub refusal: Option<&'static str>,
    /// Whether the line is a mark and nothing else, so that it tells the tool.
    pub is_plain: bool,
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
    let mut at = At { is_header: true, top: top(text), body: body(text) };
    for line in lines(text) {
        let bytes = &text[line.bytes.clone()];
        if may_have_mark(bytes) {
            let shown = String::from_utf8_lossy(bytes);
            for &tool in tools {
                found.extend(in_line(tool, &line, bytes, &shown, &at).map(|mark| (tool, mark)));
            }
        }
        at.is_header &= is_empty_or_comment(bytes);
    }
    found
}

/// Where in the text a line is.
struct At {
    is_header: bool,
    /// The last line of the comment at the top.
    top: i32,
    /// The first line behind the headers.
    body: i32,
}

pub fn is_empty_or_comment(line: &[u8]) -> bool {
    let trimmed = line.trim_ascii();
    trimmed.is_empty() || trimmed.starts_with(b"--")
}

fn may_have_mark(line: &[u8]) -> bool {
    let trimmed = line.trim_ascii_start();
    let is_behind = |bytes: &[u8]| bytes == b"-->" || bytes == b"-- ";
    trimmed.starts_with(b"--") || trimmed.starts_with(b"#") || line.windows(3).any(is_behind)
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

/// Returns the first line behind the headers, each of which begins with a capital letter, that is
/// not empty.
fn body(text: &[u8]) -> i32 {
    let is_header = |line: &Line| {
        let name = text[line.bytes.clone()].strip_prefix(b"--! ");
        name.and_then(<[u8]>::first).is_some_and(u8::is_ascii_uppercase)
    };
    let headers = lines(text).take_while(is_header).count();
    let mut behind = lines(text).skip(headers);
    behind.find(|line| !text[line.bytes.clone()].trim_ascii().is_empty()).map_or(0, |line| line.number)
}

fn in_line(tool: &Tool, line: &Line, bytes: &[u8], shown: &str, at: &At) -> Option<Found> {
    if tool.order == Order::Goose {
        let goose::Annotation { act, refusal } = goose::annotation(tool.marks, shown)?;
        let is_without = act == Act::WithoutTransaction;
        let is_plain = act != Act::Unknown;
        return Some(Found { line: line.clone(), act, refusal, is_plain, is_without, rest: String::new() });
    }
    tool.marks.iter().find_map(|mark| {
        let is_placed = match mark.place {
            Place::Anywhere | Place::Behind | Place::Within => true,
            Place::First => line.number == 1,
            Place::Header => at.is_header,
            Place::Top => line.number <= at.top,
            Place::Body => line.number == at.body,
        };
        let mark_text = match mark.place {
            Place::Behind => &shown[shown.rfind("-->")?..],
            Place::Within => &shown[shown.find(&literal(tool, mark)?)?..],
            Place::Body => shown.trim_start(),
            _ => shown,
        };
        let rest = is_placed.then(|| matches(tool, mark, mark_text)).flatten()?;
        let is_plain = is_plain(mark.rest, rest);
        let rest = rest.trim();
        let is_without = match mark.rest {
            Rest::Option(word) => rest.split_whitespace().any(|found| found == word),
            _ => mark.act == Act::WithoutTransaction,
        };
        let start = match mark.place {
            // The mark, which ends the line, is ASCII, so that it has as many bytes in the script.
            Place::Behind => line.bytes.end.saturating_sub(mark_text.len()),
            Place::Within => {
                let literal = literal(tool, mark)?;
                line.bytes.start + bytes.windows(literal.len()).position(|window| window == literal.as_bytes())?
            }
            _ => line.bytes.start,
        };
        let line = Line { bytes: start..line.bytes.end, ..line.clone() };
        Some(Found { line, act: mark.act, refusal: None, is_plain, is_without, rest: rest.to_owned() })
    })
}

/// Returns the text of a mark that counts anywhere in a line.
fn literal(tool: &Tool, mark: &Mark) -> Option<String> {
    Some(format!("{}{}", tool.style.introducers.first()?, mark.words.first()?))
}

/// Whether what follows the mark's words leaves no doubt that the line is a mark.
fn is_plain(kind: Rest, rest: &str) -> bool {
    let ends_word = !rest.starts_with(is_of_word);
    match kind {
        Rest::Prefix => ends_word,
        Rest::Prose => ends_word && !rest.trim_start().starts_with(char::is_alphanumeric),
        _ => true,
    }
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Returns what follows the words of the mark, if the line is one.
fn matches<'a>(tool: &Tool, mark: &Mark, line: &'a str) -> Option<&'a str> {
    let line = if tool.style.may_be_indented { line.trim_start() } else { line };
    let mut rest = tool.style.introducers.iter().find_map(|introducer| line.strip_prefix(introducer))?;
    if tool.style.strips_hyphens {
        rest = rest.trim_start_matches(|letter: char| letter == '-' || letter.is_whitespace());
    }
    for (index, word) in mark.words.iter().enumerate() {
        rest = if tool.style.is_literal { rest } else { rest.trim_start() };
        let may_go_on = index + 1 == mark.words.len() && continues(mark.rest);
        let length = if may_go_on { word.len() } else { rest.find(char::is_whitespace).unwrap_or(rest.len()) };
        let found = rest.get(..length)?;
        let is_word = if tool.style.ignores_case { found.eq_ignore_ascii_case(word) } else { found == *word };
        if !is_word {
            return None;
        }
        rest = &rest[length..];
    }
    let is_mark = match mark.rest {
        Rest::Nothing => rest.trim().is_empty(),
        Rest::WordEnd => !rest.starts_with(is_of_word),
        Rest::Anything | Rest::Option(_) | Rest::Prefix | Rest::Prose => true,
    };
    is_mark.then_some(rest)
}

/// Whether something other than a space may follow the last word.
fn continues(rest: Rest) -> bool {
    matches!(rest, Rest::WordEnd | Rest::Prefix | Rest::Prose)
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
        assert_eq!(
            acts("goose", "-- +goose Up\n -- +goose Down\n--+goose Down\n"),
            [(1, Act::Up), (2, Act::Down), (3, Act::Down)]
        );
        assert_eq!(acts("dbmate", "--migrate:up transaction:false\n-- migrate:upper\n"), [(1, Act::Up)]);
        assert_eq!(
            acts("node-pg-migrate", "  ---- UP  Migration\n-- up migration of t\n"),
            [(1, Act::Up), (2, Act::Up)]
        );
        assert_eq!(acts("node-pg-migrate", "-- the up migration\n--\t-Down Migrations: a\n"), [(2, Act::Down)]);
        assert_eq!(acts("play", "# --- !Ups\n-- !Downs\n#!Ups\n"), [(1, Act::Up), (2, Act::Down), (3, Act::Up)]);
        assert_eq!(acts("sqlx", "\n-- no-transaction\n"), []);
        assert_eq!(acts("sqlx", "--no-transaction\n"), []);
        assert_eq!(acts("sqlx", "--   no-transaction\n"), []);
        assert_eq!(acts("sqlx", " -- no-transaction\n"), []);
        assert_eq!(acts("sqlx", "-- no-transaction because of a\n"), [(1, Act::WithoutTransaction)]);
        assert_eq!(acts("sqlx", "-- no-transactions\n"), [(1, Act::WithoutTransaction)]);
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
        assert_eq!(found, [("goose", Act::Unknown), ("liquibase", Act::Changeset)]);
    }

    #[test]
    fn marks_of_graphile_migrate_are_on_the_first_line_behind_headers() {
        let without = [Act::WithoutTransaction];
        let found = |text: &str| -> Vec<Act> {
            let acts = acts("graphile-migrate", text).into_iter().map(|(_, act)| act);
            acts.filter(|act| *act != Act::Sign).collect()
        };
        assert_eq!(found("--! no-transaction\n"), without);
        assert_eq!(found("--!no-transaction: it is long\n"), without);
        assert_eq!(found("--! Previous: -\n--! Hash: sha1:0\n--! Message: a\n\n  --! no-transaction\n"), without);
        assert_eq!(found("-- c\n--! no-transaction\n"), []);
        assert_eq!(found("--! no-transactions\n"), []);
        assert_eq!(found("--! Previous: -\n\nSELECT 1;\n--! no-transaction\n"), []);
    }

    #[test]
    fn marks_of_postgres_migrations_are_anywhere() {
        let acts = |text: &str| acts("postgres-migrations", text);
        let mark = "-- postgres-migrations disable-transaction";
        assert_eq!(acts(&format!("SELECT 1;\nSELECT 2; {mark}\n")), [(2, Act::WithoutTransaction)]);
        assert_eq!(acts(&format!("{mark}: it is long\n")), [(1, Act::WithoutTransaction)]);
        assert_eq!(acts("--postgres-migrations disable-transaction\n"), []);
        assert_eq!(acts("-- postgres-migrations  disable-transaction\n"), []);
        let tool = tool("postgres-migrations").unwrap();
        let found = find(&[tool], format!("SELECT 'ä'; {mark} ä\n").as_bytes());
        assert_eq!(found[0].1.line.bytes.start, "SELECT 'ä'; ".len());
    }

    #[test]
    fn marks_that_prose_may_contain_tell_no_tool() {
        let is_plain = |name: &str, text: &str| find(&[tool(name).unwrap()], text.as_bytes())[0].1.is_plain;
        assert!(is_plain("node-pg-migrate", "-- Up Migration: add t"));
        assert!(is_plain("node-pg-migrate", "-- Up Migration - add t"));
        assert!(!is_plain("node-pg-migrate", "-- up migration of t"));
        assert!(!is_plain("node-pg-migrate", "-- up migrations"));
        assert!(is_plain("sqlx", "-- no-transaction because of t"));
        assert!(!is_plain("sqlx", "-- no-transactions"));
        assert!(!is_plain("goose", "-- see +goose Up"));
    }
}
