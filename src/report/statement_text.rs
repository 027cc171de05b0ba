//! Shortens the texts of statements in pg_stat_activity.

use crate::report::quoting::printable;

/// How many characters of a statement are shown.
const LONGEST: usize = 80;

/// Returns the beginning of a statement on one line, without the comments before it and without
/// the semicolons at its end: the text goes on after it.
pub fn shorten(query: &str) -> String {
    // A word has at least one character, so this many words are enough.
    let words: Vec<&str> = without_comments(query).split_whitespace().take(LONGEST).collect();
    let joined = words.join(" ");
    let line = joined.trim_end_matches([';', ' ']);
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", printable(&line[..end])),
        None => printable(line),
    }
}

/// Strips the comments before the first word, in which tools name themselves.
pub fn without_comments(query: &str) -> &str {
    let mut rest = query.trim_start();
    loop {
        let after = if let Some(comment) = rest.strip_prefix("--") {
            comment.split_once('\n').map(|(_, after)| after)
        } else if let Some(comment) = rest.strip_prefix("/*") {
            after_comment(comment)
        } else {
            return rest.trim_start_matches('(');
        };
        rest = after.unwrap_or_default().trim_start();
    }
}

/// Returns what follows a comment that has begun. Comments nest.
fn after_comment(comment: &str) -> Option<&str> {
    let (mut rest, mut depth) = (comment, 1_usize);
    while depth > 0 {
        let at = rest.find(['*', '/'])?;
        let tail = &rest[at..];
        let length = match tail.get(..2) {
            Some("/*") => {
                depth += 1;
                2
            }
            Some("*/") => {
                depth -= 1;
                2
            }
            _ => 1,
        };
        rest = &tail[length..];
    }
    Some(rest)
}

/// Splits a text at the semicolons outside quotes and comments. A quote that has no end reaches to
/// the end of the text, which the server may have cut off.
pub fn statements(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut start, mut at) = (0, 0);
    while let Some(next) = text[at..].find([';', '\'', '"', '$', '-', '/']).map(|offset| at + offset) {
        let tail = &text[next..];
        at = match tail.as_bytes()[0] {
            b';' => {
                found.push(&text[start..next]);
                start = next + 1;
                start
            }
            b'$' => dollar_tag(tail).map_or(next + 1, |tag| {
                let body = next + tag.len();
                text[body..].find(tag).map_or(text.len(), |end| body + end + tag.len())
            }),
            b'-' if tail.starts_with("--") => tail.find('\n').map_or(text.len(), |end| next + end),
            b'/' if tail.starts_with("/*") => {
                after_comment(&tail[2..]).map_or(text.len(), |rest| text.len() - rest.len())
            }
            quote @ (b'\'' | b'"') => tail[1..].find(char::from(quote)).map_or(text.len(), |end| next + end + 2),
            _ => next + 1,
        };
    }
    found.push(&text[start..]);
    found
}

/// Returns the `$tag$` that a text begins with.
fn dollar_tag(text: &str) -> Option<&str> {
    let end = text[1..].find('$')? + 1;
    let tag = &text[1..end];
    let is_tag = tag.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
        && !tag.starts_with(|letter: char| letter.is_ascii_digit());
    is_tag.then(|| &text[..=end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_end_at_semicolons_outside_quotes() {
        let cases: [(&str, &[&str]); 9] = [
            ("SELECT 1", &["SELECT 1"]),
            ("a; b;", &["a", " b", ""]),
            ("SELECT 'x; y', \"a;b\"; z", &["SELECT 'x; y', \"a;b\"", " z"]),
            ("SELECT 'it''s; '; z", &["SELECT 'it''s; '", " z"]),
            ("DO $$ a; b $$; c", &["DO $$ a; b $$", " c"]),
            ("DO $t$ $$; $t$; EXECUTE p($1); c", &["DO $t$ $$; $t$", " EXECUTE p($1)", " c"]),
            ("a -- b; c\n; d", &["a -- b; c\n", " d"]),
            ("a /* b; /* c; */ d; */; e", &["a /* b; /* c; */ d; */", " e"]),
            ("SELECT 'cut off; here", &["SELECT 'cut off; here"]),
        ];
        for (text, split) in cases {
            assert_eq!(statements(text), split, "{text}");
        }
    }

    #[test]
    fn shorten_keeps_the_first_words() {
        let cases = [
            ("UPDATE t SET a = 1", "UPDATE t SET a = 1"),
            ("-- V42__fill.sql\n/* by hand */\n UPDATE t\n\tSET a = 1;\n", "UPDATE t SET a = 1"),
            ("BEGIN; DELETE FROM t ; ;", "BEGIN; DELETE FROM t"),
            (" ;", ""),
            ("SELECT '\u{1b}[2J'", "SELECT '?[2J'"),
            ("", ""),
        ];
        for (query, shown) in cases {
            assert_eq!(shorten(query), shown, "{query:?}");
        }
        assert_eq!(shorten(&"é".repeat(81)), format!("{}...", "é".repeat(80)));
        assert_eq!(shorten(&"é".repeat(80)), "é".repeat(80));
    }
}
