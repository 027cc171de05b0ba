//! What may differ between two runs of the same statement.
//!
//! Output is compared after these changes, which are all:
//! - lines that the format `wrapped` has broken are joined;
//! - a date becomes DATE, a time of day or an interval in hours TIME, an LSN LSN;
//! - a number becomes N if it has 17 digits or more (system identifiers), follows `pid`, `pids` or
//!   `oid` (also as the end of a word: `database_oid`), or is an argument of pg_terminate_backend;
//! - a duration (`2 ms`, `61 s`, `1 min 5 s`) becomes `N unit`;
//! - a version of the server (`15.14`, `19beta1`) becomes VERSION;
//! - the cells of the columns in [`VOLATILE`] become N;
//! - runs of spaces, of `-` and of `+` count as one, so that a wider value does not matter.

/// Columns whose values differ from run to run.
const VOLATILE: [&str; 7] = ["pid", "waits_for", "blocks", "since", "client_addr", "idle_for", "taken_at"];
const UNITS: [&str; 12] =
    ["ms", "s", "min", "h", "second", "seconds", "minute", "minutes", "hour", "hours", "day", "days"];

/// Returns the text without what may differ.
pub fn mask(text: &str) -> String {
    let unwrapped = unwrap(text);
    let lines: Vec<&str> = unwrapped.iter().map(String::as_str).collect();
    let mut volatile: Vec<usize> = Vec::new();
    let mut masked = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        if lines.get(number + 1).is_some_and(|next| is_rule(next)) {
            let cells = line.split('|').map(str::trim);
            volatile = cells.enumerate().filter(|(_, name)| VOLATILE.contains(name)).map(|(place, _)| place).collect();
            masked.push(squeeze(line));
        } else if line.trim().is_empty() {
            volatile.clear();
            masked.push(String::new());
        } else {
            masked.push(squeeze(&words(&cells(line, &volatile))));
        }
    }
    while masked.last().is_some_and(String::is_empty) {
        masked.pop();
    }
    masked.join("\n")
}

/// Joins the lines of expanded rows that the format `wrapped` has broken: `name | text.` is
/// followed by `     |.text`.
fn unwrap(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        match (line.trim_start().strip_prefix("|."), lines.last_mut()) {
            (Some(rest), Some(last)) if last.ends_with('.') => {
                last.pop();
                last.push_str(rest);
            }
            _ => lines.push(line.trim_end().to_owned()),
        }
    }
    lines
}

/// Whether a line separates the names of columns from the rows.
fn is_rule(line: &str) -> bool {
    line.starts_with("--") && line.chars().all(|c| c == '-' || c == '+')
}

/// Masks the volatile cells of a row, in the aligned and in the expanded format.
fn cells(line: &str, volatile: &[usize]) -> String {
    let mut cells: Vec<&str> = line.split('|').collect();
    for &place in volatile {
        if cells.len() > place && !line.starts_with('(') {
            cells[place] = " N ";
        }
    }
    if volatile.is_empty() && cells.len() == 2 && VOLATILE.contains(&cells[0].trim()) {
        cells[1] = " N";
    }
    cells.join("|")
}

fn words(line: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | ':' | '/' | '-' | '+');
    let mut result = String::new();
    let mut before = String::new();
    let mut rest = line;
    while !rest.is_empty() {
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        if length == 0 {
            let width = rest.chars().next().map_or(1, char::len_utf8);
            result.push_str(&rest[..width]);
            rest = &rest[width..];
            continue;
        }
        let (word, after) = rest.split_at(length);
        let bare = word.trim_end_matches(['.', ':']);
        let next = after.trim_start().split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
        result.push_str(mask_word(bare, &before, next));
        result.push_str(&word[bare.len()..]);
        // Punctuation between a name and its value is not a word.
        if !bare.is_empty() {
            before = bare.to_lowercase();
        }
        rest = after;
    }
    while result.contains("N unit N unit") {
        result = result.replace("N unit N unit", "N unit");
    }
    result
}

fn mask_word<'a>(word: &'a str, before: &str, next: &str) -> &'a str {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let shape: String = word.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let hex = |text: &str| (1..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
    if shape.starts_with("0000-00-00") {
        "DATE"
    } else if shape.starts_with("00:00:00") {
        "TIME"
    } else if digits(before) && UNITS.contains(&word) {
        "unit"
    } else if shape == "00.0" || shape == "00.00" || ["00beta0", "00devel", "00rc0"].contains(&shape.as_str()) {
        "VERSION"
    } else if word.split_once('/').is_some_and(|(high, low)| hex(high) && hex(low)) {
        "LSN"
    } else if digits(&word.replacen('.', "", 1))
        && (word.len() >= 17
            || UNITS.contains(&next)
            || before == "pid"
            || before == "pids"
            || before == "pg_terminate_backend"
            || before.ends_with("oid"))
    {
        "N"
    } else {
        word
    }
}

/// Replaces runs of spaces, hyphens and plus signs by one, and removes those at the end.
fn squeeze(line: &str) -> String {
    let mut result = String::new();
    for c in line.chars() {
        if !(matches!(c, ' ' | '-' | '+') && result.ends_with(c)) {
            result.push(c);
        }
    }
    result.trim_end().to_owned()
}

#[test]
fn docs_masks_hide_only_what_differs() {
    let same = [
        ("idle for 61 s, pid 4711", "idle for 1200 s, pid 12"),
        (
            " pid  | status\n------+--------\n 4711 | orphan\n(1 row)",
            " pid | status\n-----+---\n  12 | orphan\n(1 row)",
        ),
        ("a | 10 min ago, th.\n  |.en", "a | 10 min 1 s ag.\n  |.o, then"),
        ("pid | 1\nx | y", "pid    | 22\nx      | y"),
        ("at 2026-01-02 03:04:05.6+00", "at 2027-11-12 13:14:15+02"),
        ("\"database_oid\": 16384, 7574121212121212121", "\"database_oid\": 5, 7574121212121212999"),
    ];
    for (one, other) in same {
        assert_eq!(mask(one), mask(other));
    }
    let different = [
        ("max_id\n------\n 2000", "max_id\n------\n 2001"),
        ("after 159 more inserts", "after 160 more inserts"),
        ("status | ok", "status | behind"),
        ("(1 row)", "(2 rows)"),
        ("lock 72707369", "lock 72707360"),
    ];
    for (one, other) in different {
        assert_ne!(mask(one), mask(other));
    }
}
